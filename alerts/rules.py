"""Rules: what to watch for and how patiently. All values are frozen; a rule belongs to one org.

The one idea: a rule says what it asks in the metric's own unit (ns, ratio, …) and in timedeltas, so
that nothing downstream parses or converts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from hashlib import sha256
from json import dumps
from typing import Final, Literal

Severity = Literal["info", "warning", "critical"]
NoData = Literal["alert", "ok", "keep"]
"""What no data means: an alert of its own, all is well, or the state stays as it was."""

Comparator = Literal[">", ">=", "<", "<="]
Stale = Literal["frozen", "silent", "lagging"]
Measure = Literal["cost", "tokens"]
Period = Literal["day", "month"]
Spender = Literal["org", "agent", "model"]
Sender = Literal["agent", "service"]
Direction = Literal["above", "below", "both"]

Labels = tuple[tuple[str, str], ...]
"""Names and values, sorted by name."""

ZERO: Final = timedelta(0)
SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Staleness:
    """A watched variable that is frozen, silent or lagging; globs None mean any.

    `ignore` lists values that may repeat; between `ignore_from` and `ignore_until` in `zone`
    only, when these are given, which may lie over midnight.
    """

    kind: Stale
    process: str | None = None
    data: str | None = None
    more_than: int = 5
    tolerance: float = 0.0
    lasting: timedelta = ZERO
    ignore: tuple[str, ...] = ()
    ignore_from: time | None = None
    ignore_until: time | None = None
    zone: str = "UTC"
    silent_for: timedelta = 10 * MINUTE
    lag: timedelta = 5 * MINUTE
    roster: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A metric against a limit in the metric's unit; with `by`, one alert per group."""

    metric: str
    comparator: Comparator
    limit: float
    recovery: float | None = None
    by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What may be spent in a calendar day or month of `zone`; `warn_at` are shares of the limit."""

    measure: Measure
    period: Period
    limit: float
    by: Spender = "org"
    warn_at: tuple[float, ...] = (0.5, 0.8, 1.0)
    forecast: bool = False
    zone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """An agent or service not seen for a time; names on the roster must be seen at all."""

    of: Sender
    names: str | None = None
    roster: tuple[str, ...] = ()
    silent_for: timedelta = 10 * MINUTE


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """A metric away from its median at this hour of the week, by `sensitivity` deviations."""

    metric: str
    by: tuple[str, ...] = ()
    sensitivity: float = 4.0
    direction: Direction = "both"
    minimum_weeks: int = 2


@dataclass(frozen=True, kw_only=True)
class SqlQuery:
    """A select over the org's views: its first column is the value, the others are labels."""

    sql: str
    comparator: Comparator
    limit: float
    recovery: float | None = None


@dataclass(frozen=True, kw_only=True)
class Failures:
    """An external service that failed so many times in a row."""

    service: str = "*"
    in_a_row: int = 3


Condition = Staleness | Threshold | Budget | Heartbeat | Anomaly | SqlQuery | Failures

TYPES: Final[dict[str, type[Condition]]] = {
    "staleness": Staleness,
    "threshold": Threshold,
    "budget": Budget,
    "heartbeat": Heartbeat,
    "anomaly": Anomaly,
    "sql_query": SqlQuery,
    "failures": Failures,
}
"""Every type of rule under its word in records, YAML and labels."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is watched, how often, how patiently, and whom it tells.

    The evaluation of the instant T reads [T - window, T); instants are the whole multiples of
    `every` since 1970. `id` is "" and `revision` 0 until it is saved.
    """

    name: str
    condition: Condition
    id: str = ""
    org: str = ""
    description: str = ""
    severity: Severity = "warning"
    search: str = ""
    every: timedelta = MINUTE
    window: timedelta = 5 * MINUTE
    for_: timedelta = ZERO
    keep_firing: timedelta = ZERO
    no_data: NoData = "keep"
    cooldown: timedelta = ZERO
    labels: Labels = ()
    channels: tuple[str, ...] = ()
    enabled: bool = True
    revision: int = 0


def type_of(condition: Condition) -> str:
    """The word for the type of a condition."""
    return next(word for word, type_ in TYPES.items() if type_ is type(condition))


def group_key(labels: Labels) -> str:
    """The same short text for the same labels, in whatever order they come."""
    return sha256(dumps(sorted(labels)).encode()).hexdigest()


def labels_of(rule: Rule, group: Labels = ()) -> dict[str, str]:
    """All labels of an alert, as silences match them: the rule's own win over the group's."""
    return {
        **dict(group),
        **dict(rule.labels),
        "rule": rule.name,
        "type": type_of(rule.condition),
        "severity": rule.severity,
    }
