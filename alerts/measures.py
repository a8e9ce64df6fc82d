"""Measures: what a rule's condition finds at each instant, one instant or a replay of thousands.

The one idea: an instant T is measured by what lies in [T - window, T) and by nothing else, so that
it does not matter whether it is asked for alone or together with others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from access.scope import Scope
from alerts import anomalies, arrivals, budgets, runs, thresholds
from alerts.errors import MeasureError
from alerts.readings import Measured, Reading
from alerts.rules import (
    Anomaly,
    Budget,
    Failures,
    Heartbeat,
    Labels,
    Rule,
    SqlQuery,
    Staleness,
    Threshold,
)
from queries.errors import QuestionError
from queries.filters import EPOCH, TimeRange

__all__ = ["Course", "MeasureError", "Reading", "course", "instants", "measure", "reach", "unit"]

TOGETHER = timedelta(days=1)
"""How much time is measured by one question, or what it reaches back; a longer replay asks
several."""

MOST_TOGETHER = 1_500
"""Instants measured by one question."""

MOST_BUCKETS = 240
"""Points of a rule's chart."""


def instants(rule: Rule, since: datetime, until: datetime) -> list[datetime]:
    """The instants in [since, until) at which a rule is evaluated: multiples of `every`."""
    first = -((EPOCH - since) // rule.every)
    last = -((EPOCH - until) // rule.every)
    return [EPOCH + rule.every * n for n in range(first, last)]


def measure(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Measured:
    """The readings of each of the instants, which are in order. Raises MeasureError."""
    for some in _together(instants, max(TOGETHER, reach(rule))):
        with _saying():
            yield from _measured(scope, rule, some)


def _measured(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Measured:
    match rule.condition:
        case Threshold():
            return thresholds.measured(scope, rule, rule.condition, instants)
        case Staleness(kind="frozen"):
            return runs.frozen(scope, rule, rule.condition, instants)
        case Staleness(kind="silent"):
            return arrivals.silent(scope, rule, rule.condition, instants)
        case Staleness():
            return arrivals.lagging(scope, rule, rule.condition, instants)
        case Heartbeat():
            return arrivals.missed(scope, rule, rule.condition, instants)
        case Failures():
            return runs.failing(scope, rule, rule.condition, instants)
        case Budget():
            return budgets.measured(scope, rule, rule.condition, instants)
        case Anomaly():
            return anomalies.measured(scope, rule, rule.condition, instants)
        case SqlQuery():
            raise MeasureError("A query is not measured here: it runs in a process of its own.")


def _together(instants: Sequence[datetime], length: timedelta) -> Iterator[Sequence[datetime]]:
    """The instants in portions that one question can answer."""
    start = 0
    for i, instant in enumerate(instants):
        if instant - instants[start] >= length or i - start >= MOST_TOGETHER:
            yield instants[start:i]
            start = i
    if instants:
        yield instants[start:]


@contextmanager
def _saying() -> Iterator[None]:
    """What a question cannot answer is a state of the rule."""
    try:
        yield
    except QuestionError as error:
        raise MeasureError(f"The rule could not be measured: {error}") from error


def unit(rule: Rule) -> str:
    """The unit of the values that a rule's readings have; see `metrics.said`."""
    match rule.condition:
        case Threshold() | Anomaly():
            return thresholds.unit(rule.condition.metric)
        case Budget(measure=what):
            return "usd" if what == "cost" else "count"
        case Staleness(kind="silent" | "lagging") | Heartbeat():
            return "ns"
    return "count" if not isinstance(rule.condition, SqlQuery) else ""


def reach(rule: Rule) -> timedelta:
    """How long before an instant the readings of a rule may begin."""
    match rule.condition:
        case Staleness(kind="frozen") as condition:
            return runs.reach(rule, condition.lasting)
        case Staleness(kind="silent", silent_for=length) | Heartbeat(silent_for=length):
            return arrivals.reach(rule, length)
    return rule.window


# the chart of a rule


@dataclass(frozen=True)
class Course:
    """A rule's values over a range: for each group a value at each of the instants, or None.

    `breached` are the places of the instants at which the condition was met.
    """

    instants: list[datetime]
    values: dict[Labels, list[float | None]]
    breached: dict[Labels, list[int]]
    unit: str


def course(scope: Scope, rule: Rule, range_: TimeRange) -> Course:
    """What the evaluator sees of a rule over a range, at every so many of its instants."""
    found = instants(rule, range_.since, range_.until)
    # counted from the last, which a reader looks at most
    chosen = found[:: -max(1, -(-len(found) // MOST_BUCKETS))][::-1]
    values: dict[Labels, list[float | None]] = {}
    breached: dict[Labels, list[int]] = {}
    for i, (_, readings) in enumerate(measure(scope, rule, chosen)):
        for reading in readings:
            values.setdefault(reading.labels, [None] * len(chosen))[i] = reading.value
            if reading.breached:
                breached.setdefault(reading.labels, []).append(i)
    return Course(chosen, values, breached, unit(rule))
