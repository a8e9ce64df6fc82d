"""Counts: what the receiver took and refused, by org, since the process began.

The one idea: they live in memory and say how it is going; what was stored is in the tables.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from threading import Lock
from typing import Final

SECONDS: Final = 60
"""How far back the rate looks."""

NOBODY: Final = ""
"""Whose requests are refused that carry no known key."""


class Counts:
    """Counted by any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._began = time.monotonic()
        self._taken: dict[str, deque[tuple[int, int]]] = defaultdict(deque)
        self._rejected: dict[str, Counter[str]] = defaultdict(Counter)

    def took(self, org: str, items: int, rejected: Mapping[str, int]) -> None:
        """A request of `org` was stored, but for the items that were rejected, by reason."""
        second = int(time.monotonic())
        with self._lock:
            taken = self._taken[org]
            if taken and taken[-1][0] == second:
                items += taken.pop()[1]
            taken.append((second, items))
            while taken[0][0] < second - SECONDS:
                taken.popleft()
            if rejected:
                self._rejected[org].update(rejected)

    def refused(self, org: str, reason: str) -> None:
        """A whole request was refused."""
        with self._lock:
            self._rejected[org][reason] += 1

    def rate(self, org: str | None = None) -> float:
        """Items a second in the last minute, of one org or of all."""
        now = time.monotonic()
        with self._lock:
            orgs = list(self._taken) if org is None else [org]
            items = sum(
                items
                for each in orgs
                for second, items in self._taken.get(each, ())
                if second > now - SECONDS
            )
        return items / max(1.0, min(SECONDS, now - self._began))

    def rejected(self, org: str | None = None) -> dict[str, int]:
        """What was rejected, by reason, of one org or of all; the most frequent first."""
        with self._lock:
            orgs = list(self._rejected) if org is None else [org]
            total: Counter[str] = Counter()
            for each in orgs:
                total.update(self._rejected.get(each, Counter()))
        return dict(total.most_common())
