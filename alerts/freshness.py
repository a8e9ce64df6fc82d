"""Freshness: the staleness board, every watched variable and whether it can be trusted now.

The one idea: the same three kinds as in rules (frozen, silent, lagging), with what a variable's own
cadence lets expect, so that the board needs no rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from access.scope import Scope
from alerts.readings import microseconds
from alerts.rules import Labels, Stale
from alerts.runs import labels_of
from queries import alerting
from queries.alerting import Watched
from queries.filters import TimeRange
from queries.reader import Row

MORE_THAN: Final = 5
"""Equal values in a row that are still no sign of a frozen variable."""

MISSED: Final = 3
"""Readings that must be missed before a variable is silent."""

LEAST_SILENCE: Final = timedelta(minutes=1)
LAG: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Variable:
    """A watched variable as it stands. `kinds` are what is wrong with it, the worst first.

    `cadence` is the median time between its readings, None for a single one; `last_change` is None
    while it never changed. What is on the roster and never came has no value and no times.
    """

    org: str
    service: str
    process: str
    data: str
    series: str
    value: str | None
    run_length: int
    since: datetime | None
    cadence: timedelta | None
    last_reading: datetime | None
    last_change: datetime | None
    lag: timedelta | None
    readings: int
    trace_id: str | None
    span_id: str | None
    kinds: tuple[Stale, ...]

    @property
    def labels(self) -> Labels:
        """As the alerts of staleness rules are labelled."""
        return labels_of((self.service, self.process, self.data, self.series))


@dataclass(frozen=True)
class Board:
    """The variables, those in trouble first; `known` counts also the ones that were cut."""

    variables: list[Variable]
    known: int


def board(
    scope: Scope,
    range_: TimeRange,
    now: datetime,
    watched: Watched | None = None,
    roster: Sequence[str] = (),
    more_than: int = MORE_THAN,
) -> Board:
    """Every variable that was read in the range, and who of the roster (`process/variable`) was
    not."""
    answer = alerting.board(scope, range_, watched)
    found = [_variable(row, now, more_than) for row in answer]
    named = {name for each in found for name in (each.data, f"{each.process}/{each.data}")}
    found += [_absent(name) for name in roster if name not in named]
    ordered = sorted(found, key=lambda each: (not each.kinds, _newest(each)))
    known = answer.rows[0]["variables"] if answer.rows else 0
    return Board(ordered, known + len(found) - len(answer.rows))


def one(
    scope: Scope, range_: TimeRange, now: datetime, names: tuple[str, str, str, str]
) -> Variable | None:
    """The variable of this service, process, name and series, if it was read in the range."""
    watched = Watched(_literal(names[1]), _literal(names[2]))
    rows = [_variable(row, now, MORE_THAN) for row in alerting.board(scope, range_, watched)]
    found = (r for r in rows if (r.service, r.process, r.data, r.series) == names)
    return next(found, None)


def _literal(name: str) -> str:
    """A glob that only this name meets."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def kinds(
    run_length: int,
    silence: timedelta,
    cadence: timedelta | None,
    lag: timedelta,
    more_than: int = MORE_THAN,
) -> tuple[Stale, ...]:
    """What is wrong with a variable; one that was read once has no cadence to miss."""
    wrong: list[Stale] = []
    if cadence is not None and silence > max(MISSED * cadence, LEAST_SILENCE):
        wrong.append("silent")
    if run_length > more_than:
        wrong.append("frozen")
    if lag > LAG:
        wrong.append("lagging")
    return tuple(wrong)


def _newest(each: Variable) -> int:
    return -microseconds(each.last_reading) if each.last_reading else 0


def _variable(row: Row, now: datetime, more_than: int) -> Variable:
    cadence = None if row["cadence_us"] is None else timedelta(microseconds=row["cadence_us"])
    lag = timedelta(microseconds=row["lag_us"])
    return Variable(
        org=row["org_id"],
        service=row["service_name"],
        process=row["process"],
        data=row["data_name"],
        series=row["series"],
        value=row["data_value"],
        run_length=row["run_length"],
        since=row["since"],
        cadence=cadence,
        last_reading=row["last_reading"],
        last_change=row["last_change"],
        lag=lag,
        readings=row["readings"],
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        kinds=kinds(
            row["run_length"] if row["data_value"] is not None else 0,
            now - row["last_reading"],
            cadence,
            lag,
            more_than,
        ),
    )


def _absent(name: str) -> Variable:
    """Somebody on the roster who never came."""
    process, _, data = name.rpartition("/")
    return Variable(
        org="",
        service="",
        process=process,
        data=data,
        series="",
        value=None,
        run_length=0,
        since=None,
        cadence=None,
        last_reading=None,
        last_change=None,
        lag=None,
        readings=0,
        trace_id=None,
        span_id=None,
        kinds=("silent",),
    )
