"""The scheduler: starts what is due, once, whoever else is running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aeos.system.leases import Lease
from aeos.telemetry import traced


@dataclass
class Job:
    name: str
    every: timedelta
    run: Callable[[datetime], None]
    due: datetime


class Scheduler:
    """Jobs under one lease."""

    def __init__(self, jobs: list[Job], lease: Lease) -> None:
        self._jobs = jobs
        self._lease = lease

    @traced
    def tick(self, now: datetime) -> list[str]:
        """Run what is due; returns the names of what ran."""
        if not self._lease.held(now):
            return []
        ran = []
        for job in self._jobs:
            if job.due <= now:
                job.run(now)
                job.due = now + job.every
                ran.append(job.name)
        return ran
