"""One run against its cohort: the runs of the same operation in the days before it.

The one idea: a step is a path of (service, operation) from the root, and what this run spent on it
is ranked among what each run of the cohort spent on it. Exact over every run that is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from access.scope import Scope
from queries import reader
from queries.filters import EPOCH, TimeRange
from queries.reader import Answer
from queries.tree import Trace

MAX_RUNS = 2_000
MAX_SPANS = 500_000
"""The newest runs that together hold no more spans make up a cohort, and it says so."""

MARGIN = timedelta(days=1)
"""How far from the beginning of its run a span is looked for."""

MOST = 0.5
"""What a greater share of the runs does is what a run usually does."""


@dataclass(frozen=True)
class Operation:
    """What a trace is a run of: its root, or its earliest span when no root ever arrived."""

    org: str
    service: str
    name: str
    rootless: bool


@dataclass(frozen=True)
class Run:
    """One trace of the cohort as a whole."""

    trace_id: str
    start_time: datetime
    duration_ns: int
    spans: int
    errors: int


@dataclass(frozen=True)
class Cohort:
    """Runs of an operation that began in a time, the latest first; `capped` when not all."""

    operation: Operation
    range: TimeRange
    runs: tuple[Run, ...]
    capped: bool
    answer: Answer

    @property
    def by_duration(self) -> list[Run]:
        return sorted(self.runs, key=lambda run: run.duration_ns)

    @property
    def fastest(self) -> Run | None:
        return next(iter(self.by_duration), None)

    @property
    def slowest(self) -> Run | None:
        return next(reversed(self.by_duration), None)

    @property
    def median(self) -> Run | None:
        return self.by_duration[(len(self.runs) - 1) // 2] if self.runs else None

    @property
    def latest_ok(self) -> Run | None:
        return next((run for run in self.runs if not run.errors), None)

    @property
    def latest_failed(self) -> Run | None:
        return next((run for run in self.runs if run.errors), None)

    def quicker(self, duration_ns: int) -> int:
        """How many runs took less time."""
        return sum(run.duration_ns < duration_ns for run in self.runs)


def operation_of(trace: Trace) -> Operation:
    """The operation that a trace is a run of."""
    starts, above = trace.columns["start_unix_ns"], trace.columns["parent_span_id"]
    first = min(range(len(trace)), key=lambda i: (above[i] is not None, starts[i], i))
    return Operation(
        org=trace.org_id,
        service=trace.columns["service_name"][first],
        name=trace.columns["name"][first],
        rootless=above[first] is not None,
    )


def before(trace: Trace, days: int) -> TimeRange:
    """The days before a trace began."""
    began = EPOCH + timedelta(microseconds=max(trace.origin_ns // 1000, 1))
    return TimeRange(began - timedelta(days=days), began)


def of(scope: Scope, trace: Trace, range_: TimeRange, version: int | None = None) -> Cohort:
    """The runs of the trace's operation that began in the range, without itself."""
    operation = operation_of(trace)
    answer = runs(scope, operation, trace.trace_id, range_, version)
    fitting = [
        Run(
            row["trace_id"], row["start_time"], row["duration_ns"] or 0, row["spans"], row["errors"]
        )
        for row in answer.rows[:MAX_RUNS]
        if row["spans_so_far"] + len(trace) <= MAX_SPANS
    ]
    candidates = answer.rows[0]["candidates"] if answer.rows else 0
    capped = candidates > MAX_RUNS or len(fitting) < len(answer.rows)
    return Cohort(operation, range_, tuple(fitting), capped, answer)


def runs(
    scope: Scope,
    operation: Operation,
    trace_id: str,
    range_: TimeRange,
    version: int | None = None,
) -> Answer:
    """Traces that are runs of the operation, the latest first; not the one of `trace_id`."""
    return reader.read(
        scope,
        "cohort.runs",
        since=range_.since - MARGIN,
        until=range_.until + MARGIN,
        begun_since=range_.since,
        begun_until=range_.until,
        org=operation.org,
        service=operation.service,
        name=operation.name,
        rootless=operation.rootless,
        trace_id=trace_id,
        rows=MAX_RUNS + 1,
        version=version,
    )


def paths(scope: Scope, trace: Trace, cohort: Cohort, version: int | None = None) -> Answer:
    """What this run did on each path, and what its cohort did there and on the paths most take."""
    began = before(trace, 1).until
    return reader.read(
        scope,
        "cohort.paths",
        since=min(cohort.range.since, began) - MARGIN,
        until=max(cohort.range.until, began) + MARGIN,
        org=cohort.operation.org,
        runs=[trace.trace_id, *(run.trace_id for run in cohort.runs)],
        least_runs=least_runs(cohort.runs),
        version=version,
    )


def least_runs(of_runs: Sequence[Run]) -> int:
    """So many runs are most of them."""
    return int(MOST * len(of_runs)) + 1
