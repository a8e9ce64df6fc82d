"""Trials: a draft of a rule over the past, what it measured and what it would have done.

The one idea: one walk gives both. It is the time machine's, and the values are noted on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from access.scope import Scope
from alerts import measures, queried, silences
from alerts.judging import Measuring, Muting
from alerts.readings import Measured, Reading
from alerts.replay import LAG, Replay, replay
from alerts.rules import Labels, Rule, SqlQuery, Threshold
from queries.filters import TimeRange
from records.store import Records

COLUMNS: Final = 240
"""Points of a chart from left to right."""

MOST_INSTANTS: Final = 150_000
QUERIED: Final = 12
"""Instants at which a rule in SQL is tried: each is a process of its own."""

Watch = Callable[[datetime], None]
"""Told of every instant that is measured; may raise to stop the trial."""


@dataclass(frozen=True)
class Trial:
    """What a rule would have done in `range`, and the values it would have seen.

    `values` has for each group the most telling value in each of `columns`, which are equal parts
    of the range.
    """

    rule: Rule
    range: TimeRange
    replay: Replay
    values: dict[Labels, list[float | None]]
    unit: str

    @property
    def columns(self) -> list[datetime]:
        """When each column begins."""
        return [self.range.since + self.range.length * i / COLUMNS for i in range(COLUMNS)]


def trial(
    scope: Scope,
    rule: Rule,
    range_: TimeRange,
    muting: Muting,
    *,
    lag: timedelta = LAG,
    watch: Watch | None = None,
    measure: Measuring = queried.measure,
) -> Trial:
    """Try the rule over the range, beginning as a new rule. See `stretch` for what can be tried."""
    noted = _Noted(range_, _falls(rule))

    def noting(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Measured:
        return noted.noting(measure(scope, rule, instants), watch)

    done = replay(scope, rule, range_.since, range_.until, muting, measure=noting, lag=lag)
    return Trial(rule, range_, done, noted.values, measures.unit(rule))


def stretch(rule: Rule, range_: TimeRange, most: int = MOST_INSTANTS) -> TimeRange:
    """The part of the range, up to its end, over which the rule can be tried."""
    most = QUERIED if isinstance(rule.condition, SqlQuery) else most
    return TimeRange(max(range_.since, range_.until - most * rule.every), range_.until)


def muting_of(records: Records, scope: Scope, range_: TimeRange) -> Muting:
    """How the silences of the scope's one org would have muted, as they stand now."""
    with records.reading() as session:
        return silences.muting(
            silences.between(session, scope.orgs, range_.since, range_.until + LAG)
        )


def _falls(rule: Rule) -> bool:
    """Whether low values are the telling ones."""
    condition = rule.condition
    return isinstance(condition, Threshold | SqlQuery) and condition.comparator in ("<", "<=")


@dataclass
class _Noted:
    """The values of a walk by group and column."""

    range: TimeRange
    falls: bool
    values: dict[Labels, list[float | None]] = field(default_factory=dict)

    def noting(self, measured: Iterable[_At], watch: Watch | None) -> Iterator[_At]:
        """The same readings; their values are kept on the way."""
        for at, readings in measured:
            if watch:
                watch(at)
            column = int((at - self.range.since) / self.range.length * COLUMNS)
            for reading in readings:
                self._note(reading, min(column, COLUMNS - 1))
            yield at, readings

    def _note(self, reading: Reading, column: int) -> None:
        if reading.value is None:
            return
        values = self.values.setdefault(reading.labels, [None] * COLUMNS)
        before = values[column]
        pick = min if self.falls else max
        values[column] = reading.value if before is None else pick(before, reading.value)


_At = tuple[datetime, list[Reading]]


# incidents


@dataclass(frozen=True)
class Incident:
    """From firing to resolved; `ended` is None when it went on to the end."""

    labels: Labels
    incident_id: str
    began: datetime
    ended: datetime | None
    text: str

    def lasted(self, until: datetime) -> timedelta:
        return (self.ended or until) - self.began


def incidents(done: Replay) -> list[Incident]:
    """The incidents of a replay in the order in which they began."""
    found: dict[str, Incident] = {}
    for turn in done.changes:
        key, change = turn.incident_id, turn.change
        if key is None:
            continue
        if change.kind == "fired":
            found[key] = Incident(turn.labels, key, change.at, None, change.text)
        elif change.kind == "resolved" and key in found:
            found[key] = replace(found[key], ended=change.at)
    return list(found.values())
