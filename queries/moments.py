"""Moments: a column of times, held as whole numbers and made into times when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from queries.filters import EPOCH


class Moments(Sequence[datetime]):
    """Times, held as µs since 1970 and made when they are asked for."""

    def __init__(self, micros: Sequence[int]) -> None:
        self.micros = micros

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Moments(self.micros[index])
        return EPOCH + timedelta(microseconds=self.micros[index])

    def __len__(self) -> int:
        return len(self.micros)


def micros(times: Sequence[datetime]) -> Sequence[int]:
    """The same times as µs since 1970."""
    if isinstance(times, Moments):
        return times.micros
    return [(time - EPOCH) // timedelta(microseconds=1) for time in times]
