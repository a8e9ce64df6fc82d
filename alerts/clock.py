"""The steady clock: the time of day at the start, counted on by the clock that nobody can set.

The one idea: alerts go by when data was made, so a step of the machine's wall clock must neither
skip nor repeat an instant. A lasting difference is made up slowly, a second in a minute.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

from access.clock import utc_now

log = logging.getLogger(__name__)

STEP = timedelta(minutes=1)
"""A difference that is worth a line in the log."""

_CATCHING_UP = 1 / 60


def since_boot() -> float:
    """Seconds that go on while the machine sleeps, where the system can tell."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class SteadyClock:
    """Tells the time of day and never goes back or leaps."""

    def __init__(
        self, wall: Callable[[], datetime] = utc_now, steady: Callable[[], float] = since_boot
    ) -> None:
        self._wall, self._steady = wall, steady
        self._lock = Lock()
        self._said = False
        self._at, self._counted = wall(), steady()

    def now(self) -> datetime:
        with self._lock:
            counted = self._steady()
            seconds = max(0.0, counted - self._counted)
            plain = self._at + timedelta(seconds=seconds)
            off = self._wall() - plain
            most = timedelta(seconds=seconds * _CATCHING_UP)
            self._at, self._counted = plain + min(max(off, -most), most), counted
            self._say(off)
            return self._at

    def _say(self, off: timedelta) -> None:
        stepped = abs(off) >= STEP
        if stepped and not self._said:
            log.warning(
                "The clock of this machine differs by %.0f s from the time counted since the "
                "start. Alerts go on by the counted time and follow a second in a minute; start "
                "again to follow at once.",
                off / timedelta(seconds=1),
            )
        self._said = stepped


def newest_instant(every: timedelta, moment: datetime) -> datetime:
    """The last whole multiple of `every` since 1970 that is not after `moment`."""
    return _EPOCH + (moment - _EPOCH) // every * every


def instants_after(every: timedelta, done: datetime, until: datetime, most: int) -> list[datetime]:
    """The first `most` instants after `done`, up to and with `until`."""
    first = newest_instant(every, done) + every
    count = min(most, max(0, (until - first) // every + 1))
    return [first + i * every for i in range(count)]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
