"""Pipeline: how telemetry gets from the receiver into the tables right now, told in one value.

The one idea: what one org is told holds nothing that others sent; who looks at all orgs is told
about the process as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from telemetry.counts import Counts
from telemetry.spool import Depth
from telemetry.writer import Status

LATE: Final = timedelta(seconds=15)
"""How long a request may wait for the tables before that is called a delay."""

PLAIN_REASON: Final = "Telemetry is taken and kept, but cannot be shown yet."
"""What an org is told instead of the writer's own words, which may speak of other orgs."""


class State(StrEnum):
    """How the writer is doing."""

    OK = "OK"
    DELAYED = "DELAYED"
    CIRCUIT_OPEN = "CIRCUIT_OPEN"


@dataclass(frozen=True)
class Standing:
    """The pipeline at one moment; `depth` is None for who sees one org only.

    `rate` is items a second, `rejected` items and requests by reason, since the process began.
    """

    state: State
    reason: str
    since: datetime | None
    rate: float
    rejected: Mapping[str, int]
    depth: Depth | None


@dataclass(frozen=True)
class Pipeline:
    """Where the numbers come from."""

    status: Callable[[], Status]
    depth: Callable[[], Depth]
    counts: Counts

    def standing(self, org: str | None, now: datetime) -> Standing:
        """How it is going: for `org`, or for who sees all orgs. Raises SpoolError."""
        depth, status = self.depth(), self.status()
        state, reason, since = state_of(status, depth, now)
        if org is not None and state is not State.OK:
            reason = PLAIN_REASON
        return Standing(
            state=state,
            reason=reason,
            since=since,
            rate=self.counts.rate(org),
            rejected=self.counts.rejected(org),
            depth=depth if org is None else None,
        )


def state_of(status: Status, depth: Depth, now: datetime) -> tuple[State, str, datetime | None]:
    """How the writer is doing, why, and since when."""
    if not status.ok:
        return State.CIRCUIT_OPEN, status.reason, status.since
    if depth.oldest_us is not None:
        oldest = datetime.fromtimestamp(depth.oldest_us / 1e6, UTC)
        if now - oldest > LATE:
            return State.DELAYED, "Requests wait for longer than usual.", oldest
    return State.OK, "", None
