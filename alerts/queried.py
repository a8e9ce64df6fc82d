"""What the evaluator asks: a rule's own SQL in its sandbox, every other rule by its measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from access.scope import Scope
from alerts import measures, metrics, sandbox
from alerts.errors import MeasureError, Refused
from alerts.readings import Measured, Reading
from alerts.rules import Labels, Rule, SqlQuery
from alerts.thresholds import meets, recovered


def measure(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Measured:
    """The readings of each of the instants, which are in order. Raises MeasureError."""
    if isinstance(rule.condition, SqlQuery):
        return _queried(scope, rule, rule.condition, instants)
    return measures.measure(scope, rule, instants)


def _queried(
    scope: Scope, rule: Rule, condition: SqlQuery, instants: Sequence[datetime]
) -> Iterator[tuple[datetime, list[Reading]]]:
    for at in instants:
        since = at - rule.window
        try:
            groups = sandbox.run(scope, condition.sql, since, at).groups
        except Refused as error:
            raise MeasureError(str(error)) from error
        yield at, [_reading(condition, labels, value, since, at) for labels, value in groups]


def _reading(
    condition: SqlQuery, labels: Labels, value: float | None, since: datetime, until: datetime
) -> Reading:
    breached = value is not None and meets(value, condition.comparator, condition.limit)
    healthy = value is None or recovered(
        value, condition.comparator, condition.limit, condition.recovery
    )
    shown = "nothing" if value is None else metrics.said(value, "")
    text = f"The query says {shown}, the limit is {condition.comparator} {condition.limit:g}"
    return Reading(labels, value, breached, healthy, text, since, until)
