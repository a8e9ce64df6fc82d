"""Questions of the Overview: how an org is doing in a time range, at a glance.

The one idea: numbers over time come from sums that exist already; what needs the spans themselves
reads them from the newest end and stops early, and its answer says how far it has come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from access.scope import Scope
from queries import reader
from queries.buckets import Buckets, buckets
from queries.explore import Cell, Heatmap
from queries.filters import EPOCH, TimeRange
from queries.reader import Answer, Row
from queries.rolled import DAY, HOUR, MINUTE, over
from telemetry.grains import QUARTER_HOUR
from telemetry.schema import SPANS

WEEK = timedelta(days=7)

MOST_NAMES = 2_000
"""Services, groups and models of a summary, each."""

MOST_ERRORS = 5_000
"""Newest error spans among which root causes are looked for."""

MOST_ROOTS = 2_000
"""Newest traces among which the slowest are looked for."""

SLOWEST = 100
"""Traces whose time is told apart by operation."""

LONGEST_TRACE = timedelta(hours=1)
"""How long after its root a trace's spans are looked for."""

RECENT = timedelta(days=14)
"""How far back the newest span is looked for."""

_SHARES = (256, 64, 16, 4, 1)


def totals(scope: Scope, range_: TimeRange) -> Answer:
    """One row: spans, errors, traces, agents, quantiles of duration (ns) and the newest start."""
    return reader.read(scope, "overview.totals", **over(range_, grain="agent"))


def summary(scope: Scope, range_: TimeRange) -> Answer:
    """One row per service, process group and model, told apart by `grain`; p95 (ns) of services.

    It is asked once for all panels that show a part of it.
    """
    return reader.read(scope, "overview.summary", **over(range_, grain="service"), most=MOST_NAMES)


def _of(summed: Answer, grain: str, name: str, *columns: str) -> Answer:
    """Some columns of the rows of one grain, the busiest first."""
    rows = [row for row in summed if row["grain"] == grain]
    kept = [{name: row["name"], **{column: row[column] for column in columns}} for row in rows]
    return replace(summed, rows=kept)


@dataclass(frozen=True)
class Course:
    """Numbers of each of the buckets, empty ones included; quantiles (ns) are p50, p95 and p99,
    None where nothing has a duration."""

    buckets: Buckets
    spans: list[int]
    errors: list[int]
    traces: list[int]
    agents: list[int]
    quantiles_ns: list[list[float] | None]
    answer: Answer


def course(scope: Scope, range_: TimeRange) -> Course:
    """How the numbers went over the range, by whole steps of the clock in UTC."""
    cut = buckets(range_)
    answer = reader.read(scope, "overview.course", **over(range_, cut.step, "agent"), **cut.params)
    at = {row["bucket"]: row for row in answer}
    rows = [at.get(i, _NOTHING) for i in range(len(cut))]
    return Course(
        cut,
        spans=[row["spans"] for row in rows],
        errors=[row["errors"] for row in rows],
        traces=[row["traces"] for row in rows],
        agents=[row["agents"] for row in rows],
        quantiles_ns=[row["quantiles_ns"] for row in rows],
        answer=answer,
    )


_NOTHING: Row = {"spans": 0, "errors": 0, "traces": 0, "agents": 0, "quantiles_ns": None}


@dataclass(frozen=True)
class Spent:
    """What calls of models took; `tokens` and `cost_usd` have a number for each bucket."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float
    tokens_over: list[int]
    cost_over: list[float]


def spent(scope: Scope, range_: TimeRange) -> Spent:
    """Tokens and cost of model calls, as reported."""
    cut = buckets(range_)
    answer = reader.read(scope, "overview.spent", **over(range_, cut.step), **cut.params)
    at = {row["bucket"]: row for row in answer}
    return Spent(
        calls=sum(row["calls"] for row in answer),
        input_tokens=sum(row["input_tokens"] for row in answer),
        output_tokens=sum(row["output_tokens"] for row in answer),
        cost_usd=sum(row["cost_usd"] for row in answer),
        tokens_over=[
            at[i]["input_tokens"] + at[i]["output_tokens"] if i in at else 0
            for i in range(len(cut))
        ],
        cost_over=[at[i]["cost_usd"] if i in at else 0.0 for i in range(len(cut))],
    )


def earlier(range_: TimeRange) -> dict[str, TimeRange]:
    """The ranges that a range is compared with, by what they are called: the same time a day and a
    week before, or the one just before it when these would overlap.

    The first two begin on the minute, those of half a day and more on the quarter of an hour, so
    that what is compared with is summed already, and stays the same for that long.
    """
    by = {"a day earlier": DAY, "a week earlier": WEEK}
    fitting = {word: back for word, back in by.items() if range_.length <= back}
    if not fitting:
        since, until = range_.since - range_.length, range_.since
        return {"the time before": TimeRange(since, until)}
    step = QUARTER_HOUR if range_.length >= DAY / 2 else MINUTE if range_.length >= HOUR else None
    begun = (range_.since - EPOCH) % step if step else timedelta()
    return {
        word: TimeRange(range_.since - back - begun, range_.until - back - begun)
        for word, back in fitting.items()
    }


def newest(scope: Scope, now: datetime) -> datetime | None:
    """When the newest span of the last days started; spans dated in the future say nothing."""
    files = reader.the_reader().files(scope, SPANS.name, now - RECENT, now).files
    known = max((f.latest for f in files if f.latest and f.latest < now), default=now - RECENT)
    found: datetime | None = known if known >= now - RECENT and known != now - RECENT else None
    if any(f.latest is None or f.latest >= now for f in files):
        row = reader.read(scope, "overview.newest", since=known, until=now).one
        found = row["newest"] or found
    return found


def groups(scope: Scope, range_: TimeRange) -> Answer:
    """One row per process group: spans and errors, the busiest first; `known` is how many there
    are, and `known_spans` how many spans these have."""
    columns = ("spans", "errors", "known", "known_spans")
    return _of(summary(scope, range_), "group", "process_group", *columns)


def services(scope: Scope, range_: TimeRange) -> Answer:
    """One row per service: spans, errors, p95 (ns) and the newest start, the busiest first."""
    columns = ("spans", "errors", "p95_ns", "newest")
    return _of(summary(scope, range_), "service", "service_name", *columns)


def models(scope: Scope, range_: TimeRange) -> Answer:
    """One row per model: calls, tokens and cost (USD), the dearest first; model calls only."""
    columns = ("calls", "input_tokens", "output_tokens", "cost_usd")
    found = _of(summary(scope, range_), "model", "model", *columns)
    called = [row for row in found if row["calls"]]
    return replace(found, rows=sorted(called, key=_dearest))


def _dearest(row: Row) -> tuple[float, int, str]:
    return -(row["cost_usd"] if row["cost_usd"] is not None else -1), -row["calls"], row["model"]


def operations(scope: Scope, range_: TimeRange, top: int = 10) -> Answer:
    """The `top` busiest operations of services; `known` is how many there are."""
    return reader.read(scope, "overview.operations", **over(range_, grain="operation"), top=top)


def slowest(scope: Scope, range_: TimeRange, top: int = 10) -> Answer:
    """The `top` operations of services whose p95 is longest; `known` is how many there are."""
    return reader.read(scope, "overview.slowest", **over(range_, grain="operation"), top=top)


@dataclass(frozen=True)
class Raised:
    """An exception: how often, and when first and last in the range; `over` has a number for each
    bucket. Errors that name no exception are told together, as None."""

    exception: str | None
    spans: int
    services: int
    first: datetime | None
    last: datetime | None
    over: list[int]


def exceptions(scope: Scope, range_: TimeRange, top: int = 10) -> tuple[list[Raised], int]:
    """The `top` most frequent exceptions, and how many kinds there are."""
    cut = buckets(range_)
    answer = reader.read(
        scope, "overview.exceptions", **over(range_, cut.step, "exception"), **cut.params, top=top
    )
    return [_raised(row, len(cut)) for row in answer], answer.rows[0]["known"] if answer else 0


def _raised(row: Row, length: int) -> Raised:
    over = [0] * length
    for part in row["over"]:
        over[part["bucket"]] += part["spans"]
    return Raised(
        row["exception_type"], row["spans"], row["services"], row["first"], row["last"], over
    )


def heat(scope: Scope, range_: TimeRange) -> Heatmap:
    """Spans by time and duration, like `explore.heatmap`, but without errors."""
    cut = buckets(range_)
    answer = reader.read(scope, "overview.heat", **over(range_, cut.step), **cut.params)
    return Heatmap(cut, [Cell(**row, errors=0) for row in answer], answer)


def releases(scope: Scope, range_: TimeRange) -> Answer:
    """One row per release of a service that was first seen in the range, oldest first.

    The first release that a service ever showed, from a day before the range on, is no change.
    """
    return reader.read(
        scope,
        "overview.releases",
        **over(TimeRange(range_.since - DAY, range_.until), grain="release"),
        begun_since=range_.since,
    )


def last_errors(scope: Scope, range_: TimeRange, rows: int = 10) -> Answer:
    """The newest error spans."""

    def newest(since: datetime) -> Answer:
        return reader.read(
            scope, "overview.last_errors", since=since, until=range_.until, rows=rows
        )

    return _widened(range_, newest, rows)[0]


@dataclass(frozen=True)
class Causes:
    """Root causes among the `errors` newest error spans, which begin at `since`; `whole` says
    that these are all."""

    rows: list[Row]
    errors: int
    since: datetime
    whole: bool


def root_causes(scope: Scope, range_: TimeRange, most: int = MOST_ERRORS) -> Causes:
    """Error spans none of whose children are errors, by operation and exception."""

    def newest(since: datetime) -> Answer:
        return reader.read(
            scope, "overview.root_causes", since=since, until=range_.until, rows=most
        )

    answer, since = _widened(range_, newest, most, lambda a: a.rows[0]["errors"] if a else 0)
    errors = answer.rows[0]["errors"] if answer else 0
    whole = since == range_.since and errors < most
    return Causes(answer.rows, errors, answer.rows[0]["since"] if answer else since, whole)


@dataclass(frozen=True)
class SelfTimes:
    """Operations by the time of the slowest traces that was their own; `slowest` of the `traces`
    newest traces, which begin at `since`."""

    rows: list[Row]
    slowest: int
    traces: int
    since: datetime | None


def self_times(scope: Scope, range_: TimeRange, top: int = 10) -> SelfTimes:
    """Where the slowest of the newest traces spend their time."""

    def newest(since: datetime) -> Answer:
        return slow_roots(scope, TimeRange(since, range_.until))

    found, _ = _widened(range_, newest, MOST_ROOTS, lambda a: a.rows[0]["traces"] if a else 0)
    if not found.rows:
        return SelfTimes([], 0, 0, None)
    answer = own_times(scope, found.rows, top)
    row = found.rows[0]
    return SelfTimes(answer.rows, len(found), row["traces"], row["since"])


def slow_roots(scope: Scope, range_: TimeRange) -> Answer:
    """One row per root span among the slowest of the newest."""
    return reader.read(scope, "overview.slow_roots", **range_.params, rows=MOST_ROOTS, top=SLOWEST)


def own_times(scope: Scope, roots: Sequence[Row], top: int) -> Answer:
    """One row per operation in the traces of some root spans: its own time there."""
    return reader.read(
        scope,
        "overview.own_times",
        since=min(row["start_time"] for row in roots),
        until=max(row["start_time"] for row in roots) + LONGEST_TRACE,
        trace_ids=[bytes.fromhex(row["trace_id"]) for row in roots],
        top=top,
    )


def _widened(
    range_: TimeRange,
    ask: Callable[[datetime], Answer],
    enough: int,
    found: Callable[[Answer], int] = len,
) -> tuple[Answer, datetime]:
    """The answer of the narrowest window at the newest end that holds enough, else of all; and
    where that window begins."""
    for share in _SHARES:
        since = range_.until - range_.length / share if share > 1 else range_.since
        answer = ask(since)
        if found(answer) >= enough:
            break
    return answer, since


def orgs(scope: Scope, range_: TimeRange) -> Answer:
    """One row per org of the scope: spans, errors and p95 (ns), the highest error rate first."""
    return reader.read(scope, "overview.orgs", **over(range_))
