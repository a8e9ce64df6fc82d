"""Alerts for tests: a rule of an org, evaluated over what it sent by what evaluates it live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cast import NOW, World, span

from access.scope import scope_of_org
from alerts import board, ledger, measures, silences, store
from alerts.board import Alert
from alerts.judging import walk
from alerts.rules import Rule, Threshold

LAG = timedelta(seconds=15)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Fired:
    """What was made: the rule, and its alerts as they stand, the most urgent first."""

    rule: Rule
    alerts: tuple[Alert, ...]

    @property
    def key(self) -> str:
        """The most urgent alert as the URL names it."""
        return f"{self.rule.id}.{self.alerts[0].group_key}"


def broken(world: World, org: str = "acme", service: str = "checkout", *, spans: int = 6) -> None:
    """A service whose spans all failed, half an hour to a minute ago."""
    made = [
        span("pay", trace=50 + n, number=1, ago=1500.0 - 250 * n, error="Timeout")
        for n in range(spans)
    ]
    world.send(org, *made, service=service)


def fire(
    world: World,
    *,
    who: str = "alice",
    org: str = "acme",
    name: str = "Errors",
    limit: float = 0.5,
    past: timedelta = 30 * MINUTE,
    severity: str = "critical",
) -> Fired:
    """A rule that fires for every service that fails, and its past written down until now."""
    scope = world.scope(who, org)
    condition = Threshold(metric="error_rate", comparator=">", limit=limit, by=("service",))
    wanted = Rule(name=name, condition=condition, window=10 * MINUTE, severity=severity)  # type: ignore[arg-type]
    rule = store.create(world.app.records, world.person(who), scope, wanted, NOW)
    instants = measures.instants(rule, NOW - past, NOW - LAG)
    muting = silences.muting(())
    judged = walk(scope_of_org(org), rule, instants, {}, measures.measure, muting, LAG)
    with world.app.records.session() as session:
        ledger.write(session, [ledger.Evaluated(rule, list(judged))], ledger.Runs(), NOW)
    return Fired(rule, standing(world, rule, who, org))


def standing(world: World, rule: Rule, who: str = "alice", org: str = "acme") -> tuple[Alert, ...]:
    found = board.present(world.app.records, world.scope(who, org), NOW).alerts
    return tuple(alert for alert in found if alert.rule.id == rule.id)
