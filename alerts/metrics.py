"""Metrics: the names a rule may use, the unit each is measured in, and what it says.

The one idea: a name is either one of METRICS, which come from spans or from the usual metrics of
its meaning, or that of any metric or watched variable which the org sends.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from access.scope import Scope
from queries import alerting
from queries.filters import TimeRange

Unit = Literal["", "ratio", "ns", "per_second", "count", "usd", "bytes"]
Aggregate = Literal["avg", "min", "max", "last", "sum", "rate"]
AGGREGATES: Final[tuple[Aggregate, ...]] = ("avg", "min", "max", "last", "sum", "rate")

SEEN: Final = timedelta(days=14)
"""How far back the names of metrics and watched variables are looked for."""


@dataclass(frozen=True)
class Metric:
    """A metric as a rule asks for it. `says` is how an alert calls it.

    `points` are the names of the metrics and watched variables that it is read from, taken together
    by `aggregate`; without any it comes from spans.
    """

    name: str
    unit: Unit
    says: str
    what: str
    aliases: tuple[str, ...] = ()
    quantile: float | None = None
    points: tuple[str, ...] = ()
    aggregate: Aggregate = "avg"
    adds_up: bool = False
    """Whether it is 0, rather than unknown, when nothing happened."""


def _durations() -> Iterator[Metric]:
    for share in (50, 95, 99):
        yield Metric(
            f"duration.p{share}",
            "ns",
            f"p{share}",
            f"How long {share} % of the spans take at most.",
            (
                f"p{share}",
                *(
                    f"{name}.p{share}"
                    for name in ("response_time", "latency", "api.response_time", "api.latency")
                ),
            ),
            quantile=share / 100,
        )


METRICS: Final = (
    Metric("error_rate", "ratio", "error rate", "Share of the spans that failed."),
    Metric(
        "failure_rate",
        "ratio",
        "failure rate",
        "Share of the traces whose first span failed.",
    ),
    *_durations(),
    Metric(
        "throughput.spans",
        "per_second",
        "throughput",
        "Spans begun per second.",
        ("throughput",),
        adds_up=True,
    ),
    Metric(
        "throughput.traces",
        "per_second",
        "traces",
        "Traces begun per second.",
        ("request_rate",),
        adds_up=True,
    ),
    Metric("tokens", "count", "tokens", "Tokens of model calls, in and out.", adds_up=True),
    Metric("tokens.input", "count", "input tokens", "Tokens sent to models.", adds_up=True),
    Metric("tokens.output", "count", "output tokens", "Tokens that models wrote.", adds_up=True),
    Metric("cost", "usd", "cost", "Cost of model calls, as reported.", adds_up=True),
    Metric(
        "queue.depth",
        "count",
        "queue depth",
        "What waits in a queue, as last reported.",
        ("queue size", "queue depth", "queue_size", "queue.size"),
        points=("queue.depth", "queue.size", "queue_size", "queue_depth", "messaging.queue.depth"),
        aggregate="last",
    ),
    Metric(
        "confidence",
        "",
        "confidence",
        "How sure agents say they are, from 0 to 1.",
        points=("confidence", "gen_ai.confidence", "agent.confidence"),
    ),
    Metric(
        "memory",
        "ratio",
        "memory",
        "Share of the memory in use.",
        ("memory.utilization",),
        points=(
            "memory",
            "memory.utilization",
            "memory.percent",
            "memory_percent",
            "system.memory.utilization",
            "process.memory.utilization",
            "container.memory.utilization",
        ),
    ),
)
"""What a rule may ask in every org. Any other name is that of a metric or watched variable."""

BY_NAME: Final = {name: metric for metric in METRICS for name in (metric.name, *metric.aliases)}

_WITH_AGGREGATE = re.compile(rf"({'|'.join(AGGREGATES)})\s+(\S.*)", re.IGNORECASE)


def find(name: str) -> Metric:
    """The metric that a name means, such as `error_rate`, `avg confidence` or `metric:oil_c`.

    A name that is not in METRICS is taken for that of a metric or variable; `refusal` says whether
    there is one.
    """
    name = " ".join(name.split())
    if name.lower() in BY_NAME:
        return BY_NAME[name.lower()]
    found = _WITH_AGGREGATE.fullmatch(name)
    aggregate: Aggregate | None = None
    if found:
        aggregate = next(each for each in AGGREGATES if each == found[1].lower())
        name = found[2]
    known = BY_NAME.get(name.lower())
    if known and known.points and aggregate:
        return replace(known, aggregate=aggregate, says=f"{aggregate} {known.says}")
    bare = name.removeprefix("metric:")
    chosen = aggregate or "avg"
    return Metric(
        name=f"{chosen} metric:{bare}",
        unit="per_second" if chosen == "rate" else "",
        says=f"{chosen} {bare}" if aggregate else bare,
        what="A metric or watched variable that is sent here.",
        points=(bare,),
        aggregate=chosen,
    )


def is_own(metric: Metric) -> bool:
    """Whether the metric is known in every org, be it sent or not."""
    return any(metric.name == each.name for each in METRICS)


def known(scope: Scope, name: str, now: datetime) -> bool:
    """Whether a rule of the org may use this name."""
    return refusal(scope, name, now) is None


def refusal(scope: Scope, name: str, now: datetime) -> str | None:
    """Why a rule of the org cannot use this name, with the next step; None when it can."""
    if not name.strip():
        return "Name the metric that the rule watches, such as error_rate."
    metric = find(name)
    if is_own(metric):
        return None
    if metric.name.startswith(tuple(f"{each} metric:{own}" for each in AGGREGATES for own in _OWN)):
        return (
            f'The metric "{metric.points[0]}" comes from spans and is used as it is, '
            "without avg, min, max, last, sum or rate."
        )
    sent = [row["name"] for row in names(scope, now)]
    if metric.points[0] in sent:
        return None
    near = difflib.get_close_matches(name.lower(), [*BY_NAME, *sent], n=1, cutoff=0.6)
    hint = f' Did you mean "{near[0]}"?' if near else " Choose one of the list."
    return (
        f'No metric or watched variable named "{metric.points[0][:80]}" has been sent here.{hint}'
    )


_OWN: Final = tuple(metric.name for metric in METRICS if not metric.points)


def names(scope: Scope, now: datetime) -> list[dict[str, str]]:
    """Metrics and watched variables with numbers that the org sent lately: name, unit and kind."""
    range_ = TimeRange(now - SEEN, now + timedelta(minutes=5))
    return [dict(row) for row in alerting.names(scope, range_)]


# how numbers are said


def said(value: float | None, unit: str) -> str:
    """A value with its unit, as alerts say it."""
    if value is None:
        return "unknown"
    match unit:
        case "ratio":
            return f"{_short(value * 100)} %"
        case "ns":
            return lasting(value)
        case "per_second":
            return f"{_short(value)}/s"
        case "usd":
            return f"${value:,.2f}" if abs(value) >= 1 else f"${_short(value)}"
        case "bytes":
            return _bytes(value)
    return _short(value)


_LENGTHS: Final = (
    (86_400e9, "d"),
    (3_600e9, "h"),
    (60e9, "min"),
    (1e9, "s"),
    (1e6, "ms"),
    (1e3, "µs"),
)


def lasting(ns: float) -> str:
    """A duration in its greatest fitting unit, such as `812 ms` or `1.5 h`."""
    for length, unit in _LENGTHS:
        if abs(ns) >= length:
            return f"{_short(ns / length)} {unit}"
    return f"{_short(ns)} ns"


def _bytes(value: float) -> str:
    for power, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if abs(value) >= 1000**power:
            return f"{_short(value / 1000**power)} {unit}"
    return f"{_short(value)} B"


def _short(value: float) -> str:
    """Three figures, or all before the point."""
    if value and abs(value) < 1e-3:
        return f"{value:.3g}"
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
