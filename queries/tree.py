"""The tree of a trace: every stored span exactly once, whatever the parents claim.

The one idea: a span hangs below its parent if the parent is there and no cycle comes of it; all
others are roots of their own. Spans come in pre-order, siblings by start; the client's and the
server's half of one call, which share an id, stand side by side. A trace is columns, not objects:
an index names a span everywhere, and a hundred thousand of them grow in a fraction of a second.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import add
from typing import Any, TypeVar

from queries.reader import Answer, Row

Columns = Mapping[str, Sequence[Any]]

NO_PARENT = -1

T = TypeVar("T")


@dataclass(frozen=True)
class Trace:
    """The spans of one trace in pre-order: parallel sequences, an index names a span.

    `columns` are those of the spans table that fit a line, ids as hex, and `start_unix_ns`, `twin`.
    `depth` counts from 1, `parent` is an index or NO_PARENT, and the next sibling of span `i` is
    `i + size[i]`. An `orphan`'s parent is not in the trace; from a `cyclic` one, which is a root,
    the parents lead back to itself. Offsets count from `origin_ns`, the first start, in ns.
    """

    trace_id: str
    org_id: str
    columns: dict[str, Sequence[Any]]
    depth: list[int]
    parent: list[int]
    size: list[int]
    children: list[int]
    offset_ns: list[int]
    self_ns: list[int | None]
    orphan: list[bool]
    cyclic: list[bool]
    origin_ns: int
    length_ns: int
    answer: Answer = field(compare=False)
    memo: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was worked out about the trace and is asked for again; it goes when the trace goes."""
    also_in: tuple[str, ...] = ()
    """Other orgs of the scope that use the same trace id; theirs is another trace."""

    def __len__(self) -> int:
        return len(self.depth)

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once."""
        if key not in self.memo:
            self.memo[key] = make()
        found: T = self.memo[key]
        return found

    @property
    def services(self) -> frozenset[str]:
        """Names of the services that took part."""
        names = self.columns.get("service_name", ())
        return self.remember("services", lambda: frozenset(filter(None, names)))

    def row(self, index: int) -> Row:
        """One span by column name."""
        return {name: values[index] for name, values in self.columns.items()}


def grow(spans: Columns | Sequence[Row], answer: Answer | None = None) -> Trace:
    """The tree of one trace's spans, given as columns or as rows.

    Needs span_id, parent_span_id, kind, start_unix_ns and duration_ns.
    """
    columns = spans if isinstance(spans, Mapping) else columns_of(spans)
    ids: Sequence[str] = columns["span_id"]
    kinds = [kind or "" for kind in columns["kind"]]
    starts = [start or 0 for start in columns["start_unix_ns"]]
    durations: Sequence[int | None] = columns["duration_ns"]
    wanted: Sequence[str | None] = [name or None for name in columns["parent_span_id"]]
    halves = _Halves(ids, kinds)
    parents = halves.parents(wanted)
    _cut_cycles(parents, list(zip(starts, ids, kinds, strict=True)))
    drawn = _Drawn(parents, _siblings(ids, kinds, starts, halves))
    origin = min(filter(None, starts), default=0)
    offsets = [start - origin if start else 0 for start in starts]
    lasted = [duration if duration and duration > 0 else 0 for duration in durations]
    lost = [name is not None and name not in halves.first for name in wanted]
    cut = [
        parent == NO_PARENT and name is not None and not orphan
        for parent, name, orphan in zip(parents, wanted, lost, strict=True)
    ]
    return Trace(
        trace_id=_only(columns, "trace_id"),
        org_id=_only(columns, "org_id"),
        columns={name: take(values, drawn.order) for name, values in columns.items()},
        depth=drawn.depth,
        parent=drawn.parent,
        size=drawn.size,
        children=drawn.children,
        offset_ns=_taken(offsets, drawn.order),
        self_ns=_taken(_self_ns(starts, durations, lasted, parents), drawn.order),
        orphan=_taken(lost, drawn.order),
        cyclic=_taken(cut, drawn.order),
        origin_ns=origin,
        length_ns=max(map(add, offsets, lasted), default=0),
        answer=Answer([]) if answer is None else answer,
    )


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Rows the other way round; without rows the columns that a tree needs, empty."""
    needed = ("span_id", "parent_span_id", "kind", "start_unix_ns", "duration_ns")
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else needed)}


def take(values: Sequence[Any], order: array[int]) -> Sequence[Any]:
    """The values in another order; a sequence that can do that itself decides what it becomes."""
    if hasattr(values, "take"):
        taken: Sequence[Any] = values.take(order)
        return taken
    return _taken(values, order)


def _taken(values: Sequence[T], order: Sequence[int]) -> list[T]:
    return list(map(values.__getitem__, order))


def _only(columns: Columns, name: str) -> str:
    """The value that all spans of a trace share."""
    values = columns.get(name)
    return str(values[0]) if values else ""


class _Halves:
    """Which spans have an id: nearly always one, sometimes both halves of a call, or repeats."""

    def __init__(self, ids: Sequence[str], kinds: Sequence[str]) -> None:
        self.first: dict[str, int] = {}
        self.repeated: dict[str, list[int]] = {}
        for index, name in enumerate(ids):
            first = self.first.setdefault(name, index)
            if first != index:
                self.repeated.setdefault(name, [first]).append(index)
        for same in self.repeated.values():
            # the server's half of a call made the children
            same.sort(key=lambda i: kinds[i] != "server")

    def parents(self, wanted: Sequence[str | None]) -> list[int]:
        """For each span the one to hang it below; a span is never its own parent."""
        parents = [
            NO_PARENT if name is None else self.first.get(name, NO_PARENT) for name in wanted
        ]
        for index, name in enumerate(wanted if self.repeated else ()):
            if name in self.repeated:
                parents[index] = next(i for i in self.repeated[name] if i != index)
        for index, parent in enumerate(parents):
            if parent == index:
                parents[index] = NO_PARENT
        return parents


def _siblings(
    ids: Sequence[str], kinds: Sequence[str], starts: Sequence[int], halves: _Halves
) -> list[int]:
    """All spans by start; halves of a call together, the client's first, though clocks differ."""
    begun = list(starts)
    for same in halves.repeated.values():
        first = min(starts[i] for i in same)
        for index in same:
            begun[index] = first
    keys = list(zip(begun, ids, kinds, starts, strict=True))
    return sorted(range(len(keys)), key=keys.__getitem__)


def _cut_cycles(parents: list[int], order: Sequence[tuple[int, str, str]]) -> None:
    """Make the earliest span of every cycle a root."""
    walked = [NO_PARENT] * len(parents)
    for start in range(len(parents)):
        at = start
        while at != NO_PARENT and walked[at] == NO_PARENT:
            walked[at] = start
            at = parents[at]
        if at != NO_PARENT and walked[at] == start:
            parents[min(_loop(parents, at), key=order.__getitem__)] = NO_PARENT


def _loop(parents: Sequence[int], start: int) -> list[int]:
    """The spans met on the way from `start` up to itself."""
    loop, at = [start], parents[start]
    while at != start:
        loop.append(at)
        at = parents[at]
    return loop


class _Drawn:
    """The pre-order of a forest: `order` names the spans, all else is by place in it."""

    def __init__(self, parents: Sequence[int], siblings: Sequence[int]) -> None:
        first = [NO_PARENT] * (len(parents) + 1)
        following = [NO_PARENT] * len(parents)
        for index in reversed(siblings):
            # NO_PARENT is the last place, where the roots are
            following[index] = first[parents[index]]
            first[parents[index]] = index
        self.order = array("q")
        self.depth: list[int] = []
        self.parent: list[int] = []
        self.size = [1] * len(parents)
        self.children = [0] * len(parents)
        self._walk(first, following)

    def _walk(self, first: Sequence[int], following: Sequence[int]) -> None:
        order, depth, parent = self.order, self.depth, self.parent
        size, children = self.size, self.children
        above: list[int] = []
        at = first[-1]
        while True:
            if at != NO_PARENT:
                parent.append(above[-1] if above else NO_PARENT)
                above.append(len(order))
                order.append(at)
                depth.append(len(above))
                at = first[at]
            elif above:
                place = above.pop()
                size[place] = len(order) - place
                if above:
                    children[above[-1]] += 1
                at = following[order[place]]
            else:
                return


def _self_ns(
    starts: Sequence[int],
    durations: Sequence[int | None],
    lasted: Sequence[int],
    parents: Sequence[int],
) -> list[int | None]:
    """Durations not covered by any child, ns; overlapping children count once."""
    ends = list(map(add, starts, lasted))
    reached, covered = list(starts), [0] * len(starts)
    for index in sorted(range(len(starts)), key=starts.__getitem__):
        above = parents[index]
        if above != NO_PARENT:
            begins, until = starts[index], ends[index]
            if begins < reached[above]:
                begins = reached[above]
            if until > ends[above]:
                until = ends[above]
            if until > begins:
                covered[above] += until - begins
                reached[above] = until
    return [None if d is None or d < 0 else d - c for d, c in zip(durations, covered, strict=True)]
