"""Parts of the evaluator's tests: rules in the records, numbers that are the same in every process,
a clock that the test moves, and what was written in a form that can be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from access.scope import Scope
from alerts.evaluator import Evaluator
from alerts.judging import Measuring, Run
from alerts.lease import Lease
from alerts.readings import Reading
from alerts.replay import Replay
from alerts.rules import Labels, Rule, Threshold
from alerts.spec import spec_of
from records import alerts as tables
from records.store import Records

MINUTE = timedelta(minutes=1)
LAG = timedelta(seconds=15)
START = datetime(2026, 3, 10, 12, tzinfo=UTC)

GROUPS: tuple[Labels, ...] = ((("service", "checkout"),), (("service", "search"),))


def scattered(
    scope: Scope, rule: Rule, instants: Sequence[datetime]
) -> Iterator[tuple[datetime, list[Reading]]]:
    """Above and below the limit for a few minutes each, sometimes missing: by hash, not chance."""
    for at in instants:
        yield at, [r for labels in GROUPS for r in _reading(rule, labels, at)]


def _reading(rule: Rule, labels: Labels, at: datetime) -> list[Reading]:
    stretch = int(at.timestamp() // 60) // 3
    digest = hashlib.sha256(f"{rule.name}/{labels}/{stretch}".encode()).digest()
    value = float(digest[0] % 10)
    if digest[1] % 8 == 0:
        return []
    text = f"{value:g}, limit 5"
    return [Reading(labels, value, value > 5, value < 4, text, at - rule.window, at)]


def a_rule(name: str = "slow", **more: Any) -> Rule:
    condition = Threshold(metric="error_rate", comparator=">", limit=0.05)
    kept = {"id": name.encode().hex(), "org": "acme", "condition": condition, "every": MINUTE}
    return Rule(name=name, **{"revision": 1, **kept, **more})  # type: ignore[arg-type]


def keep(records: Records, *rules: Rule) -> None:
    """Put rules into the records as they are, without asking what they measure."""
    with records.session() as session:
        for rule in rules:
            session.merge(
                tables.AlertRule(
                    id=rule.id,
                    org=rule.org,
                    name=rule.name,
                    spec=spec_of(rule),
                    revision=rule.revision,
                    enabled=rule.enabled,
                    created_at=START,
                    updated_at=START,
                )
            )


def channel(records: Records, name: str = "ops", org: str = "acme") -> str:
    with records.session() as session:
        session.add(
            tables.AlertChannel(
                id=f"{org}-{name}",
                org=org,
                kind="webhook",
                name=name,
                created_at=START,
                updated_at=START,
            )
        )
    return f"{org}-{name}"


@dataclass
class Clock:
    """The present of a test."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Watch:
    """An evaluator over some records, at a time that the test moves."""

    records: Records
    measure: Measuring = scattered
    name: str = "one"
    clock: Clock = field(default_factory=Clock)
    seconds: float = 0.0
    lag: timedelta = LAG

    def __post_init__(self) -> None:
        self.lease = Lease(self.records, "alerts", self.name, clock=lambda: self.seconds)
        self.evaluator = Evaluator(
            self.records, self.lease, self.measure, lag=self.lag, clock=self.clock
        )

    def until(self, at: datetime) -> None:
        """Everything up to and with the instant `at`."""
        self.clock.at = at + self.lag
        self.lease.beat()
        self.evaluator.settle()

    def close(self) -> None:
        self.evaluator.close()


@dataclass(frozen=True)
class Written:
    """What the records say of a rule: the same three lists as a replay."""

    evaluations: list[Run]
    changes: list[tuple[Any, ...]]
    notices: list[tuple[Any, ...]]


def written(records: Records, rule: Rule) -> Written:
    with records.reading() as session:
        run, turn, told = tables.AlertEvaluation, tables.AlertHistory, tables.AlertInbox
        runs = session.scalars(select(run).where(run.rule_id == rule.id).order_by(run.id))
        turns = session.scalars(select(turn).where(turn.rule_id == rule.id).order_by(turn.id))
        inbox = session.scalars(select(told).where(told.rule_id == rule.id).order_by(told.id))
        return Written(
            by_group([_run(row) for row in runs]),
            sorted((_labels(t), t.at, t.kind, t.incident_id, t.value, t.text) for t in turns),
            sorted((i.incident_id, i.title.split(":")[0], i.text) for i in inbox),
        )


def replayed(replay: Replay) -> Written:
    """A replay in the same form."""
    words = {"firing": "Firing", "resolved": "Resolved", "reminder": "Still firing"}
    return Written(
        by_group(replay.evaluations),
        sorted(
            (t.labels, t.change.at, t.change.kind, t.incident_id, t.change.value, t.change.text)
            for t in replay.changes
        ),
        sorted((n.incident_id, words[n.kind], n.text) for n in replay.notices),
    )


def by_group(runs: list[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: (run.labels, run.first_at))


def _run(row: tables.AlertEvaluation) -> Run:
    return Run(
        _labels(row),
        row.state,
        row.reason,
        row.first_at,
        row.last_at,
        row.evaluations,
        row.value,
        row.text,
    )


def _labels(row: Any) -> Labels:
    return tuple(sorted(row.labels.items()))


def changed(rule: Rule, **more: Any) -> Rule:
    """The rule as it is after a change."""
    return replace(rule, revision=rule.revision + 1, **more)
