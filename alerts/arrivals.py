"""Arrivals: what was not heard of for too long, or comes too late.

The one idea: whatever was heard of is expected to be heard of again, for a day after it fell
silent; what is on the roster is expected for ever, also when it never came.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

import pyarrow as pa

from access.scope import Scope
from alerts import groups, metrics, windows
from alerts.groups import Key
from alerts.readings import Measured, Reading
from alerts.rules import Heartbeat, Labels, Rule, Staleness
from alerts.runs import VARIABLE, cut, labels_of, watched
from queries import alerting
from queries.alerting import Steps

REMEMBERED = timedelta(days=1)
"""How long what fell silent is missed, when the rule's window is shorter."""

LATEST_ARRIVAL = timedelta(days=1)
"""How late something may come and still be counted as late."""

_AFTER = timedelta(microseconds=1)


def reach(rule: Rule, silent_for: timedelta) -> timedelta:
    """How far before an instant it is looked who there was."""
    return max(rule.window, silent_for + REMEMBERED)


@dataclass(frozen=True)
class Heard:
    """When something was heard of, in each of the steps where it was."""

    slots: list[int]
    latest: list[datetime]

    def last(self, since: int, until: int) -> datetime | None:
        """When it was heard of last in the steps [since, until)."""
        place = bisect_left(self.slots, until) - 1
        return self.latest[place] if place >= 0 and self.slots[place] >= since else None


def _heard(table: pa.Table, keys: Sequence[str]) -> dict[Key, Heard]:
    slots, latest = table["slot"].to_pylist(), table["latest"].to_pylist()
    return {
        key: Heard([slots[i] for i in rows], [latest[i] for i in rows])
        for key, rows in groups.by_key(table, keys).items()
    }


def silent(
    scope: Scope, rule: Rule, condition: Staleness, instants: Sequence[datetime]
) -> Measured:
    """A reading for each watched variable that is known; its value is how long ago it was read.

    The roster names a variable, a process or both as `process/variable`.
    """
    length = reach(rule, condition.silent_for)
    steps = cut(instants, length)
    found = _heard(alerting.heard(scope, steps, watched(rule, condition)), VARIABLE)
    yield from _missing(
        found, steps, length, instants, condition.silent_for, condition.roster, _VARIABLES
    )


def missed(
    scope: Scope, rule: Rule, condition: Heartbeat, instants: Sequence[datetime]
) -> Measured:
    """A reading for each agent or service that is known; its value is how long ago it was seen."""
    length = reach(rule, condition.silent_for)
    steps = cut(instants, length)
    agents = condition.of == "agent"
    # who is on the roster need not match the glob
    pattern = None if condition.roster else condition.names
    table = alerting.seen(
        scope, steps, agents=agents, pattern=pattern, condition=windows.condition(rule.search)
    )
    found = {
        key: heard
        for key, heard in _heard(table, ("name",)).items()
        if _is_meant(key[0], condition)
    }
    naming = _Naming(
        lambda key: ((condition.of, key[0]),),
        lambda key, name: key[0] == name,
        lambda name: ((condition.of, name),),
        "seen",
    )
    yield from _missing(
        found, steps, length, instants, condition.silent_for, condition.roster, naming
    )


def _is_meant(name: str, condition: Heartbeat) -> bool:
    """With a roster alone, only who is on it; with globs also whoever matches."""
    if condition.names is not None:
        return name in condition.roster or fnmatchcase(name, condition.names)
    return not condition.roster or name in condition.roster


@dataclass(frozen=True)
class _Naming:
    """How things are labelled, found on the roster, and called when they never came."""

    labels: Callable[[Key], Labels]
    is_on: Callable[[Key, str], bool]
    absent: Callable[[str], Labels]
    verb: str


def _is_variable(key: Key, name: str) -> bool:
    _, process, data, _ = key
    return name in (data, process, f"{process}/{data}")


def _absent_variable(name: str) -> Labels:
    process, slash, data = name.rpartition("/")
    return (("data", data), ("process", process)) if slash else (("data", name),)


_VARIABLES = _Naming(labels_of, _is_variable, _absent_variable, "read")


def _missing(
    found: dict[Key, Heard],
    steps: Steps,
    length: timedelta,
    instants: Sequence[datetime],
    silent_for: timedelta,
    roster: Sequence[str],
    naming: _Naming,
) -> Measured:
    on_roster = {name: [key for key in found if naming.is_on(key, name)] for name in roster}
    for instant in instants:
        since, until = steps.slot(instant - length), steps.slot(instant)
        last = {key: heard.last(since, until) for key, heard in found.items()}
        readings = [
            _silence(naming.labels(key), at, instant, silent_for, naming.verb)
            for key, at in last.items()
            if at
        ]
        readings += [
            _never(naming.absent(name), instant, length, naming.verb)
            for name, keys in on_roster.items()
            if not any(last[key] for key in keys)
        ]
        yield instant, readings


def _silence(
    labels: Labels, last: datetime, instant: datetime, silent_for: timedelta, verb: str
) -> Reading:
    silence = instant - last
    breached = silence >= silent_for
    ns = silence / timedelta(microseconds=1) * 1e3
    limit = metrics.lasting(silent_for.total_seconds() * 1e9)
    word = "at least" if breached else "less than"
    return Reading(
        labels=labels,
        value=ns,
        breached=breached,
        recovered=not breached,
        text=f"last {verb} {metrics.lasting(ns)} before, {word} {limit}",
        since=last,
        until=max(instant, last + _AFTER),
    )


def _never(labels: Labels, instant: datetime, length: timedelta, verb: str) -> Reading:
    return Reading(
        labels=labels,
        value=None,
        breached=True,
        recovered=False,
        text=f"on the roster, but not {verb} in the last "
        f"{metrics.lasting(length.total_seconds() * 1e9)}",
        since=instant - length,
        until=instant,
    )


def lagging(
    scope: Scope, rule: Rule, condition: Staleness, instants: Sequence[datetime]
) -> Measured:
    """A reading for each variable of which something came in the window; its value is how late
    the freshest of it was. One straggler is no lag: all of it must be late."""
    steps = cut(instants, rule.window)
    far = max(LATEST_ARRIVAL, 2 * condition.lag)
    table = alerting.lags(scope, steps, watched(rule, condition), far)
    slots, lags = table["slot"].to_pylist(), table["lag_us"].to_pylist()
    found = {
        key: ([slots[i] for i in rows], [lags[i] for i in rows])
        for key, rows in groups.by_key(table, VARIABLE).items()
    }
    for instant in instants:
        since, until = steps.slot(instant - rule.window), steps.slot(instant)
        yield instant, list(_lags(rule, condition, found, since, until, instant))


def _lags(
    rule: Rule,
    condition: Staleness,
    found: dict[Key, tuple[list[int], list[int]]],
    since: int,
    until: int,
    instant: datetime,
) -> Iterator[Reading]:
    limit = metrics.lasting(condition.lag.total_seconds() * 1e9)
    for key, (slots, lags) in found.items():
        some = lags[bisect_left(slots, since) : bisect_left(slots, until)]
        if some:
            ns = min(some) * 1e3
            breached = ns >= condition.lag.total_seconds() * 1e9
            word = "at least" if breached else "less than"
            yield Reading(
                labels=labels_of(key),
                value=ns,
                breached=breached,
                recovered=not breached,
                text=f"comes {metrics.lasting(ns)} late, {word} {limit}",
                since=instant - rule.window,
                until=instant,
            )
