"""Groups: the parts of a question by the group they belong to, ready to be added up over windows.

The one idea: whatever adds up is kept as sums from the beginning, in whole numbers, so that any
window is a difference of two of them, and is the same whether one is asked for or thousands.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil
from typing import Any

import pyarrow as pa

Key = tuple[str, ...]


def column(table: pa.Table, name: str) -> list[Any]:
    """A column as Python values; equal texts are one object, which is made once."""
    values = table[name]
    if not pa.types.is_string(values.type):
        return list(values.to_pylist())
    coded = values.combine_chunks().dictionary_encode()
    words = [*coded.dictionary.to_pylist(), None]
    return [words[code] for code in coded.indices.fill_null(-1).to_pylist()]


def by_key(table: pa.Table, keys: Sequence[str]) -> dict[Key, list[int]]:
    """Numbers of the rows of each group, in the order they came."""
    found: dict[Key, list[int]] = defaultdict(list)
    for i, key in enumerate(zip(*(column(table, key) for key in keys), strict=True)):
        found[tuple(part or "" for part in key)].append(i)
    return dict(sorted(found.items()))


@dataclass
class Slots:
    """What one group has in each of its steps, the earliest first.

    `sums` has for each name one number more than there are slots: all before that slot.
    """

    slots: list[int]
    sums: dict[str, list[int]]

    def between(self, since: int, until: int) -> tuple[int, int]:
        """The places of the slots in [since, until)."""
        return bisect_left(self.slots, since), bisect_left(self.slots, until)

    def total(self, name: str, low: int, high: int) -> int:
        """What the slots at the places [low, high) have of it."""
        sums = self.sums[name]
        return sums[high] - sums[low]


def summed(slots: list[int], parts: dict[str, list[int]]) -> Slots:
    return Slots(slots, {name: [0, *accumulate(values)] for name, values in parts.items()})


@dataclass
class Durations:
    """Durations of a group by bucket, within a window that only moves forward."""

    slots: list[int]
    buckets: list[list[tuple[int, int]]]
    counts: dict[int, int] = field(default_factory=dict)
    _low: int = 0
    _high: int = 0

    def move(self, low: int, high: int) -> None:
        """Hold the slots at the places [low, high) and no other."""
        for place in range(max(self._high, low), high):
            self._add(place, 1)
        for place in range(self._low, min(low, self._high)):
            self._add(place, -1)
        self._low, self._high = low, high

    def _add(self, place: int, sign: int) -> None:
        for bucket, n in self.buckets[place]:
            left = self.counts.get(bucket, 0) + sign * n
            if left:
                self.counts[bucket] = left
            else:
                del self.counts[bucket]

    def quantile(self, share: float, n: int) -> float:
        """The interpolated quantile of the `n` durations held, in ns, at most 1 % off."""
        place = share * (n - 1)
        low, high = int(place), ceil(place)
        if 2 * low < n:
            below, above = _places(sorted(self.counts.items()), low, high)
        else:
            # from the greatest there are fewer to pass
            falling = sorted(self.counts.items(), reverse=True)
            above, below = _places(falling, n - 1 - high, n - 1 - low)
        return middle(below) + (middle(above) - middle(below)) * (place % 1)


def _places(counts: list[tuple[int, int]], first: int, second: int) -> tuple[int, int]:
    """The buckets in which the first and the second place lie, counted from 0."""
    upto = 0
    found: int | None = None
    for bucket, n in counts:
        upto += n
        if found is None and upto > first:
            found = bucket
        if found is not None and upto > second:
            return found, bucket
    raise ValueError("There are fewer durations than were counted.")


def middle(bucket: int) -> float:
    """The duration that stands for a bucket, as `middle_of` in SQL."""
    return 0.0 if bucket == 0 else float(2 * 1.02 ** (bucket - 1) / 2.02)
