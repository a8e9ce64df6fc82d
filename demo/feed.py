"""Feeds a running receiver: fourteen days at once, then a trickle as long as the program runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Final

from demo.history import DAYS, all_batches
from demo.live import Live
from demo.progress import Progress
from demo.render import Batch, Signal
from demo.sender import Sender, SendError, Stopped, Unreachable

CONNECTIONS: Final = 2
TICK_SECONDS: Final = 2.0
LIVE_PATIENCE: Final = 1.0
"""Seconds a live request waits for a receiver that is away; what is late is left out."""

log = logging.getLogger(__name__)


@dataclass
class Filled:
    """What was delivered; `rejected` items reached the receiver and were not taken."""

    sent: dict[Signal, int] = field(default_factory=lambda: {"traces": 0, "logs": 0, "metrics": 0})
    rejected: int = 0

    @property
    def spans(self) -> int:
        return self.sent["traces"]


class _Filling:
    """Batches that several connections share, and the tally of what was delivered."""

    def __init__(self, batches: Iterator[Batch], spans: int, progress: Progress) -> None:
        self.filled = Filled()
        self._over = Event()
        self._batches = batches
        self._spans = spans
        self._progress = progress
        self._taking = Lock()
        self._counting = Lock()

    def deliver(self, sender: Sender) -> None:
        """Send batch after batch until there are none, or another connection has failed."""
        try:
            while batch := self._next():
                self._count(batch, sender.send(batch))
        finally:
            self._over.set()
            sender.close()

    def _next(self) -> Batch | None:
        with self._taking:
            return None if self._over.is_set() else next(self._batches, None)

    def _count(self, batch: Batch, rejected: int) -> None:
        with self._counting:
            self.filled.sent[batch.signal] += batch.items
            self.filled.rejected += rejected
            self._progress(self.filled.spans, self._spans)


def fill(
    endpoint: str,
    keys: Mapping[str, str],
    spans: int,
    seed: int,
    now: datetime,
    progress: Progress,
    stop: Event | None = None,
) -> Filled:
    """Send fourteen days that end at `now`, oldest first; `keys` is org → ingest key.

    Raises SendError when the receiver refuses or stays away; Stopped when `stop` is set.
    """
    stop = stop or Event()
    history = all_batches(now - timedelta(days=DAYS), now, spans, seed)
    filling = _Filling(_until(stop, history), spans, progress)
    with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="demo-fill") as pool:
        deliveries = [
            pool.submit(filling.deliver, Sender(endpoint, keys, stop)) for _ in range(CONNECTIONS)
        ]
        try:
            wait(deliveries)
        except BaseException:  # Ctrl-C must not wait until a busy receiver finds time
            stop.set()
            raise
    for delivery in deliveries:
        delivery.result()
    return filling.filled


def _until(stop: Event, batches: Iterator[Batch]) -> Iterator[Batch]:
    for batch in batches:
        if stop.is_set():
            raise Stopped
        yield batch


def trickle(endpoint: str, keys: Mapping[str, str], stop: Event, seed: int) -> None:
    """Send what happens now every two seconds until `stop` is set, whatever the receiver does."""
    live = Live(seed, time.time_ns())
    sender = Sender(endpoint, keys, stop, patience=LIVE_PATIENCE)
    number = 0
    while not stop.wait(TICK_SECONDS):
        try:
            for batch in live.tick(number, time.time_ns()):
                sender.send(batch)
        except Stopped:
            break
        except SendError as error:
            log.log(_level(error), "Live demo telemetry was not sent: %s", error)
        number += 1
    sender.close()


def _level(error: SendError) -> int:
    """A receiver that is briefly away is no news; one that refuses is."""
    return logging.DEBUG if isinstance(error, Unreachable) else logging.WARNING
