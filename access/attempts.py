"""Attempts: how often somebody may try to sign in, counted per process in bounded memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock

MOST = 10
WINDOW = timedelta(minutes=5)
KEPT = 10_000


class Attempts:
    """At most `most` attempts in `window` for each key; of more than `kept` keys the oldest go."""

    def __init__(self, most: int = MOST, window: timedelta = WINDOW, kept: int = KEPT) -> None:
        self._most = most
        self._window = window
        self._kept = kept
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def allow(self, key: str, now: datetime) -> bool:
        """Count an attempt and say whether it may be made. A refused one is not counted.

        Counting comes before the outcome, so that many at once cannot slip through together.
        """
        with self._lock:
            times = self._times.setdefault(key, deque())
            self._times.move_to_end(key)
            while times and now - times[0] >= self._window:
                times.popleft()
            while len(self._times) > self._kept:
                self._times.popitem(last=False)
            if len(times) >= self._most:
                return False
            times.append(now)
            return True

    def forget(self, key: str) -> None:
        """Start afresh for somebody who got in."""
        with self._lock:
            self._times.pop(key, None)

    def __len__(self) -> int:
        return len(self._times)
