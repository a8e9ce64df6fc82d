"""Windows: the value of a metric in the time before each of many instants, group by group.

The one idea: all instants are cut into the same steps and every window is a sum of these, so that
one instant and thousands are measured by the same code and come out equal.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import fsum
from typing import Any

import pyarrow as pa

from access.scope import Scope
from alerts import groups
from alerts.errors import MeasureError
from alerts.groups import Durations, Key, Slots
from alerts.metrics import Aggregate, Metric
from alerts.readings import common_step
from queries import alerting, search
from queries.alerting import Steps
from queries.expression import All, Compare, Either, Every, Exists, Expression, Not
from queries.fields import Attribute
from queries.filters import EPOCH, EVERY_SPAN, Condition, TimeRange

PICO = 10**12
"""Costs are added up in whole billionths of a thousandth dollar: in any order, the same sum."""

LONG = timedelta(hours=6)
"""Ranges from which on rollups are read where they know the answer."""

MINUTE_US = 60_000_000

Values = dict[Key, float]
"""A value for each group that has one; groups are told by the values of their labels."""


@dataclass(frozen=True)
class Asked:
    """A metric of the spans that meet `condition`, in windows of one length, by some keys."""

    metric: Metric
    by: tuple[str, ...]
    condition: Condition
    window: timedelta


def condition(text: str) -> Condition:
    """What a rule's search demands of a span. Raises MeasureError.

    A search about other spans of the trace is refused: these may lie outside of the window.
    """
    try:
        found = search.condition(text)
    except search.SearchError as error:
        raise MeasureError(f"The search cannot be read: {error}") from error
    if "$spans" in found.sql:
        raise MeasureError(
            "A rule's search looks at one span at a time. Leave out what is about the whole trace "
            "or about related spans."
        )
    return found


def values(
    scope: Scope, asked: Asked, instants: Sequence[datetime]
) -> Iterator[tuple[datetime, Values]]:
    """The metric in the window before each of the instants, which are in order.

    All are measured at once: ask for as many as fit into a few seconds.
    """
    if not instants:
        return
    steps = _steps(instants, asked.window)
    of = _points(scope, asked, steps) if asked.metric.points else _spans(scope, asked, steps)
    for instant in instants:
        since, until = steps.slot(instant - asked.window), steps.slot(instant)
        found = {key: value(since, until) for key, value in of.items()}
        yield instant, {key: value for key, value in found.items() if value is not None}


def _steps(instants: Sequence[datetime], window: timedelta) -> Steps:
    """The longest steps that all the windows are made of."""
    since = instants[0] - window
    step = common_step([since, *instants])
    return Steps(TimeRange(since, instants[-1]), step)


Of = dict[Key, Callable[[int, int], float | None]]
"""For each group, its value between two steps."""


def _spans(scope: Scope, asked: Asked, steps: Steps) -> Of:
    table = _summed(scope, asked, steps)
    labels = [f"label{i}" for i in range(len(asked.by))]
    found = _by_slot(table, labels, _SUMS)
    buckets = _buckets(table, labels) if asked.metric.quantile else {}
    extremes = {name: table[name].to_pylist() for name in ("shortest_ns", "longest_ns")}
    measure = _MEASURES.get(asked.metric.name)
    seconds = asked.window.total_seconds()
    of: Of = {}
    for key, (slots, rows) in found.items():
        if measure:
            of[key] = _measuring(slots, measure, seconds, asked)
        else:
            share = asked.metric.quantile or 0.5
            of[key] = _quantile(slots, rows, buckets[key], extremes, share)
    if not of and _is_nothing(asked):
        of[()] = lambda since, until: 0.0
    return of


def _is_nothing(asked: Asked) -> bool:
    """Whether no spans at all are a value, 0. A group without spans is unknown, whatever is asked,
    because groups come and go."""
    return asked.metric.adds_up and not asked.by


def _summed(scope: Scope, asked: Asked, steps: Steps) -> pa.Table:
    timed = asked.metric.quantile is not None
    if _in_rollups(asked, steps):
        return alerting.rolled(scope, steps, asked.by, timed=timed)
    return alerting.counted(
        scope,
        steps,
        asked.by,
        asked.condition,
        timed=timed,
        tokens=asked.metric.name.startswith(("tokens", "cost")),
    )


def _in_rollups(asked: Asked, steps: Steps) -> bool:
    return (
        asked.condition == EVERY_SPAN
        and asked.by in alerting.GRAINS
        and asked.metric.name != "failure_rate"
        and not steps.step_us % MINUTE_US
        and (steps.is_one or not (steps.range.since - EPOCH) % _microseconds(steps.step_us))
        and steps.range.length >= LONG
    )


def _microseconds(number: int) -> timedelta:
    return timedelta(microseconds=number)


_SUMS = (
    "spans",
    "errors",
    "roots",
    "failed_roots",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "timed",
)

Rows = list[tuple[int, list[int]]]
"""Slots and the numbers of their rows."""


def _by_slot(
    table: pa.Table, labels: list[str], names: Sequence[str]
) -> dict[Key, tuple[Slots, Rows]]:
    """Each group's sums, one slot after the other; rows of one slot are added up."""
    slot_of = table["slot"].to_pylist()
    columns = {name: whole(table, name) for name in names}
    found: dict[Key, tuple[Slots, Rows]] = {}
    keyed = groups.by_key(table, labels) if labels else {(): list(range(len(table)))}
    for key, numbers in keyed.items():
        rows: dict[int, list[int]] = defaultdict(list)
        for i in numbers:
            rows[slot_of[i]].append(i)
        ordered = sorted(rows.items())
        parts = {
            name: [sum(values[i] for i in some) for _, some in ordered]
            for name, values in columns.items()
        }
        if ordered:
            found[key] = groups.summed([slot for slot, _ in ordered], parts), ordered
    return found


def whole(table: pa.Table, name: str) -> list[int]:
    """A column of numbers that add up exactly."""
    if name == "cost_usd":
        return [round((value or 0.0) * PICO) for value in table[name].to_pylist()]
    return [value or 0 for value in table[name].to_pylist()]


def _buckets(table: pa.Table, labels: list[str]) -> dict[Key, dict[int, list[tuple[int, int]]]]:
    """The buckets of durations of each group and slot, with how many are in them."""
    slots, buckets, timed = (table[name].to_pylist() for name in ("slot", "bucket", "timed"))
    keyed = groups.by_key(table, labels) if labels else {(): list(range(len(table)))}
    found: dict[Key, dict[int, list[tuple[int, int]]]] = {}
    for key, numbers in keyed.items():
        of: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for i in numbers:
            # a late repeat may be taken away again
            if buckets[i] is not None and timed[i]:
                of[slots[i]].append((buckets[i], timed[i]))
        found[key] = of
    return found


def _measuring(
    slots: Slots, measure: Measure, seconds: float, asked: Asked
) -> Callable[[int, int], float | None]:
    def value(since: int, until: int) -> float | None:
        low, high = slots.between(since, until)
        if not slots.total("spans", low, high) and not _is_nothing(asked):
            return None
        return measure(lambda name: slots.total(name, low, high), seconds)

    return value


def _quantile(
    slots: Slots,
    rows: Rows,
    buckets: dict[int, list[tuple[int, int]]],
    extremes: dict[str, list[int | None]],
    share: float,
) -> Callable[[int, int], float | None]:
    durations = Durations(slots.slots, [buckets.get(slot, []) for slot in slots.slots])

    def least(name: str, of: Callable[..., int]) -> list[int | None]:
        return [
            of((v for i in some if (v := extremes[name][i]) is not None), default=None)
            for _, some in rows
        ]

    shortest, longest = least("shortest_ns", min), least("longest_ns", max)

    def value(since: int, until: int) -> float | None:
        low, high = slots.between(since, until)
        durations.move(low, high)
        n = slots.total("timed", low, high)
        if not n:
            return None
        # the middle of a bucket may lie beyond all that is in it
        lowest = min(v for v in shortest[low:high] if v is not None)
        highest = max(v for v in longest[low:high] if v is not None)
        return float(max(lowest, min(highest, durations.quantile(share, n))))

    return value


Measure = Callable[[Callable[[str], int], float], float | None]
"""From the sum of a column, and the seconds of the window."""


def _share(part: str, whole: str) -> Measure:
    return lambda total, _: total(part) / total(whole) if total(whole) else None


_MEASURES: dict[str, Measure] = {
    "error_rate": _share("errors", "spans"),
    "failure_rate": _share("failed_roots", "roots"),
    "throughput.spans": lambda total, seconds: total("spans") / seconds,
    "throughput.traces": lambda total, seconds: total("roots") / seconds,
    "tokens": lambda total, _: float(total("input_tokens") + total("output_tokens")),
    "tokens.input": lambda total, _: float(total("input_tokens")),
    "tokens.output": lambda total, _: float(total("output_tokens")),
    "cost": lambda total, _: round(total("cost_usd") / PICO, 9),
}


# metric points and watched variables


def _points(scope: Scope, asked: Asked, steps: Steps) -> Of:
    for its in asked.by:
        if its not in alerting.POINT_KEYS and not its.startswith(("attr.", "resource.")):
            raise MeasureError(f'Metrics have no "{its}". Group by service, agent or an attribute.')
    if not speaks_of_points(asked.condition):
        raise MeasureError(
            "This search speaks of spans, and the metric comes from metric points. "
            "Search for service, agent, group, fleet or an attribute."
        )
    metric = asked.metric
    table = alerting.points(
        scope, steps, metric.points, asked.by, asked.condition, share=metric.unit == "ratio"
    )
    labels = [f"label{i}" for i in range(len(asked.by))]
    names = ("slot", "readings", "total", "least", "greatest", "last", "latest", "growth")
    columns = {name: table[name].to_pylist() for name in names}
    keyed = groups.by_key(table, labels) if labels else {(): list(range(len(table)))}
    of: Of = {}
    for key, numbers in keyed.items():
        own = {name: [values[i] for i in numbers] for name, values in columns.items()}
        of[key] = _aggregated(own, metric.aggregate, asked.window.total_seconds())
    return of


def _aggregated(
    own: dict[str, list[Any]], aggregate: Aggregate, seconds: float
) -> Callable[[int, int], float | None]:
    slots = own["slot"]

    def value(since: int, until: int) -> float | None:
        low, high = bisect_left(slots, since), bisect_left(slots, until)
        if low == high:
            return None
        found = _AGGREGATES[aggregate]({n: values[low:high] for n, values in own.items()}, seconds)
        return None if found is None else steady(found)

    return value


def steady(value: float) -> float:
    """Without the last figures, which depend on the order in which numbers were added up."""
    return float(f"{value:.12g}")


def _known(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _average(own: dict[str, list[Any]], _: float) -> float | None:
    readings = sum(_known(own["readings"]))
    return fsum(_known(own["total"])) / readings if readings else None


def _last(own: dict[str, list[Any]], _: float) -> float | None:
    found = [
        (latest, last)
        for latest, last in zip(own["latest"], own["last"], strict=True)
        if last is not None
    ]
    return max(found)[1] if found else None


def _rate(own: dict[str, list[Any]], seconds: float) -> float | None:
    grown = _known(own["growth"])
    return fsum(grown) / seconds if grown else None


_AGGREGATES: dict[Aggregate, Callable[[dict[str, list[Any]], float], float | None]] = {
    "avg": _average,
    "min": lambda own, _: min(_known(own["least"]), default=None),
    "max": lambda own, _: max(_known(own["greatest"]), default=None),
    "last": _last,
    "sum": lambda own, _: fsum(_known(own["total"])),
    "rate": _rate,
}


def speaks_of_points(found: Condition) -> bool:
    """Whether a search is only about what metric points have too."""
    return found == EVERY_SPAN or _in_points(search.parse(found.text))


def _in_points(node: Expression) -> bool:
    match node:
        case Every():
            return True
        case All(parts) | Either(parts):
            return all(_in_points(part) for part in parts)
        case Not(part):
            return _in_points(part)
        case Compare(field):
            return isinstance(field, Attribute) or field.key in alerting.POINT_KEYS
        case Exists(fields):
            return all(isinstance(f, Attribute) or f.key in alerting.POINT_KEYS for f in fields)
    return False
