"""Questions of alerting: what rules measure, in steps of time, and how fresh variables are.

The one idea: a question cuts its range into equal steps and gives what adds up, so that an
evaluation now and a replay of weeks are made of the same parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from threading import Lock
from typing import Any

import pyarrow as pa

from access.scope import Scope
from queries import reader
from queries.fields import Attribute, Field, find
from queries.filters import EPOCH, EVERY_SPAN, Condition, TimeRange
from queries.reader import Answer
from queries.rolled import over

MOST = 4_000_000
"""Parts that one question may give."""

MOST_SHARED = 10_000
"""Parts of an answer that is kept for the next one who asks the same."""

MOST_NAMES = 5_000
MOST_VARIABLES = 2_000
MOST_READINGS = 5_000

GRAINS = {
    (): "all",
    ("service",): "service",
    ("group",): "group",
    ("subsystem",): "subsystem",
    ("agent",): "agent",
    ("model",): "model",
}
"""What rollups of minutes are by: the groups of a rule → the grain."""

GROUPING = (
    "service",
    "group",
    "agent",
    "agent.id",
    "fleet",
    "task",
    "run",
    "session",
    "user",
    "subsystem",
    "version",
    "name",
    "model",
    "provider",
    "operation",
    "exception",
    "function",
    "revision",
    "http.route",
)
"""Keys of the search language that rules may group by, beside attributes."""

POINT_KEYS = frozenset(GROUPING[:11])
"""Those of them that metric points have too."""

MOST_GROUPINGS = 3

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Steps:
    """Equal steps of `step_us` that a range is cut into, counted from its beginning."""

    range: TimeRange
    step_us: int

    @property
    def params(self) -> dict[str, Any]:
        origin = (self.range.since - EPOCH) // _MICROSECOND
        return {"origin_us": origin, "step_us": self.step_us}

    @property
    def is_one(self) -> bool:
        """Whether the whole range is one step."""
        return self.step_us * _MICROSECOND >= self.range.length

    def slot(self, moment: datetime) -> int:
        """Steps from the beginning to a moment."""
        return (moment - self.range.since) // _MICROSECOND // self.step_us


@dataclass(frozen=True)
class Watched:
    """Watched variables: globs of process and name, and what their spans must meet."""

    process: str | None = None
    data: str | None = None
    condition: Condition = EVERY_SPAN

    @property
    def params(self) -> dict[str, Any]:
        return {
            "process": self.process,
            "data": self.data,
            "condition": self.condition,
            # a search speaks of spans, so gauges are left out of one
            "gauges": self.condition == EVERY_SPAN,
        }


@dataclass(frozen=True)
class Repeats:
    """What counts as a repeat: how near two values are, and which may come as often as they like.

    The ignored ones may only between two times of day in `zone`, when these are given.
    """

    tolerance: float = 0.0
    ignored: tuple[str, ...] = ()
    ignore_from: time | None = None
    ignore_until: time | None = None
    zone: str = "UTC"

    @property
    def params(self) -> dict[str, Any]:
        return {
            "tolerance": self.tolerance,
            "ignored": list(self.ignored),
            "ignore_from": self.ignore_from,
            "ignore_until": self.ignore_until,
            "zone": self.zone,
        }


def counted(
    scope: Scope,
    steps: Steps,
    by: Sequence[str],
    condition: Condition,
    *,
    timed: bool,
    tokens: bool,
) -> pa.Table:
    """One row per group, step and bucket of durations; `timed` and `tokens` say what is read."""
    return _table(
        scope,
        "alerting.counted",
        steps,
        **_grouped(by),
        condition=condition,
        timed=timed,
        tokens=tokens,
    )


def rolled(scope: Scope, steps: Steps, by: Sequence[str], *, timed: bool) -> pa.Table:
    """The same from rollups, for groups of GRAINS, steps of whole minutes and every span.

    Which of the roots failed is not known there. Steps must begin at multiples of themselves,
    unless there is only one.
    """
    step = None if steps.is_one else steps.step_us * _MICROSECOND
    grain = GRAINS[tuple(by)]
    return _table(
        scope,
        "alerting.rolled",
        steps,
        grain=grain,
        by0=next(iter(by), None),
        timed=timed,
        rolled=over(steps.range, step, grain)["rolled"],
    )


def points(
    scope: Scope,
    steps: Steps,
    names: Sequence[str],
    by: Sequence[str],
    condition: Condition,
    *,
    share: bool,
) -> pa.Table:
    """One row per group and step: points and watched variables of these names together.

    With `share` the values are shares of 1: those told in percent are divided, those in another
    unit left out.
    """
    return _table(
        scope,
        "alerting.points",
        steps,
        before=timedelta(hours=1),
        **_grouped(by),
        named=list(names),
        condition=condition,
        share=share,
    )


def runs(scope: Scope, steps: Steps, watched: Watched, repeats: Repeats) -> pa.Table:
    """One row per variable, run of equal values and step; runs of ignored values do not count."""
    return _table(scope, "alerting.runs", steps, **watched.params, **repeats.params)


def heard(scope: Scope, steps: Steps, watched: Watched) -> pa.Table:
    """One row per variable and step: its latest reading."""
    return _table(scope, "alerting.heard", steps, **watched.params)


def lags(scope: Scope, steps: Steps, watched: Watched, reach: timedelta) -> pa.Table:
    """One row per variable and step of arrival: the least lag of what is up to `reach` late."""
    range_ = steps.range
    files = TimeRange(range_.since - reach, range_.until + reach)
    return _table(
        scope,
        "alerting.lags",
        Steps(files, steps.step_us),
        **steps.params,
        **watched.params,
        oldest=files.since,
        newest=files.until,
        arrived_since=range_.since,
        arrived_until=range_.until,
    )


def seen(
    scope: Scope, steps: Steps, *, agents: bool, pattern: str | None, condition: Condition
) -> pa.Table:
    """One row per agent or service and step: when it was last seen, by spans, logs or metrics."""
    return _table(
        scope,
        "alerting.seen",
        steps,
        agents=agents,
        pattern=pattern,
        condition=condition,
        everything=condition == EVERY_SPAN,
    )


def failed(scope: Scope, steps: Steps, service: str, condition: Condition) -> pa.Table:
    """One row per called service, run of calls that failed or did not, and step."""
    return _table(scope, "alerting.failed", steps, service=service, condition=condition)


def names(scope: Scope, range_: TimeRange) -> Answer:
    """One row per metric or watched variable with numbers: name, unit and kind."""
    return reader.read(scope, "alerting.names", **range_.params, rows=MOST_NAMES)


def began(scope: Scope, range_: TimeRange) -> Answer:
    """One row: the start of the earliest span of the range, or None."""
    return reader.read(scope, "alerting.began", **range_.params)


def board(
    scope: Scope, range_: TimeRange, watched: Watched | None = None, most: int = MOST_VARIABLES
) -> Answer:
    """One row per watched variable: present value, run, cadence and lag; the last read first."""
    return reader.read(
        scope, "alerting.board", **range_.params, **(watched or Watched()).params, rows=most
    )


def readings(
    scope: Scope,
    range_: TimeRange,
    service: str,
    process: str,
    data: str,
    series: str = "",
    most: int = MOST_READINGS,
) -> Answer:
    """One row per reading of one variable, the newest first; `readings` is how many there are."""
    return reader.read(
        scope,
        "alerting.readings",
        **range_.params,
        service=service,
        process=process,
        data=data,
        series=series,
        rows=most,
    )


class Sharing:
    """Answers of one moment, so that rules that ask the same ask it once, in whatever thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[str, Future[pa.Table]] = {}

    def answer(self, key: str, ask: Callable[[], pa.Table]) -> pa.Table:
        with self._lock:
            first = key not in self._answers
            answer = self._answers.setdefault(key, Future())
        if first:
            try:
                answer.set_result(ask())
            except BaseException as error:
                answer.set_exception(error)
        if len(found := answer.result()) > MOST_SHARED:
            with self._lock:
                self._answers.pop(key, None)
        return found


_sharing: ContextVar[Sharing | None] = ContextVar("sharing", default=None)


@contextmanager
def sharing(answers: Sharing) -> Iterator[None]:
    """Ask nothing again in this block that was asked under the same `answers`."""
    token = _sharing.set(answers)
    try:
        yield
    finally:
        _sharing.reset(token)


def _table(scope: Scope, question: str, steps: Steps, **params: Any) -> pa.Table:
    answers = _sharing.get()
    if answers is None:
        return _read(scope, question, steps, **params)
    key = repr((sorted(scope.orgs), question, steps, sorted(params.items())))
    return answers.answer(key, lambda: _read(scope, question, steps, **params))


def _read(scope: Scope, question: str, steps: Steps, **params: Any) -> pa.Table:
    since = steps.range.since - params.pop("before", timedelta())
    return reader.the_reader().table(
        scope,
        question,
        max_rows=MOST,
        few=steps.is_one,
        **({"since": since, "until": steps.range.until} | steps.params | params),
    )


def _grouped(by: Sequence[str]) -> dict[str, Any]:
    """`$by0`, `$key0` and so on for the keys of a grouping."""
    bound: dict[str, Any] = {}
    for i in range(MOST_GROUPINGS):
        field = find(by[i]) if i < len(by) else None
        bound[f"by{i}"] = (
            field.column
            if isinstance(field, Attribute)
            else field.key
            if isinstance(field, Field)
            else None
        )
        bound[f"key{i}"] = field.name if isinstance(field, Attribute) else None
    return bound
