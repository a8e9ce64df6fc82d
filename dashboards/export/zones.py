"""Zones: by how much a time zone differs from UTC at each of many moments.

The one idea: an offset changes twice a year, so the changes are looked for, not the offsets.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
STEP: Final = 20 * 86_400_000_000
"""Microseconds; no zone has changed its offset and changed it back in so few days."""


class Offsets:
    """The offsets of one zone; what was found is kept."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[int, int] = {}

    def of(self, moments: pa.Array) -> tuple[Any, Any]:
        """For moments in µs since 1970: what to add to them in µs, and how that is written."""
        ends = pc.min_max(moments).as_py()
        if ends["min"] is None:
            return pa.scalar(0, pa.int64()), pa.scalar("+00:00")
        (_, shift), *changes = self._spans(ends["min"], ends["max"])
        shifts: Any = pa.scalar(shift, pa.int64())
        words: Any = pa.scalar(written(shift))
        for since, shift in changes:
            later = pc.greater_equal(moments, since)
            shifts = pc.if_else(later, pa.scalar(shift, pa.int64()), shifts)
            words = pc.if_else(later, written(shift), words)
        return shifts, words

    def _spans(self, first: int, last: int) -> list[tuple[int, int]]:
        """(since, offset) in µs: each holds until the next one."""
        found = [(first, self._at(first))]
        left = first
        while left < last:
            right = min(left + STEP, last)
            if self._at(right) != self._at(left):
                found.append((self._change(left, right), self._at(right)))
            left = right
        return found

    def _change(self, left: int, right: int) -> int:
        """The first moment of the new offset, between `left` with the old and `right` with it."""
        while right - left > 1:
            middle = (left + right) // 2
            if self._at(middle) == self._at(left):
                left = middle
            else:
                right = middle
        return right

    def _at(self, moment: int) -> int:
        if moment not in self._known:
            local = (EPOCH + timedelta(microseconds=moment)).astimezone(self._zone)
            self._known[moment] = (local.utcoffset() or timedelta()) // timedelta(microseconds=1)
        return self._known[moment]


def written(offset: int) -> str:
    """An offset in µs as ISO 8601 writes it; with seconds where a zone had them."""
    sign, seconds = "-" if offset < 0 else "+", abs(offset) // 10**6
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{sign}{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
