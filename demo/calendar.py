"""When things happen: the load curve of fourteen days and the incidents in them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from math import cos, pi
from typing import Final

from demo import platform

SECOND: Final = 1_000_000_000
HOUR: Final = 3600 * SECOND
DAY: Final = 24 * HOUR

LAST_DAY_WEIGHT: Final = 4.0
LAST_HOUR_WEIGHT: Final = 9.0
LAST_MINUTES_WEIGHT: Final = 14.0

SLOW: Final = (20.0, 18.0)
"""The provider's slow period, in hours before the end."""
SLOWNESS: Final = 6.0
BAD_AFTERNOON: Final = (13, 17)
"""Hours (UTC), three days before the end, in which one service of one org keeps failing."""
BAD_ORG: Final = "globex"


def nanoseconds(moment: datetime) -> int:
    """Unix time, exact to the microsecond."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def hour_of_day(at: int) -> float:
    return at % DAY / HOUR


def daily_load(at: int) -> float:
    """Between 0.25 at four in the morning and 1.0 at four in the afternoon; half at weekends."""
    wave = 0.625 - 0.375 * cos((hour_of_day(at) - 4) / 12 * pi)
    weekday = (at // DAY + 3) % 7
    return wave * (0.5 if weekday >= 5 else 1.0)


class Curve:
    """Turns a share of all work into the moment by which that share is done.

    The last day, hour and minutes weigh more, so that short ranges have something to show.
    """

    def __init__(self, start: int, end: int, *, steady: bool) -> None:
        self._edges = _edges(start, end)
        weights = [
            (b - a) / HOUR * _weight((a + b) // 2, end, steady=steady)
            for a, b in pairwise(self._edges)
        ]
        self._done = [0.0, *accumulate(weights)]

    def at(self, share: float) -> int:
        target = share * self._done[-1]
        i = min(bisect_right(self._done, target), len(self._done) - 1) - 1
        part = (target - self._done[i]) / (self._done[i + 1] - self._done[i])
        return self._edges[i] + int(part * (self._edges[i + 1] - self._edges[i]))


def _edges(start: int, end: int) -> list[int]:
    """Borders of hours, and of minutes in the last hour."""
    hours = range(end - HOUR, start, -HOUR)
    minutes = range(end, end - HOUR, -HOUR // 60)
    return [start, *(edge for edge in reversed([*minutes, *hours]) if edge > start)]


def _weight(at: int, end: int, *, steady: bool) -> float:
    age = (end - at) / HOUR
    if age < 1:
        return LAST_MINUTES_WEIGHT if age < 0.2 else LAST_HOUR_WEIGHT
    load = 0.6 if steady else daily_load(at)
    return load * (LAST_DAY_WEIGHT if age < 24 else 1.0)


@dataclass(frozen=True)
class Conditions:
    """What is going on in an org at one moment."""

    at: int
    age: float
    """Hours before the end of the history; 0 when live."""
    release: int
    """Index into platform.RELEASES."""
    slowness: float = 1.0
    failing: dict[str, float] = field(default_factory=dict)
    """Service → the share of its spans that fails."""

    @property
    def regressed(self) -> bool:
        return self.release == len(platform.RELEASES) - 1


def conditions(org: str, own_service: str, at: int, end: int) -> Conditions:
    """Conditions of `org` at `at`, in a history that ends at `end`."""
    age = max(0.0, (end - at) / HOUR)
    slow = SLOW[0] >= age >= SLOW[1]
    bad_day = end // DAY - 3
    bad = org == BAD_ORG and at // DAY == bad_day and _within(hour_of_day(at), BAD_AFTERNOON)
    return Conditions(
        at=at,
        age=age,
        release=_release(age),
        slowness=SLOWNESS if slow else 1.0,
        failing={own_service: 0.25} if bad else {},
    )


def _within(hour: float, window: tuple[int, int]) -> bool:
    return window[0] <= hour < window[1]


def _release(age: float) -> int:
    return next(i for i, (_, _, until) in enumerate(platform.RELEASES) if age >= until)
