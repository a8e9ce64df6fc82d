"""Questions of the Code Inspector: which functions ran, how often, how long and how well.

The one idea: a function is a service and a name, that of `code.function.name` or else of the
operation, and every number about it is a count over exactly the spans that this names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from access.scope import Scope
from queries import reader, rolled
from queries.buckets import Buckets, buckets
from queries.filters import TimeRange
from queries.reader import Answer
from queries.search import term
from queries.snapshot import File

MOST_OWN = 100_000
"""About so many spans, the newest of the range, tell which time is a function's own."""

MOST_EXACT = 1_500_000
"""Spans up to which the list reads each of them, which is as fast; of more it reads rollups."""

MOST_CALLS = 20_000
"""Newest calls whose callers and callees are looked at."""

MOST_KIN = 50
"""Callers and callees that are told, each."""

MOST_FRAMES = 200
"""Ways in which exceptions came about that are told."""

LONGEST_CALL = timedelta(hours=1)
"""How long before a call its caller may have begun, and how long after it its callees."""

_FIRST = datetime(1, 1, 2, tzinfo=UTC)
_LAST = datetime(9999, 12, 30, tzinfo=UTC)
_SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True)
class Function:
    """A function or operation of a service; None stands for any service."""

    name: str
    service: str | None = None

    @property
    def params(self) -> dict[str, Any]:
        return {"function": self.name, "service": self.service}


def spans_of(function: Function, named: int, unnamed: int) -> str:
    """The search for exactly the spans that count as calls: so many tell it as their function,
    so many others only as their operation."""
    parts = [term("service", function.service)] if function.service is not None else []
    own = term("function", function.name)
    other = f"{term('name', function.name)} {term('exists', 'function', exclude=True)}"
    if named and unnamed:
        parts.append(f"({own} OR ({other}))")
    else:
        parts.append(other if unnamed else own)
    return " ".join(parts)


def functions(
    scope: Scope, range_: TimeRange, search: str | None = None, service: str | None = None
) -> Answer:
    """One row per service and function: calls, errors, p50/p95/p99 (ns), the busiest first.

    A span without `code.function.name` counts under its operation's name. Quantiles are exact
    where the spans are few enough to be read, else within 1 %; `source` says which. `functions`
    says how many rows there would be.
    """
    if _rows(scope, range_) > MOST_EXACT:
        return functions_rolled(scope, range_, search, service)
    sought = {"search": _folded(search), "service": service}
    return reader.read(scope, "code.functions", **range_.params, **sought)


def functions_rolled(
    scope: Scope, range_: TimeRange, search: str | None = None, service: str | None = None
) -> Answer:
    """The same from rollups, as far as there are any; quantiles within 1 %."""
    return reader.read(
        scope,
        "code.functions_rolled",
        **rolled.over(range_, grain="function"),
        search=_folded(search),
        service=service,
    )


def before(range_: TimeRange) -> TimeRange | None:
    """The period of the same length right before; None where the calendar ends."""
    begun = range_.since - min(range_.length, range_.since - _FIRST)
    return TimeRange(begun, range_.since) if begun < range_.since else None


@dataclass(frozen=True)
class Own:
    """The share of a function's time that is its own, by (service, function), and since when."""

    shares: dict[tuple[str, str], float]
    range: TimeRange
    whole: bool


def own(scope: Scope, range_: TimeRange) -> Own:
    """Which part of its time a function spends itself: what no child of a call covers.

    Over all spans of the range if there are not too many, else over the newest of them.
    """
    newest = _newest(scope, range_)
    answer = reader.read(scope, "code.own", **newest.params)
    shares = {
        (row["service_name"], row["function"]): row["own_ns"] / row["total_ns"]
        for row in answer
        if row["total_ns"]
    }
    return Own(shares, newest, newest == range_)


def _newest(scope: Scope, range_: TimeRange) -> TimeRange:
    """The end of the range that holds about MOST_OWN spans, if their files are evenly filled."""
    if _rows(scope, range_) <= MOST_OWN:
        return range_
    since, step = range_.since, range_.length
    while (
        step > _SHORTEST and _rows(scope, TimeRange(range_.until - step, range_.until)) > MOST_OWN
    ):
        step /= 2
        since = range_.until - step
    return TimeRange(since, range_.until)


def _rows(scope: Scope, range_: TimeRange) -> float:
    """About how many spans a range has, as if each file were evenly filled; reads none of them."""
    found = reader.the_reader().files(scope, "spans", range_.since, range_.until)
    return sum(file.rows * _inside(file, range_) for file in found.files)


def _inside(file: File, range_: TimeRange) -> float:
    """Which share of a file's time lies in the range."""
    if not file.earliest or not file.latest or file.earliest >= file.latest:
        return 1.0
    inside = min(file.latest, range_.until) - max(file.earliest, range_.since)
    return inside / (file.latest - file.earliest)


def numbers(scope: Scope, range_: TimeRange, function: Function) -> Answer:
    """One row: calls, errors, durations (ns) and memory of a function, now and the period before,
    and its place in the source."""
    return reader.read(scope, "code.numbers", **_with_before(range_), **function.params)


@dataclass(frozen=True)
class History:
    """Calls, errors and p95 (ns; None without calls) for each interval of `buckets`."""

    buckets: Buckets
    calls: list[int]
    errors: list[int]
    p95_ns: list[float | None]


def history(
    scope: Scope, range_: TimeRange, function: Function, offset: timedelta = timedelta()
) -> History:
    """How the numbers went, by whole steps of a clock `offset` ahead of UTC."""
    cut = buckets(range_, offset)
    found = reader.read(scope, "code.history", **range_.params, **cut.params, **function.params)
    at = {row["bucket"]: row for row in found}
    rows = [at.get(i, {"calls": 0, "errors": 0, "p95_ns": None}) for i in range(len(cut))]
    return History(cut, *([row[name] for row in rows] for name in ("calls", "errors", "p95_ns")))


def durations(scope: Scope, range_: TimeRange, function: Function) -> Answer:
    """One row per interval of durations, eight to each power of ten; those without calls lack."""
    return reader.read(scope, "code.durations", **range_.params, **function.params)


def exceptions(scope: Scope, range_: TimeRange, function: Function) -> Answer:
    """One row per type of exception and the frames of its stack trace."""
    return reader.read(
        scope, "code.exceptions", **range_.params, **function.params, rows=MOST_FRAMES
    )


def callers(scope: Scope, range_: TimeRange, function: Function) -> Answer:
    """One row per function that called; without a name where the span above is not stored, and
    `root` where there is none."""
    begun = range_.since - min(LONGEST_CALL, range_.since - _FIRST)
    return reader.read(
        scope,
        "code.callers",
        **_kin(begun, range_.until),
        **function.params,
        begin=range_.since,
    )


def callees(scope: Scope, range_: TimeRange, function: Function) -> Answer:
    """One row per function that was called."""
    ended = range_.until + min(LONGEST_CALL, max(_LAST - range_.until, timedelta()))
    return reader.read(
        scope,
        "code.callees",
        **_kin(range_.since, ended),
        **function.params,
        end=range_.until,
    )


def slowest(scope: Scope, range_: TimeRange, function: Function, top: int = 8) -> Answer:
    """Traces in which one call took longest."""
    return reader.read(scope, "code.slowest", **range_.params, **function.params, top=top)


def failing(scope: Scope, range_: TimeRange, function: Function, top: int = 8) -> Answer:
    """Traces in which it failed, the latest first."""
    return reader.read(scope, "code.failing", **range_.params, **function.params, top=top)


def lines(
    scope: Scope, range_: TimeRange, service: str, file: str, revision: str | None = None
) -> Answer:
    """One row per line of a file that spans name: line, calls, errors, p95_ns, memory_bytes."""
    return reader.read(
        scope, "code.lines", **range_.params, service=service, file=file, revision=revision
    )


def revisions(scope: Scope, range_: TimeRange, function: Function) -> Answer:
    """One row per release that ran, the newest first: `code_revision`, else `service.version`.

    `oldest` may lie in the period before, to which no other number reaches.
    """
    return reader.read(scope, "code.revisions", **_with_before(range_), **function.params)


def _with_before(range_: TimeRange) -> dict[str, datetime]:
    """The range and the period of the same length before it; `begin` is where it begins."""
    earlier = before(range_) or range_
    return {"since": earlier.since, "begin": range_.since, "until": range_.until}


def _kin(since: datetime, until: datetime) -> dict[str, Any]:
    return {"since": since, "until": until, "rows": MOST_CALLS, "top": MOST_KIN}


def _folded(search: str | None) -> str | None:
    return (search or "").strip().lower() or None
