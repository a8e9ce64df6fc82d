"""Jobs: what runs beside the web, one line each, and the loop that runs it.

Every job has a thread of its own, so that a long one never delays another, and keeps time by the
monotonic clock, so that a change of the wall clock changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """`run` is called every `every` seconds, counted from start to start."""

    name: str
    run: Callable[[], object]
    every: float


class Jobs:
    """Runs its jobs until it is stopped; a job that fails is logged and tried again."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._loop, args=(job,), name=f"job-{job.name}", daemon=True)
            for job in jobs
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 30.0) -> None:
        """Let running jobs finish, for `seconds` at most."""
        self._stopping.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _loop(self, job: Job) -> None:
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            due = max(due + job.every, time.monotonic())
            try:
                job.run()
            except Exception:
                log.exception("job %s failed", job.name)
