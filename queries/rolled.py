"""Rolled: how a range is made up of whole days, hours and minutes, and of what is left at its ends.

The one idea: the coarsest rollups that fit are summed, and only the two ends, each shorter than a
minute, are read from the spans; the sum is the same as if all had been.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from queries.filters import EPOCH, TimeRange

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """From `since` to just before `until`; empty when they are equal."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Parts:
    """The whole minutes, hours and days of a range, each within the one before."""

    minutes: Span
    hours: Span
    days: Span

    @property
    def params(self) -> dict[str, Any]:
        """The bounds as a question binds them."""
        return {
            f"{name}_{end}": getattr(getattr(self, name), end)
            for name in ("minutes", "hours", "days")
            for end in ("since", "until")
        }


def parts(range_: TimeRange, finest: timedelta = MINUTE) -> Parts:
    """The parts of a range, in UTC. With `finest` an hour, there are no minutes apart."""
    whole = _within(Span(range_.since, range_.until), finest)
    hours = _within(whole, HOUR)
    return Parts(whole, hours, _within(hours, DAY))


def _within(span: Span, step: timedelta) -> Span:
    """The whole steps in a span; at its beginning when there are none."""
    since = EPOCH + -(-(span.since - EPOCH) // step) * step
    until = EPOCH + (span.until - EPOCH) // step * step
    return Span(since, until) if since < until else Span(span.since, span.since)
