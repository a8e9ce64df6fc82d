"""Questions of the Overview: how an org is doing in a time range, at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from access.scope import Scope
from queries import reader
from queries.filters import EPOCH, TimeRange
from queries.reader import Answer
from queries.rolled import parts

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_BUCKETS = 60
_MICROSECOND = timedelta(microseconds=1)


def bucket(range_: TimeRange) -> timedelta:
    """Width of a bar: the least round step, or whole days, that cut the range into at most 60."""
    days = -(-range_.length // (_BUCKETS * timedelta(days=1)))
    steps = [timedelta(seconds=step) for step in _STEPS] + [timedelta(days=days)]
    return next(step for step in steps if _BUCKETS * step >= range_.length)


@dataclass(frozen=True)
class Activity:
    """Spans and errors over time and by process group.

    `buckets` are the starts of equal intervals of `step`, oldest first, empty ones included;
    `spans` and `errors` have one number for each. `groups` maps a process group to its totals.
    """

    step: timedelta
    buckets: list[datetime]
    spans: list[int]
    errors: list[int]
    groups: dict[str, tuple[int, int]]
    answer: Answer


def totals(scope: Scope, range_: TimeRange) -> Answer:
    """One row: spans, errors, traces, agents, quantiles of duration (ns) and the newest start."""
    return reader.read(scope, "overview.totals", **range_.params, **parts(range_).params)


def activity(scope: Scope, range_: TimeRange) -> Activity:
    """Spans and errors in every bucket of the range, and in every process group."""
    step = bucket(range_)
    answer = reader.read(
        scope,
        "overview.activity",
        **range_.params,
        origin_us=(range_.since - EPOCH) // _MICROSECOND,
        step_us=step // _MICROSECOND,
    )
    return _activity(answer, range_, step)


def _activity(answer: Answer, range_: TimeRange, step: timedelta) -> Activity:
    buckets = -(-range_.length // step)
    spans, errors = [0] * buckets, [0] * buckets
    groups: dict[str, tuple[int, int]] = {}
    for row in answer:
        spans[row["bucket"]] += row["spans"]
        errors[row["bucket"]] += row["errors"]
        seen, failed = groups.get(row["process_group"], (0, 0))
        groups[row["process_group"]] = (seen + row["spans"], failed + row["errors"])
    return Activity(
        step=step,
        buckets=[range_.since + step * i for i in range(buckets)],
        spans=spans,
        errors=errors,
        groups=dict(sorted(groups.items(), key=lambda item: (-item[1][0], item[0]))),
        answer=answer,
    )


def last_errors(scope: Scope, range_: TimeRange, rows: int = 10) -> Answer:
    """The newest error spans."""
    return reader.read(scope, "overview.last_errors", **range_.params, rows=rows)


def models(scope: Scope, range_: TimeRange) -> Answer:
    """One row per model: calls, tokens and cost (USD), the dearest first; model calls only."""
    return reader.read(scope, "overview.models", **range_.params)


def orgs(scope: Scope, range_: TimeRange) -> Answer:
    """One row per org of the scope: spans, errors and p95 (ns), the highest error rate first."""
    return reader.read(scope, "overview.orgs", **range_.params)
