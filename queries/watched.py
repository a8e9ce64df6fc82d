"""Questions about watched variables: data on spans (`aeos.data.<name>`) and metric gauges."""

from __future__ import annotations

from access.scope import Scope
from queries import reader
from queries.filters import TimeRange
from queries.reader import Answer

REPEATS = 5
"""A value is stuck when it came more than this many times in a row."""


def stuck(scope: Scope, range_: TimeRange, more_than: int = REPEATS) -> Answer:
    """One row per run of more than `more_than` equal consecutive values, the newest first.

    `since` and `until` are the run's first and last reading, `readings` its length, and `lasting`
    says that nothing else came after it.
    """
    return reader.read(scope, "watched.stuck", **range_.params, more_than=more_than)
