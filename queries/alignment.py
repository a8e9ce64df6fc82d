"""Alignment: which elements of two sequences stand for each other, order kept.

The one idea: a longest common subsequence. Its table is a row of bits for each element, so that
ten thousand elements against ten thousand take tens of milliseconds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

ALONE = -1
"""Mate of an element that has none."""

MOST_CELLS = 400_000_000
"""Cells of an exact table: 50 MB of bits. Longer sequences are aligned by occurrence."""

MOST_PAIRS = 250_000
"""Pairs of one run against another whose likeness is weighed."""

Likeness = Callable[[int, int], float]


def align(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[int]:
    """For each element of `left` the index of its mate in `right`, or ALONE; mates ascend."""
    mates = [ALONE] * len(left)
    begin, left_end, right_end = 0, len(left), len(right)
    while begin < min(left_end, right_end) and left[begin] == right[begin]:
        mates[begin] = begin
        begin += 1
    while begin < min(left_end, right_end) and left[left_end - 1] == right[right_end - 1]:
        left_end, right_end = left_end - 1, right_end - 1
        mates[left_end] = right_end
    inner_left, inner_right = left[begin:left_end], right[begin:right_end]
    exact = len(inner_left) * len(inner_right) <= MOST_CELLS
    for i, j in (_longest if exact else _by_occurrence)(inner_left, inner_right):
        mates[begin + i] = begin + j
    return mates


def _longest(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Index pairs of a longest common subsequence, last first."""
    places: dict[Hashable, int] = defaultdict(int)
    for j, key in enumerate(right):
        places[key] |= 1 << j
    everything = (1 << len(right)) - 1
    # a bit that is not set says: one more match than without this element of `right`
    row = everything
    rows = [row]
    for key in left:
        hits = row & places.get(key, 0)
        row = ((row + hits) | (row - hits)) & everything
        rows.append(row)
    pairs = []
    i, j = len(left), len(right)
    while i and j:
        if rows[i] >> (j - 1) & 1:
            j -= 1
        elif rows[i - 1] >> (j - 1) & 1:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        else:
            i -= 1
    return pairs


def _by_occurrence(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[tuple[int, int]]:
    """The nth of a kind against the nth of its kind, as many as keep the order, last first."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for j in range(len(right) - 1, -1, -1):
        places[right[j]].append(j)
    candidates = [(i, places[key].pop()) for i, key in enumerate(left) if places.get(key)]
    ends: list[int] = []
    chain: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(candidates):
        at = bisect_left(ends, j)
        before.append(chain[at - 1] if at else ALONE)
        ends[at : at + 1] = [j]
        chain[at : at + 1] = [number]
    pairs = []
    number = chain[-1] if chain else ALONE
    while number != ALONE:
        pairs.append(candidates[number])
        number = before[number]
    return pairs


def settle_runs(
    left: Sequence[Hashable], right: Sequence[Hashable], mates: list[int], unlike: Likeness
) -> None:
    """Where a run of equals meets a longer run, choose the mates that are least `unlike`.

    Any choice is as long as another; this one says which of the tries was the extra one.
    """
    backwards = inverted(mates, len(right))
    ends, starts = _run_ends(right), _run_starts(right)
    for begin, end in _runs(left):
        met = [mates[i] for i in range(begin, end) if mates[i] != ALONE]
        if not met:
            continue
        there, until = starts[met[0]], ends[met[0]]
        back = [backwards[j] for j in range(there, until) if backwards[j] != ALONE]
        whole = met[-1] < until and begin <= back[0] and back[-1] < end
        size = (end - begin) * (until - there)
        if not whole or end - begin == until - there or size > MOST_PAIRS:
            continue
        mates[begin:end] = _cheapest(range(begin, end), range(there, until), unlike)


def inverted(mates: Sequence[int], size: int) -> list[int]:
    """The same seen from the other sequence, which has `size` elements."""
    back = [ALONE] * size
    for i, j in enumerate(mates):
        if j != ALONE:
            back[j] = i
    return back


def _runs(keys: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Stretches of equal keys, as (first, behind the last)."""
    cuts = [i for i in range(1, len(keys)) if keys[i] != keys[i - 1]]
    return list(zip([0, *cuts], [*cuts, len(keys)], strict=True)) if keys else []


def _run_starts(keys: Sequence[Hashable]) -> list[int]:
    return [begin for begin, end in _runs(keys) for _ in range(begin, end)]


def _run_ends(keys: Sequence[Hashable]) -> list[int]:
    return [end for begin, end in _runs(keys) for _ in range(begin, end)]


def _cheapest(left: range, right: range, unlike: Likeness) -> list[int]:
    """Mates of `left` so that the shorter run is used up, at the least sum of `unlike`."""
    if len(left) > len(right):
        mirrored = _cheapest(right, left, lambda j, i: unlike(i, j))
        mates = [ALONE] * len(left)
        for j, i in zip(right, mirrored, strict=True):
            mates[i - left.start] = j
        return mates
    spare = len(right) - len(left)
    # costs[k]: the elements of `left` so far, with k elements of `right` skipped
    costs = [0.0] * (spare + 1)
    taken: list[list[int]] = []
    for i in left:
        best, steps = float("inf"), []
        row = []
        for skipped in range(spare + 1):
            if costs[skipped] < best:
                best, at = costs[skipped], skipped
            row.append(best + unlike(i, right[i - left.start + skipped]))
            steps.append(at)
        costs = row
        taken.append(steps)
    return _followed_back(costs, taken, right)


def _followed_back(costs: list[float], taken: list[list[int]], right: range) -> list[int]:
    skipped = min(range(len(costs)), key=costs.__getitem__)
    mates: list[int] = []
    for number in range(len(taken) - 1, -1, -1):
        mates.append(right[number + skipped])
        skipped = taken[number][skipped]
    return mates[::-1]
