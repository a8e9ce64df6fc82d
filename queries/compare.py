"""Comparison of two traces: one tree of both, in which each span meets the one on its path.

The one idea: two spans are the same step when their paths of (service, operation) from the root are
equal; among repeated siblings an order-preserving alignment decides, so that one retry more is one
added step and nothing else moves. Pure: it asks nothing.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby, pairwise
from math import log2
from typing import TypeVar

from queries.alignment import ALONE, align, inverted, settle_runs
from queries.tree import NO_PARENT, Trace
from telemetry.semconv import MODEL_CALLS

ABSENT = -1
"""Index of a step's span on the side that has none."""

SLOWER_RATIO = 1.2
SLOWER_NS = 1_000_000
"""A step is slower when it took more than a fifth and more than 1 ms longer."""

REPEATS = 3
"""So many equal siblings in a row become one step that can be opened."""

KEPT = 4
KEPT_STEPS = 100_000
"""Comparisons that are kept, and the steps that they may have together."""

Pair = tuple[int, int]
N = TypeVar("N", int, float)


class State(StrEnum):
    """What became of a step between the first trace and the second."""

    SAME = "same"
    SLOWER = "slower"
    FASTER = "faster"
    ADDED = "added"
    MISSING = "missing"
    STATUS = "status changed"
    REPEATED = "repeated"


DONE_DIFFERENTLY = frozenset({State.ADDED, State.MISSING, State.STATUS, State.REPEATED})
"""States of a step at which the two runs did something different, not only at another speed."""

DIFFERENT = frozenset(State) - {State.SAME}


@dataclass(frozen=True)
class Totals:
    """One side as a whole. Tokens and cost are those of model calls."""

    spans: int
    services: int
    errors: int
    length_ns: int
    tokens: int | None
    cost_usd: float | None


@dataclass(frozen=True)
class Sums:
    """What one side of a step amounts to; of a repeated step, its repeats together."""

    spans: int
    duration_ns: int | None
    self_ns: int | None
    tokens: int | None
    cost_usd: float | None
    errors: int
    offset_ns: int | None


@dataclass(frozen=True)
class Comparison:
    """The tree of both traces in pre-order: parallel lists, a number names a step.

    `a` and `b` are indices of spans in `left` and `right`, or ABSENT. A step of `repeats` has
    neither: it stands for the (left, right) numbers of equal siblings that follow one level below.
    """

    left: Trace
    right: Trace
    a: list[int]
    b: list[int]
    depth: list[int]
    size: list[int]
    state: list[State]
    repeats: dict[int, Pair]
    totals: tuple[Totals, Totals]
    counts: Counter[State]
    """Spans by state, repeated steps not counted."""
    tops: Counter[State]
    """Added and missing steps that do not stand below another such."""
    first: int | None
    """The first step at which the two runs did something different."""
    culprit: int | None
    """The step whose own time explains most of the difference in time."""

    def __len__(self) -> int:
        return len(self.depth)

    def name(self, step: int) -> tuple[str, str]:
        """Service and operation."""
        at = step + 1 if step in self.repeats else step
        side, index = (self.left, self.a[at]) if self.a[at] != ABSENT else (self.right, self.b[at])
        return _key(side, index)

    def sums(self, step: int) -> tuple[Sums | None, Sums | None]:
        """Both sides of a step; None where it did not happen."""
        steps = self._members(step) if step in self.repeats else [step]
        return (
            _sums(self.left, [self.a[s] for s in steps if self.a[s] != ABSENT]),
            _sums(self.right, [self.b[s] for s in steps if self.b[s] != ABSENT]),
        )

    def visible(self, wanted: Collection[State], toggled: Collection[int]) -> list[int]:
        """Steps to show: those in a wanted state below all that is above them.

        Repeated steps are closed and all others open, but for the `toggled` ones.
        """
        kept = self._with_ancestors(wanted) if len(wanted) < len(State) else None
        shown, step, opened = [], 0, set(toggled)
        while step < len(self):
            if kept is None or kept[step]:
                shown.append(step)
                closed = (step in self.repeats) != (step in opened)
                step += self.size[step] if closed else 1
            else:
                step += self.size[step]
        return shown

    def _with_ancestors(self, wanted: Collection[State]) -> list[bool]:
        kept = [state in wanted for state in self.state]
        above: list[int] = []
        for step, depth in enumerate(self.depth):
            del above[depth - 1 :]
            if kept[step]:
                for ancestor in reversed(above):
                    if kept[ancestor]:
                        break
                    kept[ancestor] = True
            above.append(step)
        return kept

    def _members(self, step: int) -> list[int]:
        """The repeats of a repeated step."""
        members, at = [], step + 1
        while at < step + self.size[step]:
            members.append(at)
            at += self.size[at]
        return members


@dataclass
class _Union:
    """The steps while they are being laid out."""

    left: Trace
    right: Trace
    keys: tuple[list[int], list[int]]
    a: list[int] = field(default_factory=list)
    b: list[int] = field(default_factory=list)
    depth: list[int] = field(default_factory=list)
    state: list[State] = field(default_factory=list)
    repeats: dict[int, Pair] = field(default_factory=dict)


def compare(left: Trace, right: Trace) -> Comparison:
    """What `right` did otherwise than `left`. The last few comparisons are kept."""
    key = (id(left), id(right))
    # several panels of a page ask at once: the first of them works, the others wait
    with _lock:
        # a comparison holds both traces, so nobody else can have their ids
        found = _kept.pop(key, None) or _compare(left, right)
        _kept[key] = found
        while len(_kept) > 1 and (len(_kept) > KEPT or sum(map(len, _kept.values())) > KEPT_STEPS):
            _kept.popitem(last=False)
    return found


_kept: OrderedDict[tuple[int, int], Comparison] = OrderedDict()
_lock = threading.Lock()


def _compare(left: Trace, right: Trace) -> Comparison:
    union = _Union(left, right, _numbered(left, right))
    _lay_out(union)
    size = _sizes(union.depth)
    _judge_repeats(union, size)
    totals = (totals_of(left), totals_of(right))
    return Comparison(
        left=left,
        right=right,
        a=union.a,
        b=union.b,
        depth=union.depth,
        size=size,
        state=union.state,
        repeats=union.repeats,
        totals=totals,
        counts=Counter(s for i, s in enumerate(union.state) if i not in union.repeats),
        tops=_tops(union),
        first=next((i for i, s in enumerate(union.state) if s in DONE_DIFFERENTLY), None),
        culprit=_culprit(union, totals[1].length_ns - totals[0].length_ns),
    )


def _key(trace: Trace, index: int) -> tuple[str, str]:
    return trace.columns["service_name"][index] or "", trace.columns["name"][index] or ""


def _numbered(left: Trace, right: Trace) -> tuple[list[int], list[int]]:
    """A number for each span's service and operation, whichever of the traces comes first."""
    keys = [
        [
            (service or "", name or "")
            for service, name in zip(
                trace.columns["service_name"], trace.columns["name"], strict=True
            )
        ]
        for trace in (left, right)
    ]
    numbers = {key: number for number, key in enumerate(sorted({*keys[0], *keys[1]}))}
    return [numbers[key] for key in keys[0]], [numbers[key] for key in keys[1]]


def _lay_out(union: _Union) -> None:
    """Both trees as one, from the roots down; no recursion, for traces are deep."""
    pending = [(_siblings(union, NO_PARENT, NO_PARENT), 1)]
    while pending:
        siblings, depth = pending[-1]
        following = next(siblings, None)
        if following is None:
            pending.pop()
            continue
        (i, j), repeat = following
        level = depth + bool(repeat)
        if i == j == ABSENT:
            union.repeats[len(union.a)] = repeat or (0, 0)
            _add(union, ABSENT, ABSENT, depth, State.SAME)
        elif j == ABSENT:
            _add_subtree(union, i, level, left=True)
        elif i == ABSENT:
            _add_subtree(union, j, level, left=False)
        else:
            _add(union, i, j, level, _state(union, i, j))
            if union.left.children[i] or union.right.children[j]:
                pending.append((_siblings(union, i, j), level + 1))


def _add(union: _Union, i: int, j: int, depth: int, state: State) -> None:
    union.a.append(i)
    union.b.append(j)
    union.depth.append(depth)
    union.state.append(state)


def _add_subtree(union: _Union, index: int, depth: int, *, left: bool) -> None:
    """A span that only one side has, with all that is below it."""
    trace = union.left if left else union.right
    inside = range(index, index + trace.size[index])
    nobody = [ABSENT] * len(inside)
    union.a += inside if left else nobody
    union.b += nobody if left else inside
    down = depth - trace.depth[index]
    union.depth += [trace.depth[i] + down for i in inside]
    union.state += [State.MISSING if left else State.ADDED] * len(inside)


def _siblings(union: _Union, above: int, above_right: int) -> Iterator[tuple[Pair, Pair | None]]:
    """The children of both spans in pairs, each with the size of the run of equals it is in.

    Before the first of a run stands a pair of nobody.
    """
    left_keys, right_keys = union.keys

    def key(pair: Pair) -> int:
        return left_keys[pair[0]] if pair[0] != ABSENT else right_keys[pair[1]]

    for _, run in groupby(_aligned(union, above, above_right), key):
        same = list(run)
        if len(same) < REPEATS:
            yield from ((pair, None) for pair in same)
            continue
        numbers = (sum(i != ABSENT for i, _ in same), sum(j != ABSENT for _, j in same))
        yield (ABSENT, ABSENT), numbers
        yield from ((pair, numbers) for pair in same)


def _aligned(union: _Union, i: int, j: int) -> list[Pair]:
    """The children of both spans as pairs, in an order that holds for either side."""
    left, right = _children(union.left, i), _children(union.right, j)
    left_keys = [union.keys[0][k] for k in left]
    right_keys = [union.keys[1][k] for k in right]
    if left_keys == right_keys:
        return list(zip(left, right, strict=True))
    unlike = _unlike(union, left, right)
    if left_keys < right_keys:
        mates = align(left_keys, right_keys)
        settle_runs(left_keys, right_keys, mates, unlike)
    else:
        # there are often several best alignments; the swapped comparison must choose the same
        mirrored = align(right_keys, left_keys)
        settle_runs(right_keys, left_keys, mirrored, lambda y, x: unlike(x, y))
        mates = inverted(mirrored, len(left))
    pairs: list[Pair] = []
    lone_left: list[int] = []
    reached = 0
    before = None
    for k, mate in zip(left, mates, strict=True):
        if mate == ALONE:
            lone_left.append(k)
            continue
        following = union.keys[0][k]
        pairs += _between(union, lone_left, right[reached:mate], before, following)
        pairs.append((k, right[mate]))
        lone_left, reached, before = [], mate + 1, following
    return pairs + _between(union, lone_left, right[reached:], before, None)


def _between(
    union: _Union, left: list[int], right: list[int], before: int | None, after: int | None
) -> list[Pair]:
    """Spans that only one side has, between two pairs: those of the left side first, but repeats
    of a neighbour next to it."""
    if not left or not right:
        return [*((i, ABSENT) for i in left), *((ABSENT, j) for j in right)]
    begins, ends = [], []
    for keys, spans in ((union.keys[0], left), (union.keys[1], right)):
        begin, end = 0, len(spans)
        while begin < end and keys[spans[begin]] == before:
            begin += 1
        while end > begin and keys[spans[end - 1]] == after:
            end -= 1
        begins.append(begin)
        ends.append(end)
    parts = zip((0, 0), begins, ends, (len(left), len(right)), strict=True)
    cuts = list(zip(*parts, strict=True))
    found: list[Pair] = []
    for (x, y), (until_x, until_y) in pairwise(cuts):
        found += [(i, ABSENT) for i in left[x:until_x]]
        found += [(ABSENT, j) for j in right[y:until_y]]
    return found


def _children(trace: Trace, index: int) -> list[int]:
    """The direct children of a span, or the roots."""
    at = index + 1
    until = len(trace) if index == NO_PARENT else index + trace.size[index]
    found = []
    while at < until:
        found.append(at)
        at += trace.size[at]
    return found


def _unlike(union: _Union, left: list[int], right: list[int]) -> Callable[[int, int], float]:
    """How much two repeats differ: by how they ended, what is below them and how long they took."""
    traces = union.left, union.right
    ends = [trace.columns["status"] for trace in traces]
    durations = [trace.columns["duration_ns"] for trace in traces]
    children = [trace.children for trace in traces]

    def unlike(x: int, y: int) -> float:
        i, j = left[x], right[y]
        failed = (ends[0][i] == "error") != (ends[1][j] == "error")
        longer = abs(log2(max(durations[0][i] or 1, 1)) - log2(max(durations[1][j] or 1, 1)))
        return float(8 * failed + 2 * (children[0][i] != children[1][j]) + min(longer, 4))

    return unlike


def _state(union: _Union, i: int, j: int) -> State:
    left, right = union.left.columns, union.right.columns
    if _end(left, i) != _end(right, j):
        return State.STATUS
    return pace(left["duration_ns"][i], right["duration_ns"][j])


def _end(columns: dict[str, Sequence[object]], index: int) -> tuple[bool, object]:
    """How a span ended; that one sender says ok and another nothing is no difference."""
    return columns["status"][index] == "error", columns["exception_type"][index]


def pace(before_ns: int | None, after_ns: int | None) -> State:
    """Whether a step took notably longer or shorter than before."""
    if before_ns is None or after_ns is None:
        return State.SAME
    if after_ns - before_ns > SLOWER_NS and after_ns > SLOWER_RATIO * before_ns:
        return State.SLOWER
    if before_ns - after_ns > SLOWER_NS and before_ns > SLOWER_RATIO * after_ns:
        return State.FASTER
    return State.SAME


def _sizes(depths: Sequence[int]) -> list[int]:
    """Steps of each subtree, itself included, from the depths of a pre-order."""
    sizes = [1] * len(depths)
    above: list[int] = []
    for step, depth in enumerate(depths):
        while len(above) >= depth:
            closed = above.pop()
            sizes[closed] = step - closed
        above.append(step)
    for closed in above:
        sizes[closed] = len(depths) - closed
    return sizes


def _judge_repeats(union: _Union, size: Sequence[int]) -> None:
    """The state of a step that stands for its repeats."""
    left, right = union.left.columns["duration_ns"], union.right.columns["duration_ns"]
    for step, (before, after) in union.repeats.items():
        members, at = [], step + 1
        while at < step + size[step]:
            members.append(at)
            at += size[at]
        if not before or not after:
            union.state[step] = State.MISSING if before else State.ADDED
        elif before != after:
            union.state[step] = State.REPEATED
        elif State.STATUS in {union.state[m] for m in members}:
            union.state[step] = State.STATUS
        else:
            union.state[step] = pace(
                sum(left[union.a[m]] or 0 for m in members),
                sum(right[union.b[m]] or 0 for m in members),
            )


def _tops(union: _Union) -> Counter[State]:
    """Added and missing spans that are not below another such span."""
    found: Counter[State] = Counter()
    inside = 0
    for step, (state, depth) in enumerate(zip(union.state, union.depth, strict=True)):
        if inside and depth > inside:
            continue
        inside = 0
        if state in (State.ADDED, State.MISSING) and step not in union.repeats:
            found[state] += 1
            inside = depth
    return found


def _culprit(union: _Union, difference_ns: int) -> int | None:
    """The step whose self time moved most in the direction in which the whole moved."""
    if abs(difference_ns) <= SLOWER_NS:
        return None
    left, right = union.left.self_ns, union.right.self_ns
    way = 1 if difference_ns > 0 else -1
    moved = [
        way * ((right[j] or 0 if j != ABSENT else 0) - (left[i] or 0 if i != ABSENT else 0))
        for i, j in zip(union.a, union.b, strict=True)
    ]
    most = max(range(len(moved)), key=moved.__getitem__, default=None)
    return most if most is not None and moved[most] > SLOWER_NS else None


def totals_of(trace: Trace) -> Totals:
    columns = trace.columns
    calls = [i for i, operation in enumerate(columns["operation"]) if operation in MODEL_CALLS]
    return Totals(
        spans=len(trace),
        services=len(set(columns["service_name"])),
        errors=sum(status == "error" for status in columns["status"]),
        length_ns=trace.length_ns,
        tokens=_total(
            columns[name][i] for name in ("input_tokens", "output_tokens") for i in calls
        ),
        cost_usd=_total(columns["cost_usd"][i] for i in calls),
    )


def _sums(trace: Trace, spans: Sequence[int]) -> Sums | None:
    if not spans:
        return None
    columns = trace.columns
    return Sums(
        spans=len(spans),
        duration_ns=_total(columns["duration_ns"][i] for i in spans),
        self_ns=_total(trace.self_ns[i] for i in spans),
        tokens=_total(
            columns[name][i] for name in ("input_tokens", "output_tokens") for i in spans
        ),
        cost_usd=_total(columns["cost_usd"][i] for i in spans),
        errors=sum(columns["status"][i] == "error" for i in spans),
        offset_ns=min(trace.offset_ns[i] for i in spans),
    )


def _total(values: Iterable[N | None]) -> N | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
