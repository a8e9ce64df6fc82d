"""Questions of the Code Inspector: which functions ran, how often, how long and how well."""

from __future__ import annotations

from access.scope import Scope
from queries import reader
from queries.filters import TimeRange
from queries.reader import Answer


def functions(scope: Scope, range_: TimeRange, search: str | None = None) -> Answer:
    """One row per service and function: calls, errors, p50/p95/p99 (ns), the busiest first.

    A span without `code.function.name` counts under its operation's name.
    """
    text = (search or "").strip().lower() or None
    return reader.read(scope, "code.functions", **range_.params, search=text)
