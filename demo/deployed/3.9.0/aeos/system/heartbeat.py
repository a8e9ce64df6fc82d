"""Heartbeats: an agent says that it lives, and how it is."""

from __future__ import annotations

from aeos.mosaic.registry import Registered
from aeos.telemetry import traced


@traced
def beat(agent: Registered) -> dict[str, str | int]:
    """One heartbeat; the collector notices when the next one is late."""
    return {
        "agent": agent.id,
        "fleet": agent.fleet,
        "queue": agent.inbox.qsize(),
        "state": "busy" if agent.working else "idle",
    }
