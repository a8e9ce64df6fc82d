"""Waterfall: which rows of a trace are shown, and what each of them says.

The one idea: a view of a trace is a frozen value, and the rows that can be seen are a plain list of
indices worked out from it; a window of them is all that anybody draws. Rows that are no spans, a
group of identical siblings or a parent that is missing, are negative: places in `extras`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

from queries.tree import NO_PARENT, Trace

IDENTICAL = 20
"""Identical leaves below one parent that are still drawn one by one."""

BUCKETS = 300
_VIEWS_KEPT = 6

FOUND_IN = ("name", "service_name", "exception_type", "data_name", "data_value")


@dataclass(frozen=True)
class Fold:
    """A hand on the tree: the row of that name, or the `whole` subtree, is open or shut."""

    name: str
    open: bool
    whole: bool = False


@dataclass(frozen=True)
class View:
    """How somebody looks at a trace. Later folds win over earlier ones and over `level`, the depth
    down to which rows are open; `only` is the search whose matches are shown."""

    root: str = ""
    level: int | None = None
    folds: tuple[Fold, ...] = ()
    shorter_ns: int = 0
    only: str = ""
    grouped: bool = True


@dataclass(frozen=True)
class Group:
    """Identical leaves below one parent in one row."""

    name: str
    spans: Sequence[int]


@dataclass(frozen=True)
class Missing:
    """A parent that is not in the trace, and the spans that name it."""

    name: str
    span_id: str
    spans: Sequence[int]


@dataclass
class Visible:
    """The rows of a view in order, the level of each from 1, and how many spans the view is of."""

    rows: list[int] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    extras: list[Group | Missing] = field(default_factory=list)
    kept: bytearray | None = None
    opened: frozenset[str] = frozenset()
    shut: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Line:
    """One row to be drawn. `spans` are those it stands for, `below` how many rows can unfold."""

    name: str
    level: int
    spans: Sequence[int]
    below: int = 0
    open: bool = False
    what: Group | Missing | None = None


def visible(trace: Trace, view: View, matching: Sequence[int] | None = None) -> Visible:
    """The rows of a view; `matching` are the spans that `view.only` asks for."""
    kept: OrderedDict[View, Visible] = trace.remember("views", OrderedDict)
    shown = kept.get(view)
    if shown is None:
        shown = kept[view] = _Walk(trace, view, matching).visible
        while len(kept) > _VIEWS_KEPT:
            kept.popitem(last=False)
    return shown


def window(trace: Trace, shown: Visible, start: int, end: int) -> list[Line]:
    """The rows from `start` to just before `end`."""
    names = row_names(trace)
    return [
        _line(trace, shown, names, row, level)
        for row, level in zip(shown.rows[start:end], shown.levels[start:end], strict=True)
    ]


def row_names(trace: Trace) -> list[str]:
    """A name for every span that is its own: its id, and a number behind it where ids repeat."""
    return trace.remember("names", lambda: _names(trace.columns["span_id"]))


def index_of(trace: Trace, name: str) -> int | None:
    """The span of that name; None when the trace has no such span."""
    places: dict[str, int] = trace.remember(
        "places", lambda: {name: index for index, name in enumerate(row_names(trace))}
    )
    return places.get(name)


def place_of(shown: Visible, index: int) -> int | None:
    """Which row a span stands in, its own or that of its group; None when it is not shown."""
    if index in shown.rows:
        return shown.rows.index(index)
    for place, extra in enumerate(shown.extras):
        if isinstance(extra, Group) and index in extra.spans:
            return shown.rows.index(-1 - place)
    return None


def reveal(trace: Trace, view: View, index: int, matching: Sequence[int] | None = None) -> View:
    """The view with everything open that hides a span; what a filter leaves out stays hidden."""
    shown = visible(trace, view, matching)
    if index in shown.rows:
        return view
    names = row_names(trace)
    closed = [names[i] for i in ancestors(trace, index) if shown.shut[i]]
    extras = [x.name for x in _Walk(trace, view, matching).around(index)]
    hidden = [name for name in extras if not _is_open(view, name)]
    folds = tuple(Fold(name, open=True) for name in [*closed, *hidden])
    return replace(view, folds=view.folds + folds)


def ancestors(trace: Trace, index: int) -> Iterator[int]:
    """Parents as drawn, the nearest first."""
    while (index := trace.parent[index]) != NO_PARENT:
        yield index


def found(trace: Trace, text: str) -> list[int]:
    """Spans with the text in their name, service, exception or data, whatever the case."""
    wanted = text.strip().lower()
    if not wanted:
        return []
    hit = bytearray(len(trace))
    for column in FOUND_IN:
        values = trace.columns[column]
        holding = {value for value in set(values) if value and wanted in value.lower()}
        if holding:
            for index, value in enumerate(values):
                if value in holding:
                    hit[index] = 1
    return [index for index, yes in enumerate(hit) if yes]


def step(indices: Sequence[int], at: int | None, forward: bool) -> int | None:
    """Which of `indices` comes after, or before, `at`; round again at the ends."""
    if not indices:
        return None
    if at is None:
        return 0 if forward else len(indices) - 1
    if forward:
        return next((k for k, index in enumerate(indices) if index > at), 0)
    before = [k for k, index in enumerate(indices) if index < at]
    return before[-1] if before else len(indices) - 1


@dataclass(frozen=True)
class Activity:
    """Spans, and those with errors, that ran in each of equal parts of the trace."""

    spans: list[int]
    errors: list[int]


def activity(trace: Trace, buckets: int = BUCKETS) -> Activity:
    return trace.remember(("activity", buckets), lambda: _activity(trace, buckets))


def deepest(trace: Trace) -> int:
    return trace.remember("deepest", lambda: max(trace.depth, default=0))


def percentile(values: Sequence[int], share: float) -> float | None:
    """Between the two nearest values where it falls between them."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _names(ids: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for name in ids:
        count = seen.get(name, 0)
        seen[name] = count + 1
        names.append(f"{name}.{count}" if count else name)
    return names


def _is_open(view: View, name: str) -> bool:
    """Whether a group or a missing parent is open: the one by hand only, the other by itself."""
    hands = [fold.open for fold in view.folds if fold.name == name]
    return hands[-1] if hands else name.startswith(_MISSING)


_GROUP, _MISSING = "group:", "missing:"


class _Walk:
    """Works out the rows of a view, once through the trace."""

    def __init__(self, trace: Trace, view: View, matching: Sequence[int] | None) -> None:
        self._trace = trace
        self._view = view
        self._low, self._high = _range(trace, view.root)
        self._base = trace.depth[self._low] - 1 if self._high else 0
        self._kept = _kept(trace, view, matching)
        self._shut = _shut(trace, view, self._base)
        self._groups = self._grouped() if view.grouped else {}
        self._out = Visible(kept=self._kept, shut=self._shut)

    @property
    def visible(self) -> Visible:
        for missing, roots in self._tops():
            if missing:
                self._put_extra(missing, 1)
                if not _is_open(self._view, missing.name):
                    continue
            for root in roots:
                self._put(root, root + self._trace.size[root], int(bool(missing)))
        return self._out

    def around(self, index: int) -> list[Group | Missing]:
        """The rows that are no spans and hold a span, open or not."""
        root = next(reversed([index, *ancestors(self._trace, index)]))
        held: list[Group | Missing] = [
            missing for missing, roots in self._tops() if missing and root in roots
        ]
        return held + ([self._groups[index]] if index in self._groups else [])

    def _tops(self) -> list[tuple[Missing | None, Sequence[int]]]:
        """Where rows begin: the roots, those that name one missing parent together."""
        if (self._low, self._high) != (0, len(self._trace)):
            return [(None, [self._low])]
        wanted = self._trace.columns["parent_span_id"]
        lost: dict[str, list[int]] = {}
        tops: list[tuple[Missing | None, Sequence[int]]] = []
        for root in self._roots():
            if not self._trace.orphan[root]:
                tops.append((None, [root]))
            elif (name := wanted[root]) in lost:
                lost[name].append(root)
            else:
                lost[name] = [root]
                tops.append((Missing(_MISSING + name, name, lost[name]), lost[name]))
        return tops

    def _roots(self) -> Iterator[int]:
        root = self._low
        while root < self._high:
            if self._kept is None or self._kept[root]:
                yield root
            root += self._trace.size[root]

    def _put(self, low: int, high: int, shift: int) -> None:
        rows, levels = self._out.rows, self._out.levels
        depth, size = self._trace.depth, self._trace.size
        kept, shut, groups = self._kept, self._shut, self._groups
        shift -= self._base
        index = low
        while index < high:
            if kept is not None and not kept[index]:
                index += size[index]
            elif index in groups:
                if groups[index].spans[0] == index:
                    self._put_group(groups[index], depth[index] + shift)
                index += 1
            else:
                rows.append(index)
                levels.append(depth[index] + shift)
                index += size[index] if shut[index] else 1

    def _put_group(self, group: Group, level: int) -> None:
        self._put_extra(group, level)
        if _is_open(self._view, group.name):
            self._out.rows.extend(group.spans)
            self._out.levels.extend([level + 1] * len(group.spans))

    def _put_extra(self, extra: Group | Missing, level: int) -> None:
        self._out.extras.append(extra)
        self._out.rows.append(-len(self._out.extras))
        self._out.levels.append(level)
        if _is_open(self._view, extra.name):
            self._out.opened |= {extra.name}

    def _grouped(self) -> dict[int, Group]:
        """Each leaf that has more identical siblings than are drawn one by one, and its group."""
        alike: dict[tuple[Any, ...], list[int]] = {}
        columns, names = self._trace.columns, row_names(self._trace)
        told = (columns["service_name"], columns["name"], columns["kind"], columns["status"])
        for index in self._leaves():
            parent = self._trace.parent[index]
            # orphans are siblings if they name the same parent
            above = parent if parent != NO_PARENT else columns["parent_span_id"][index]
            key = (above, *(column[index] for column in told))
            alike.setdefault(key, []).append(index)
        groups = (
            Group(_GROUP + names[spans[0]], spans)
            for spans in alike.values()
            if len(spans) > IDENTICAL
        )
        return {index: group for group in groups for index in group.spans}

    def _leaves(self) -> Iterator[int]:
        """Spans without children that have enough siblings to be grouped at all."""
        trace, kept = self._trace, self._kept
        many = [count > IDENTICAL for count in trace.children]
        # the roots are siblings too
        many.append(trace.depth.count(1) > IDENTICAL)
        if not any(many):
            return
        parent, size = trace.parent, trace.size
        for index in range(self._low, self._high):
            if size[index] == 1 and many[parent[index]] and (kept is None or kept[index]):
                yield index


def _range(trace: Trace, root: str) -> tuple[int, int]:
    """The spans below and with `root`; all of them when there is no such span."""
    index = index_of(trace, root) if root else None
    return (0, len(trace)) if index is None else (index, index + trace.size[index])


def _kept(trace: Trace, view: View, matching: Sequence[int] | None) -> bytearray | None:
    """1 for the spans that pass the filters and for their ancestors; None when all do."""
    if matching is None and not view.shorter_ns:
        return None
    kept = bytearray(len(trace)) if matching is not None else bytearray(b"\1") * len(trace)
    for index in matching or ():
        kept[index] = 1
    if view.shorter_ns:
        for index, duration in enumerate(trace.columns["duration_ns"]):
            # a span whose end is not known may be the longest
            if duration is not None and duration < view.shorter_ns:
                kept[index] = 0
    for index in range(len(trace) - 1, -1, -1):
        if kept[index] and trace.parent[index] != NO_PARENT:
            kept[trace.parent[index]] = 1
    return kept


def _shut(trace: Trace, view: View, base: int) -> bytearray:
    """1 for the spans whose children are not shown."""
    if view.level is None:
        shut = bytearray(len(trace))
    else:
        deepest = view.level + base
        shut = bytearray(depth >= deepest for depth in trace.depth)
    for fold in view.folds:
        index = index_of(trace, fold.name)
        if index is not None:
            end = index + trace.size[index] if fold.whole else index + 1
            shut[index:end] = (b"\0" if fold.open else b"\1") * (end - index)
    return shut


def _line(trace: Trace, shown: Visible, names: Sequence[str], row: int, level: int) -> Line:
    if row < 0:
        extra = shown.extras[-1 - row]
        opened = extra.name in shown.opened
        return Line(extra.name, level, extra.spans, len(extra.spans), opened, extra)
    below = _below(trace, shown.kept, row)
    return Line(names[row], level, [row], below, bool(below) and not shown.shut[row])


def _below(trace: Trace, kept: bytearray | None, index: int) -> int:
    """How many children of a span pass the filters."""
    if kept is None:
        return trace.children[index]
    count, child, end = 0, index + 1, index + trace.size[index]
    while child < end:
        count += kept[child]
        child += trace.size[child]
    return count


def _activity(trace: Trace, buckets: int) -> Activity:
    step = (trace.length_ns or 1) / buckets
    spans, errors = [0] * (buckets + 1), [0] * (buckets + 1)
    lasted, status = trace.columns["duration_ns"], trace.columns["status"]
    for index, offset in enumerate(trace.offset_ns):
        first = min(int(offset / step), buckets - 1)
        last = min(int((offset + max(lasted[index] or 0, 0)) / step), buckets - 1)
        for counts in (spans, errors) if status[index] == "error" else (spans,):
            counts[first] += 1
            counts[last + 1] -= 1
    return Activity(list(accumulate(spans))[:-1], list(accumulate(errors))[:-1])
