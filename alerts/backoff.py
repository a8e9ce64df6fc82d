"""Backoff: when a failed notification is tried again, and when no more."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST = timedelta(seconds=15)
LONGEST = timedelta(hours=6)
GIVE_UP = timedelta(hours=75)
"""How long a notification is tried: a weekend and a morning."""

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=10)


def next_attempt(
    attempts: int,
    created: datetime,
    now: datetime,
    retry_after: timedelta | None,
    jitter: float,
) -> datetime | None:
    """When to try again after `attempts`, or None when it has been long enough.

    `jitter` is between 0 and 1: the whole wait is drawn, so that what failed together does not
    come back together. What the endpoint asks for is the least.
    """
    give_up = created + GIVE_UP
    if now >= give_up:
        return None
    wait = jitter * _doubled(FIRST, attempts - 1, LONGEST)
    return min(now + max(wait, retry_after or timedelta(0)), max(give_up, now + FIRST))


def pause(failures: int, retry_after: timedelta | None, jitter: float) -> timedelta:
    """How long a whole channel is left alone after so many failures in a row."""
    wait = jitter * _doubled(FIRST_PAUSE, failures - 1, LONGEST_PAUSE)
    return max(wait, retry_after or timedelta(0))


def _doubled(first: timedelta, times: int, most: timedelta) -> timedelta:
    return min(first * (1 << min(times, 30)), most)
