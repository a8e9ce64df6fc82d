"""Buckets: the equal intervals that a range is cut into, on the clock that a reader looks at."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

from queries.filters import EPOCH, TimeRange

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_BUCKETS = 60
_MICROSECOND = timedelta(microseconds=1)


def bucket(range_: TimeRange) -> timedelta:
    """Width of a bar: the least round step, or whole days, that cut the range into at most 60."""
    days = -(-range_.length // (_BUCKETS * timedelta(days=1)))
    steps = [timedelta(seconds=step) for step in _STEPS] + [timedelta(days=days)]
    return next(step for step in steps if _BUCKETS * step >= range_.length)


@dataclass(frozen=True)
class Buckets:
    """The intervals a range is cut into: whole steps of the clock, but for both ends.

    `edges` has one moment more than there are intervals.
    """

    step: timedelta
    origin: datetime
    edges: tuple[datetime, ...]

    @property
    def params(self) -> dict[str, int]:
        return {
            "origin_us": (self.origin - EPOCH) // _MICROSECOND,
            "step_us": self.step // _MICROSECOND,
        }

    def __len__(self) -> int:
        return len(self.edges) - 1

    def of(self, moment: datetime) -> int:
        """The interval in which a moment of the range lies."""
        return bisect_right(self.edges, moment) - 1


def buckets(range_: TimeRange, offset: timedelta = timedelta()) -> Buckets:
    """The range in whole steps of a clock that is `offset` ahead of UTC.

    Steps of the clock stay where they are while the range moves on, and so does what is in them.
    """
    step = bucket(range_)
    origin = range_.since - (range_.since - EPOCH + offset) % step
    inner = []
    moment = origin + step
    while moment < range_.until:
        inner.append(moment)
        moment += step
    return Buckets(step, origin, (range_.since, *inner, range_.until))
