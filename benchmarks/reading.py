"""Reading: what each page asks, timed beside SQLite's way to the same answer.

The one idea: a case counts only when both sides answer alike; a difference fails the whole run.
Without a baseline, for sizes that SQLite would take hours to load, our side is timed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from access.scope import Scope
from benchmarks import sqlite_questions as sqlite
from benchmarks import table, timing
from benchmarks.answers import DifferenceError, difference
from benchmarks.baseline import Baseline, Row
from benchmarks.stage import DAY, Stage
from benchmarks.table import Line
from benchmarks.timing import Timed
from queries import code, reader, traces, watched
from queries.filters import Cursor, Page, TraceFilters
from queries.search import condition

PAGE = 100
FAR = 50
"""The page that must not cost more than `FAR_RATIO` times the first."""

FAR_RATIO = 1.5
UTC = ZoneInfo("UTC")

EVERYTHING = TraceFilters(DAY)
ERRORS = TraceFilters(DAY, condition("status:error"))
GROUP = TraceFilters(DAY, condition("group:group-3"))
TEXT = TraceFilters(DAY, condition("vector_search"))
NO_HIT = TraceFilters(DAY, condition('"no such process"'))


@dataclass(frozen=True)
class Sides:
    """Whom we answer, whom SQLite answers, and what both are asked for: a far page, a trace."""

    scope: Scope
    table: Baseline | None
    far: Cursor

    @property
    def baseline(self) -> Baseline:
        if self.table is None:
            raise ValueError("There is no baseline in this run.")
        return self.table

    @property
    def trace_id(self) -> str:
        return self.far.trace_id


Ask = Callable[[Sides], list[Row]]


@dataclass(frozen=True)
class Case:
    """One promise: our way to the rows, SQLite's way, and the milliseconds it may take us."""

    name: str
    ours: Ask
    theirs: Ask
    target_ms: float | None = None


def sides(stage: Stage, baseline: Baseline | None) -> Sides:
    """Both sides, and where page `FAR` starts, found as a reader finds it: page by page."""
    cursor: Cursor | None = None
    for _ in range(FAR - 1):
        cursor = traces.search(stage.scope, EVERYTHING, Page(PAGE, after=cursor)).older
    if cursor is None:
        raise ValueError(f"There is no page {FAR}.")
    return Sides(stage.scope, baseline, cursor)


def run(stage: Stage, asked: Sides, cases: Iterable[Case], rounds: int) -> Iterator[Line]:
    """Time the cases one by one. Raises DifferenceError."""
    seconds: dict[str, float] = {}
    for case in cases:
        stage.cool()
        timed = _timed(case, asked, rounds)
        seconds[case.name] = timed.ours
        yield _line(case, timed)
    if {PAGE_1.name, PAGE_FAR.name} <= seconds.keys():
        yield _far_line(seconds[PAGE_FAR.name] / seconds[PAGE_1.name])


def _page(name: str, filters: TraceFilters, *, rare: bool = False) -> Case:
    return Case(
        name,
        lambda asked: traces.search(asked.scope, filters, Page(PAGE)).rows,
        lambda asked: sqlite.spans_after(asked.baseline, filters, None, PAGE, rare=rare),
        100,
    )


def _trace(name: str, *, indexed: bool) -> Case:
    return Case(
        name,
        lambda asked: reader.read(asked.scope, "trace.spans", trace_id=asked.trace_id).rows,
        lambda asked: sqlite.spans_of(asked.baseline, asked.trace_id, indexed=indexed),
        60,
    )


def _count(name: str, filters: TraceFilters) -> Case:
    return Case(
        name,
        lambda asked: [vars(traces.count(asked.scope, filters))],
        lambda asked: sqlite.count(asked.baseline, filters),
    )


PAGE_1 = _page(f"Spans, page 1 of {PAGE} rows", EVERYTHING)
PAGE_FAR = Case(
    f"Spans, page {FAR}",
    lambda asked: traces.search(asked.scope, EVERYTHING, Page(PAGE, after=asked.far)).rows,
    lambda asked: sqlite.spans_after(asked.baseline, EVERYTHING, asked.far, PAGE),
    100,
)
CASES = (
    PAGE_1,
    PAGE_FAR,
    _page("Spans, errors only", ERRORS),
    _page("Spans, one process group", GROUP),
    _page("Spans, process text", TEXT),
    _page("Spans, process text without a hit", NO_HIT, rare=True),
    _trace("One trace by id", indexed=False),
    _trace("One trace by id; SQLite with an index on it", indexed=True),
    Case(
        f"Traces, page 1 of {PAGE} rows",
        lambda asked: traces.search_traces(asked.scope, EVERYTHING, Page(PAGE)).rows,
        lambda asked: sqlite.traces_after(asked.baseline, DAY, PAGE),
    ),
    _count("Count of spans", EVERYTHING),
    _count("Count of spans, process text", TEXT),
    Case(
        "Code Inspector: functions",
        lambda asked: code.functions(asked.scope, DAY).rows,
        lambda asked: sqlite.functions(asked.baseline, DAY),
    ),
    Case(
        "Alerts: stuck variables",
        lambda asked: watched.stuck(asked.scope, DAY).rows,
        lambda asked: sqlite.stuck(asked.baseline, DAY, watched.REPEATS),
    ),
)
"""Everything that is read, in the order of the tabs."""


def _timed(case: Case, asked: Sides, rounds: int) -> Timed:
    answers: list[list[Row]] = []
    cold = timing.once(lambda: answers.append(case.ours(asked)))
    if asked.table is None:
        ours = timing.alone(lambda: case.ours(asked), rounds)
        return Timed(cold, ours, None, answers[0])
    if wrong := difference(answers[0], case.theirs(asked)):
        raise DifferenceError(f"{case.name}: {wrong}.")
    ours, theirs = timing.in_turns(lambda: case.ours(asked), lambda: case.theirs(asked), rounds)
    return Timed(cold, ours, theirs, answers[0])


def _line(case: Case, timed: Timed) -> Line:
    return Line(
        what=case.name,
        ours=table.milliseconds(timed.ours),
        cold=table.milliseconds(timed.cold),
        sqlite=table.milliseconds(timed.theirs) if timed.theirs else "",
        ratio=table.ratio(timed.theirs / timed.ours) if timed.theirs else "",
        target=f"< {case.target_ms:g} ms" if case.target_ms else "",
        met=table.verdict(timed.ours * 1000 < case.target_ms) if case.target_ms else "",
    )


def _far_line(ratio: float) -> Line:
    return Line(
        what=f"Page {FAR} ÷ page 1",
        ours=f"{ratio:.2f}",
        target=f"≤ {FAR_RATIO}",
        met=table.verdict(ratio <= FAR_RATIO),
    )
