"""Anomalies: a metric away from what it was at the same hour of the weeks before.

The one idea: the median is what to expect and the median distance from it how much to allow, so
that one bad week neither hides the next nor cries for itself. Both say what was expected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

from access.scope import Scope
from alerts import metrics, windows
from alerts.groups import Key
from alerts.metrics import Metric
from alerts.readings import Measured, Reading
from alerts.rules import Anomaly, Direction, Rule
from alerts.thresholds import labels_of
from alerts.windows import Asked, Values
from queries import alerting, reader
from queries.filters import EPOCH, TimeRange
from queries.reader import Reader

HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)

WEEKS: Final = 8
"""Weeks before that are compared with."""

LIKE_NORMAL: Final = 1.4826
"""What makes the median distance of normally distributed numbers their standard deviation."""

LEAST: Final = 0.05
"""Share of the median that is allowed for, however alike the weeks were."""

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Expected:
    """What a metric is at an hour of the week: the median, and how far it usually is from it."""

    median: float
    deviation: float
    weeks: int

    def away(self, value: float) -> float:
        """How many deviations a value is from the median; below it they are negative."""
        distance = value - self.median
        if not distance:
            return 0.0
        return distance / self.deviation if self.deviation else distance * float("inf")

    def range(self, sensitivity: float) -> tuple[float, float]:
        far = sensitivity * self.deviation
        return self.median - far, self.median + far


def expected(samples: Mapping[datetime, float]) -> Expected | None:
    """What to expect after these values of the weeks before, by their times; None without any."""
    if not samples:
        return None
    values = list(samples.values())
    middle = median(values)
    distance = median(abs(value - middle) for value in values)
    weeks = len({(moment - EPOCH) // WEEK for moment in samples})
    return Expected(middle, max(LIKE_NORMAL * distance, LEAST * abs(middle)), weeks)


def is_away(away: float, sensitivity: float, direction: Direction) -> bool:
    """Whether a value is further away than is allowed for, in a direction that matters."""
    above = away > sensitivity and direction != "below"
    below = away < -sensitivity and direction != "above"
    return above or below


def hour_of(instant: datetime) -> datetime:
    """The beginning of the hour that ends with an instant, or in which it lies."""
    return EPOCH + (instant - EPOCH - timedelta.resolution) // HOUR * HOUR


def sample_instants(hour: datetime, window: timedelta) -> list[datetime]:
    """Instants in the same hour of the weeks before, a window apart: the last weeks first."""
    step = min(max(window, timedelta(minutes=5)), HOUR)
    ends = [hour + step * (i + 1) for i in range(HOUR // step)]
    return [end - WEEK * weeks for weeks in range(1, WEEKS + 1) for end in ends]


def measured(
    scope: Scope, rule: Rule, condition: Anomaly, instants: Sequence[datetime]
) -> Measured:
    """A reading for each group with a value in the window, against its weeks before."""
    asked = Asked(
        metrics.find(condition.metric),
        condition.by,
        windows.condition(rule.search),
        rule.window,
    )
    history = _history(scope, asked, {hour_of(instant) for instant in instants})
    for instant, values in windows.values(scope, asked, instants):
        known = history[hour_of(instant)]
        yield (
            instant,
            [
                _reading(rule, condition, asked.metric, key, value, known.get(key), instant)
                for key, value in values.items()
            ],
        )


# what to expect


Known = dict[Key, Expected]


def _history(scope: Scope, asked: Asked, hours: set[datetime]) -> dict[datetime, Known]:
    """What to expect in each of the hours. That of one hour is kept, because the evaluator asks
    for it again and again and the weeks before are over."""
    if len(hours) > 1:
        return _expected(scope, asked, hours)
    (hour,) = hours
    kept = _kept.setdefault(reader.the_reader(), _Kept())
    key = (scope.orgs, asked, hour)
    known = kept.get(key)
    if known is None:
        known = _expected(scope, asked, hours)[hour]
        kept.put(key, known)
    return {hour: known}


def _expected(scope: Scope, asked: Asked, hours: set[datetime]) -> dict[datetime, Known]:
    wanted = {hour: sample_instants(hour, asked.window) for hour in hours}
    every = sorted({instant for some in wanted.values() for instant in some})
    values: dict[datetime, Values] = {}
    for some in _adjacent(every):
        values.update(windows.values(scope, asked, some))
    found = {}
    for hour, some in wanted.items():
        began = _began(scope, asked, hour)
        samples: dict[Key, dict[datetime, float]] = defaultdict(dict)
        for instant in some:
            if began is None or instant - asked.window >= began:
                for key, value in values[instant].items():
                    samples[key][instant] = value
        found[hour] = {
            key: each for key, own in samples.items() if (each := expected(own)) is not None
        }
    return found


def _began(scope: Scope, asked: Asked, hour: datetime) -> datetime | None:
    """Since when no spans mean that nothing happened; before, nothing was sent yet."""
    if not asked.metric.adds_up:
        return None
    range_ = TimeRange(hour - WEEK * WEEKS - asked.window, hour + HOUR)
    began: datetime | None = alerting.began(scope, range_).one["began"]
    return began or range_.until


def _adjacent(instants: Iterable[datetime]) -> list[list[datetime]]:
    """Instants that lie near each other, up to a day, together."""
    found: list[list[datetime]] = []
    for instant in instants:
        if found and instant - found[-1][-1] <= HOUR and instant - found[-1][0] <= 24 * HOUR:
            found[-1].append(instant)
        else:
            found.append([instant])
    return found


class _Kept:
    """What was expected in the hours asked for last; hours that are over no longer change."""

    def __init__(self, most: int = 5_000) -> None:
        self._found: dict[tuple[frozenset[str], Asked, datetime], Known] = {}
        self._most = most
        self._lock = Lock()

    def get(self, key: tuple[frozenset[str], Asked, datetime]) -> Known | None:
        with self._lock:
            return self._found.get(key)

    def put(self, key: tuple[frozenset[str], Asked, datetime], known: Known) -> None:
        with self._lock:
            while len(self._found) >= self._most:
                self._found.pop(next(iter(self._found)))
            self._found[key] = known


_kept: WeakKeyDictionary[Reader, _Kept] = WeakKeyDictionary()


# what is said


def _reading(
    rule: Rule,
    condition: Anomaly,
    metric: Metric,
    key: Key,
    value: float,
    known: Expected | None,
    instant: datetime,
) -> Reading:
    enough = known is not None and known.weeks >= condition.minimum_weeks
    away = known.away(value) if known and enough else 0.0
    breached = is_away(away, condition.sensitivity, condition.direction)
    return Reading(
        labels=labels_of(condition.by, key),
        value=value,
        breached=breached,
        recovered=not breached,
        text=_said(condition, metric, value, known, instant, away),
        since=instant - rule.window,
        until=instant,
    )


def _said(
    condition: Anomaly,
    metric: Metric,
    value: float,
    known: Expected | None,
    instant: datetime,
    away: float,
) -> str:
    """Such as `p95 812 ms, expected 210 ms to 340 ms (median 275 ms of Mondays 14–15 h UTC, …)`."""
    now = f"{metric.says} {metrics.said(value, metric.unit)}"
    weeks = known.weeks if known else 0
    if known is None or weeks < condition.minimum_weeks:
        return f"{now}; learning: {weeks} of {condition.minimum_weeks} weeks are known"
    low, high = known.range(condition.sensitivity)
    if metric.unit and known.median >= 0:
        low = max(0.0, low)
    hour = hour_of(instant)
    when = f"{_DAYS[hour.weekday()]}s {hour.hour}–{hour.hour + 1} h UTC"
    return (
        f"{now}, expected {metrics.said(low, metric.unit)} to {metrics.said(high, metric.unit)} "
        f"(median {metrics.said(known.median, metric.unit)} of {weeks} {when}; "
        f"{abs(away):.1f} deviations {'above' if away > 0 else 'below'})"
    )
