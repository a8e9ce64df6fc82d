"""Budgets: what a calendar day or month has cost so far, and what it will come to.

The one idea: the rest of a period is expected to cost what the same days and hours cost a week
before, so that a night or a weekend is no surprise.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from access.scope import Scope
from alerts import groups, metrics, windows
from alerts.groups import Key
from alerts.readings import Measured, Reading, common_step
from alerts.rules import Budget, Labels, Rule
from alerts.windows import MINUTE_US, PICO
from queries import alerting
from queries.alerting import Steps
from queries.filters import EPOCH, EVERY_SPAN, TimeRange

WEEK = timedelta(days=7)

SETTLED = 0.1
"""Share of a period that must be over before it is foretold without a week to compare with."""

FEW = 4
"""Stretches that are asked for one by one."""

_MICROSECOND = timedelta(microseconds=1)
_STEPS = (60 * MINUTE_US, 15 * MINUTE_US, MINUTE_US)
"""Steps that rollups know and that begin at multiples of themselves."""

Spent = Callable[[datetime, datetime], dict[Key, int]]
"""What each group spent between two moments: tokens, or billionths of a thousandth dollar."""


def period_of(instant: datetime, condition: Budget) -> tuple[datetime, datetime]:
    """The day or month, by the clock of the zone, that lies right before an instant."""
    local = (instant - _MICROSECOND).astimezone(ZoneInfo(condition.zone))
    first = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if condition.period == "month":
        first = first.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
    else:
        after = first + timedelta(days=1)
    return first.astimezone(UTC), after.astimezone(UTC)


def measured(scope: Scope, rule: Rule, condition: Budget, instants: Sequence[datetime]) -> Measured:
    """A reading for each group and each share of the limit it is warned at, and its forecast."""
    wanted = {instant: _pairs(instant, condition) for instant in instants}
    spent = _spending(scope, rule, condition, [pair for some in wanted.values() for pair in some])
    for instant in instants:
        yield instant, list(_readings(condition, instant, spent))


def _pairs(instant: datetime, condition: Budget) -> list[tuple[datetime, datetime]]:
    """Everything that must be known of an instant: the period so far, and a week before."""
    since, until = period_of(instant, condition)
    pairs = [(since, instant)]
    if condition.forecast:
        week = instant - WEEK
        pairs += [(week - WEEK, week), (week, instant), (week, _as_far(instant, until))]
    return [(start, end) for start, end in pairs if start < end]


def _as_far(instant: datetime, until: datetime) -> datetime:
    """Where the week before stood when it had as much to go as what whole weeks leave."""
    return instant - WEEK + (until - instant) % WEEK


def _readings(condition: Budget, instant: datetime, spent: Spent) -> Iterator[Reading]:
    since, until = period_of(instant, condition)
    so_far = spent(since, instant)
    if condition.by == "org":
        so_far = so_far or {(): 0}
    for key, amount in so_far.items():
        value = _value(amount, condition)
        for share in condition.warn_at:
            yield _warned(condition, key, share, value, since, instant)
        if condition.forecast:
            foretold = _foretold(condition, key, amount, spent, instant)
            yield _forecast(condition, key, foretold, since, until, instant)


def _value(amount: float, condition: Budget) -> float:
    return round(amount / PICO, 9) if condition.measure == "cost" else float(amount)


def _foretold(
    condition: Budget, key: Key, amount: int, spent: Spent, instant: datetime
) -> float | None:
    """What the whole period will come to; None while there is nothing to tell it by."""
    since, until = period_of(instant, condition)
    if not spent(instant - 2 * WEEK, instant - WEEK).get(key):
        # there is no whole week to compare with, but how this period went so far
        over = (instant - since) / (until - since)
        return _value(round(amount / over), condition) if over >= SETTLED else None
    week = spent(instant - WEEK, instant).get(key, 0)
    weeks = (until - instant) // WEEK
    then = _as_far(instant, until)
    rest = spent(instant - WEEK, then).get(key, 0) if then > instant - WEEK else 0
    return _value(amount + weeks * week + rest, condition)


def _labels(condition: Budget, key: Key, part: str) -> Labels:
    named = () if condition.by == "org" else ((condition.by, key[0]),)
    return tuple(sorted((*named, ("budget", part))))


def _unit(condition: Budget) -> str:
    return "usd" if condition.measure == "cost" else "count"


def _of(condition: Budget) -> str:
    tokens = "" if condition.measure == "cost" else " tokens"
    limit = metrics.said(condition.limit, _unit(condition))
    return f"{limit}{tokens} a {condition.period}"


def _warned(
    condition: Budget, key: Key, share: float, value: float, since: datetime, instant: datetime
) -> Reading:
    breached = value >= share * condition.limit and value > 0
    used = metrics.said(value / condition.limit, "ratio")
    return Reading(
        labels=_labels(condition, key, f"{share * 100:g}%"),
        value=value,
        breached=breached,
        recovered=not breached,
        text=f"{metrics.said(value, _unit(condition))} spent, {used} of {_of(condition)}",
        since=since,
        until=instant,
    )


def _forecast(
    condition: Budget,
    key: Key,
    foretold: float | None,
    since: datetime,
    until: datetime,
    instant: datetime,
) -> Reading:
    breached = foretold is not None and foretold > condition.limit
    text = "too early to tell what the period will come to"
    if foretold is not None:
        word = "more than" if breached else "within"
        text = f"{metrics.said(foretold, _unit(condition))} expected, {word} {_of(condition)}"
    return Reading(
        labels=_labels(condition, key, "forecast"),
        value=foretold,
        breached=breached,
        recovered=not breached,
        text=text,
        since=since,
        until=instant,
    )


# what was spent


def _spending(
    scope: Scope, rule: Rule, condition: Budget, pairs: Sequence[tuple[datetime, datetime]]
) -> Spent:
    """What was spent in each of the pairs: asked for one by one when they are few, as one instant
    has them, or cut from sums over all of the time."""
    if len(pairs) <= FEW:
        alone = {pair: _between(scope, rule, condition, *pair) for pair in dict.fromkeys(pairs)}
        return lambda since, until: alone[since, until]
    moments = sorted({moment for pair in pairs for moment in pair})
    start = moments[0] - (moments[0] - EPOCH) % timedelta(hours=1)
    gap = common_step([start, *moments])
    step = next((each for each in _STEPS if not gap % each), gap)
    steps = Steps(TimeRange(start, moments[-1]), step)
    found = _cumulated(_counted(scope, rule, condition, steps), condition)

    def spent(since: datetime, until: datetime) -> dict[Key, int]:
        low, high = steps.slot(since), steps.slot(until)
        amounts = {
            key: upto[bisect_left(slots, high)] - upto[bisect_left(slots, low)]
            for key, (slots, upto) in found.items()
        }
        return {key: amount for key, amount in amounts.items() if amount}

    return spent


def _between(
    scope: Scope, rule: Rule, condition: Budget, since: datetime, until: datetime
) -> dict[Key, int]:
    steps = Steps(TimeRange(since, until), (until - since) // _MICROSECOND)
    found = _cumulated(_counted(scope, rule, condition, steps), condition)
    return {key: upto[-1] for key, (_, upto) in found.items() if upto[-1]}


def _counted(scope: Scope, rule: Rule, condition: Budget, steps: Steps) -> pa.Table:
    by = () if condition.by == "org" else (condition.by,)
    search = windows.condition(rule.search)
    if search == EVERY_SPAN and (steps.is_one or not steps.step_us % MINUTE_US):
        return alerting.rolled(scope, steps, by, timed=False)
    return alerting.counted(scope, steps, by, search, timed=False, tokens=True)


def _cumulated(table: pa.Table, condition: Budget) -> dict[Key, tuple[list[int], list[int]]]:
    """For each group its slots, and what it had spent before each of them."""
    labels = [] if condition.by == "org" else ["label0"]
    names = ("cost_usd",) if condition.measure == "cost" else ("input_tokens", "output_tokens")
    columns = [windows.whole(table, name) for name in names]
    slots = table["slot"].to_pylist()
    keyed = groups.by_key(table, labels) if labels else {(): list(range(len(table)))}
    found: dict[Key, tuple[list[int], list[int]]] = {}
    for key, rows in keyed.items():
        own = groups.summed(
            [slots[i] for i in rows], {"spent": [sum(c[i] for c in columns) for i in rows]}
        )
        found[key] = own.slots, own.sums["spent"]
    return found
