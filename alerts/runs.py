"""Runs: what came too often in a row, the same value of a variable or a failed call.

The one idea: a run is counted within the window, and it is the one that lasts at the instant: a
frozen variable stays frozen until another value comes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import pyarrow as pa

from access.scope import Scope
from alerts import groups, metrics, windows
from alerts.groups import Key
from alerts.readings import Measured, Reading, common_step
from alerts.rules import Failures, Labels, Rule, Staleness
from queries import alerting
from queries.alerting import Repeats, Steps, Watched
from queries.filters import TimeRange

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
"""How far back a run is looked for, when the rule's window is shorter than an hour: many variables
are read too seldom to be found frozen in that."""

_AFTER = timedelta(microseconds=1)

SHOWN = 80
"""Characters of a value that a text quotes."""


def reach(rule: Rule, lasting: timedelta) -> timedelta:
    """How far before an instant a frozen variable's run is followed."""
    return max(rule.window if rule.window >= HOUR else DAY, 2 * lasting)


@dataclass(frozen=True)
class Run:
    """The run that lasts: its readings within the window, and whether they count."""

    readings: int
    since: datetime
    until: datetime
    value: str | None
    counts: bool


@dataclass(frozen=True)
class Series:
    """The parts of one series' runs, in order."""

    slots: list[int]
    runs: list[int]
    counts: list[bool]
    upto: list[int]
    since: list[datetime]
    until: list[datetime]
    values: list[str | None]
    first: list[int]
    """Place of the first part of the same run."""

    def lasting(self, since: int, until: int) -> Run | None:
        """The last run of the steps [since, until), as far as it lies in them."""
        last = bisect_left(self.slots, until) - 1
        if last < 0 or self.slots[last] < since:
            return None
        start = max(self.first[last], bisect_left(self.slots, since))
        return Run(
            self.upto[last + 1] - self.upto[start],
            self.since[start],
            self.until[last],
            self.values[last],
            self.counts[last],
        )


def series(table: pa.Table, keys: Sequence[str]) -> dict[Key, Series]:
    """The series of a question about runs, by what tells them apart."""
    found = {}
    columns = {name: groups.column(table, name) for name in _PARTS}
    for key, rows in groups.by_key(table, keys).items():
        own: dict[str, list[Any]] = {
            name: [values[i] for i in rows] for name, values in columns.items()
        }
        found[key] = Series(
            slots=own["slot"],
            runs=own["run"],
            counts=own["counts"],
            upto=[0, *accumulate(own["readings"])],
            since=own["since"],
            until=own["until"],
            values=own["data_value"],
            first=_first_of_run(own["run"]),
        )
    return found


_PARTS = ("slot", "run", "counts", "readings", "since", "until", "data_value")


def _first_of_run(runs: list[int]) -> list[int]:
    found: list[int] = []
    for place, run in enumerate(runs):
        found.append(found[-1] if place and run == runs[place - 1] else place)
    return found


def lasting(
    found: dict[Key, Series], steps: Steps, length: timedelta, instants: Sequence[datetime]
) -> Iterator[tuple[datetime, list[tuple[Key, Run]]]]:
    """For each instant the run of each series that lasts then."""
    for instant in instants:
        since, until = steps.slot(instant - length), steps.slot(instant)
        at = ((key, each.lasting(since, until)) for key, each in found.items())
        yield instant, [(key, run) for key, run in at if run]


def cut(instants: Sequence[datetime], length: timedelta) -> Steps:
    """The steps that all stretches of this length before the instants are made of."""
    since = instants[0] - length
    return Steps(TimeRange(since, instants[-1]), common_step([since, *instants]))


# frozen variables


VARIABLE = ("service_name", "process", "data_name", "series")


def labels_of(key: Key) -> Labels:
    """The labels of a watched variable; only a metric with attributes has a series."""
    service, process, data, its_series = key
    found = {"service": service, "process": process, "data": data}
    if its_series:
        found["series"] = its_series
    return tuple(sorted(found.items()))


def watched(rule: Rule, condition: Staleness) -> Watched:
    return Watched(condition.process, condition.data, windows.condition(rule.search))


def frozen(
    scope: Scope, rule: Rule, condition: Staleness, instants: Sequence[datetime]
) -> Measured:
    """A reading for each variable that was read; its value is how often the present one came."""
    length = reach(rule, condition.lasting)
    steps = cut(instants, length)
    repeats = Repeats(
        condition.tolerance,
        condition.ignore,
        condition.ignore_from,
        condition.ignore_until,
        condition.zone,
    )
    table = alerting.runs(scope, steps, watched(rule, condition), repeats)
    for instant, found in lasting(series(table, VARIABLE), steps, length, instants):
        yield instant, [_frozen(condition, key, run) for key, run in found]


def _frozen(condition: Staleness, key: Key, run: Run) -> Reading:
    lasted = run.until - run.since
    breached = run.counts and run.readings > condition.more_than and lasted >= condition.lasting
    return Reading(
        labels=labels_of(key),
        value=float(run.readings) if run.counts else 0.0,
        breached=breached,
        recovered=not breached,
        text=_said_frozen(condition, run, breached),
        since=run.since,
        until=run.until + _AFTER,
    )


def _said_frozen(condition: Staleness, run: Run, breached: bool) -> str:
    if run.value is None:
        return "the last reading has no value"
    value = shown(run.value)
    if not run.counts:
        return f"{value} may repeat"
    came = f"{value} came {run.readings} times in a row since {run.since:%Y-%m-%d %H:%M} UTC"
    if breached:
        return f"{came}, more than {condition.more_than}"
    if run.readings > condition.more_than:
        least = metrics.lasting(condition.lasting.total_seconds() * 1e9)
        return f"{came}, but not yet for {least}"
    return f"{came}, not more than {condition.more_than}"


def shown(value: str) -> str:
    """A value in a sentence, cut when it is long."""
    return value if len(value) <= SHOWN else f"{value[: SHOWN - 1]}…"


# failed calls


def failing(
    scope: Scope, rule: Rule, condition: Failures, instants: Sequence[datetime]
) -> Measured:
    """A reading for each service that was called; its value is how often it failed in a row."""
    steps = cut(instants, rule.window)
    table = alerting.failed(scope, steps, condition.service, windows.condition(rule.search))
    for instant, found in lasting(series(table, ("service",)), steps, rule.window, instants):
        yield instant, [_failing(condition, key[0], run) for key, run in found]


def _failing(condition: Failures, service: str, run: Run) -> Reading:
    failures = run.readings if run.counts else 0
    breached = failures >= condition.in_a_row
    times = "once" if failures == 1 else f"{failures} times in a row"
    reason = f": {shown(run.value)}" if run.value else ""
    return Reading(
        labels=(("service", service),),
        value=float(failures),
        breached=breached,
        recovered=not failures,
        text=f"failed {times}{reason}" if failures else "the last call went well",
        since=run.since,
        until=run.until + _AFTER,
    )
