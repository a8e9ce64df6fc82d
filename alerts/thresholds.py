"""Thresholds: a metric against a limit, and against another one to have recovered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from access.scope import Scope
from alerts import metrics, windows
from alerts.readings import Measured, Reading
from alerts.rules import Comparator, Labels, Rule, Threshold
from alerts.windows import Asked

_WORDS: dict[Comparator, tuple[str, str]] = {
    ">": ("above", "not above"),
    ">=": ("at least", "below"),
    "<": ("below", "not below"),
    "<=": ("at most", "above"),
}


def unit(metric: str) -> str:
    return metrics.find(metric).unit


def meets(value: float, comparator: Comparator, limit: float) -> bool:
    """Whether a value stands to a limit as the comparator says."""
    match comparator:
        case ">":
            return value > limit
        case ">=":
            return value >= limit
        case "<":
            return value < limit
        case "<=":
            return value <= limit


def recovered(value: float, comparator: Comparator, limit: float, recovery: float | None) -> bool:
    """Whether a value is on the good side of the limit, or of the one for recovery."""
    if meets(value, comparator, limit):
        return False
    return recovery is None or value == recovery or not meets(value, comparator, recovery)


def measured(
    scope: Scope, rule: Rule, condition: Threshold, instants: Sequence[datetime]
) -> Measured:
    """A reading for each group with a value in the window."""
    metric = metrics.find(condition.metric)
    asked = Asked(metric, condition.by, windows.condition(rule.search), rule.window)
    for instant, values in windows.values(scope, asked, instants):
        yield (
            instant,
            [
                _reading(rule, condition, labels_of(condition.by, key), value, instant)
                for key, value in values.items()
            ],
        )


def labels_of(by: Sequence[str], key: Sequence[str]) -> Labels:
    return tuple(sorted(zip(by, key, strict=True)))


def _reading(
    rule: Rule, condition: Threshold, labels: Labels, value: float, instant: datetime
) -> Reading:
    breached = meets(value, condition.comparator, condition.limit)
    return Reading(
        labels=labels,
        value=value,
        breached=breached,
        recovered=recovered(value, condition.comparator, condition.limit, condition.recovery),
        text=said(condition, value, breached),
        since=instant - rule.window,
        until=instant,
    )


def said(condition: Threshold, value: float, breached: bool) -> str:
    """Such as `p95 812 ms, above 500 ms`."""
    metric = metrics.find(condition.metric)
    word = _WORDS[condition.comparator][0 if breached else 1]
    limit = metrics.said(condition.limit, metric.unit)
    return f"{metric.says} {metrics.said(value, metric.unit)}, {word} {limit}"
