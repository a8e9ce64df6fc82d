"""Questions about watched variables: data on spans (`aeos.data.<name>`) and metric gauges."""

from __future__ import annotations

from access.scope import Scope
from queries import reader
from queries.filters import EVERY_SPAN, TimeRange, TraceFilters
from queries.reader import Answer

REPEATS = 5
"""A value is stuck when it came more than this many times in a row."""

MOST = 1_000
"""Variables that a list shows."""


def stuck(scope: Scope, range_: TimeRange, more_than: int = REPEATS) -> Answer:
    """One row per run of more than `more_than` equal consecutive values, the newest first.

    `since` and `until` are the run's first and last reading, `readings` its length, and `lasting`
    says that nothing else came after it.
    """
    return reader.read(scope, "watched.stuck", **range_.params, more_than=more_than)


def variables(scope: Scope, filters: TraceFilters, most: int = MOST) -> Answer:
    """One row per process and variable, the one read last first, at most `most`.

    `variables` is how many there are. A search is about spans, so with one gauges are left out.
    """
    return reader.read(
        scope,
        "watched.variables",
        **filters.params,
        gauges=searches_nothing(filters),
        rows=most,
    )


def searches_nothing(filters: TraceFilters) -> bool:
    return filters.condition == EVERY_SPAN
