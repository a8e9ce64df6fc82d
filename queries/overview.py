"""Questions of the Overview: how an org is doing in a time range, at a glance."""

from __future__ import annotations

from datetime import timedelta

from access.scope import Scope
from queries import reader
from queries.filters import TimeRange
from queries.reader import Answer

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_BUCKETS = 60


def bucket(range_: TimeRange) -> timedelta:
    """Width of a bar: the least round step that cuts the range into at most 60."""
    wanted = range_.length.total_seconds() / _BUCKETS
    return timedelta(seconds=next((step for step in _STEPS if step >= wanted), wanted))


def totals(scope: Scope, range_: TimeRange) -> Answer:
    """One row: spans, errors, traces, agents, quantiles of duration (ns), tokens and cost (USD)."""
    return reader.read(scope, "overview.totals", **range_.params)


def series(scope: Scope, range_: TimeRange) -> Answer:
    """One row per `bucket(range_)`, gaps included: spans, errors and p95 (ns)."""
    return reader.read(scope, "overview.series", **range_.params, step=bucket(range_))


def last_errors(scope: Scope, range_: TimeRange, rows: int = 10) -> Answer:
    """The newest error spans."""
    return reader.read(scope, "overview.last_errors", **range_.params, rows=rows)


def groups(scope: Scope, range_: TimeRange) -> Answer:
    """One row per process group: spans and errors, the busiest first."""
    return reader.read(scope, "overview.groups", **range_.params)


def services(scope: Scope, range_: TimeRange) -> Answer:
    """One row per service: spans, errors and p95 (ns), most errors first."""
    return reader.read(scope, "overview.services", **range_.params)


def models(scope: Scope, range_: TimeRange) -> Answer:
    """One row per model: calls, tokens and cost (USD), the dearest first; model calls only."""
    return reader.read(scope, "overview.models", **range_.params)


def orgs(scope: Scope, range_: TimeRange) -> Answer:
    """One row per org of the scope: spans, errors and p95 (ns), the highest error rate first."""
    return reader.read(scope, "overview.orgs", **range_.params)
