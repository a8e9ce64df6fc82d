"""Sync: tickets that came in since the last time, from the mail server's socket."""

from __future__ import annotations

import json
import socket
from typing import Any

from aeos.telemetry import traced, watch


@traced
def pull(address: tuple[str, int], since: str) -> list[dict[str, Any]]:
    """New tickets, the oldest first."""
    link = socket.create_connection(address, timeout=3)
    with link, link.makefile("rw") as lines:
        lines.write(json.dumps({"since": since}) + "\n")
        lines.flush()
        tickets = [json.loads(line) for line in lines]
    watch("inbox_length", len(tickets))
    return sorted(tickets, key=lambda ticket: ticket["received"])
