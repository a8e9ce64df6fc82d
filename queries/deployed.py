"""Questions about where code ran: a function's file and line, by revision of its service."""

from __future__ import annotations

from access.scope import Scope
from queries import reader
from queries.filters import TimeRange
from queries.reader import Answer


def places(scope: Scope, range_: TimeRange, function: str, service: str | None = None) -> Answer:
    """One row per service, revision, version, file and line that a function ran at, the newest
    first: when it was first and last seen, and calls.
    """
    return reader.read(
        scope, "deployed.places", **range_.params, function=function, service=service or None
    )
