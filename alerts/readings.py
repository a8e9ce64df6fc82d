"""Readings: what the evaluation of one instant found in one group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import gcd

from alerts.rules import Labels
from queries.filters import EPOCH
from queries.moments import micros


@dataclass(frozen=True)
class Reading:
    """A group's value; `since` to `until` is the time that it speaks of.

    A group that is known and has no reading has no data. `value` is in the unit of
    `measures.unit(rule)`, and None for what was never heard of.
    """

    labels: Labels
    value: float | None
    breached: bool
    recovered: bool
    text: str
    since: datetime
    until: datetime


Measured = Iterator[tuple[datetime, list[Reading]]]


def common_step(times: list[datetime]) -> int:
    """The longest step, in µs, that leads to all of these times from the first of them."""
    return gcd(*(later - first for first, later in pairwise(micros(times))))


def microseconds(moment: datetime) -> int:
    return int((moment - EPOCH) // _MICROSECOND)


_MICROSECOND = datetime.resolution
