"""The board: where every alert stands now, rule by rule and group by group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from access.scope import Scope
from alerts import silences, states
from alerts.rules import Rule, labels_of
from alerts.silences import Matcher
from alerts.store import rule_from
from records import models
from records.alerts import AlertHistory, AlertRule, AlertState
from records.store import Records

MOST: Final = 5_000
"""Alerts on the board; what is going on comes first."""

SPARKLINE: Final = timedelta(days=7)


class Tile(StrEnum):
    """The tiles above the board. An alert counts in every one that is true of it."""

    FIRING = "firing"
    PENDING = "pending"
    FLAPPING = "flapping"
    SNOOZED = "snoozed"
    NO_DATA = "no_data"
    OK = "ok"


_TILE_OF: Final = {
    "firing": Tile.FIRING,
    "recovering": Tile.FIRING,
    "pending": Tile.PENDING,
    "no_data": Tile.NO_DATA,
    "error": Tile.NO_DATA,
    "inactive": Tile.OK,
}
_RANK: Final = {"critical": 0, "warning": 1, "info": 2}
_STATE_RANK: Final = {
    state: rank
    for rank, state in enumerate(("firing", "error", "no_data", "recovering", "pending"))
}


@dataclass(frozen=True)
class Alert:
    """One group of a rule, and where it stands. `labels` are all that silences match."""

    rule: Rule
    group_key: str
    group: dict[str, str]
    labels: dict[str, str]
    state: str
    since: datetime
    incident_id: str | None
    opened_at: datetime | None
    value: float | None
    text: str
    crossings: tuple[bool, ...]
    evaluated_at: datetime | None
    snoozed_until: datetime | None
    snoozed_by: str
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str
    silenced_by: str

    @property
    def flapping(self) -> bool:
        return states.State(history=self.crossings).flapping

    def tiles(self, now: datetime) -> frozenset[Tile]:
        found = {_TILE_OF[self.state]}
        if self.flapping:
            found.add(Tile.FLAPPING)
        if self.snoozed_until and now < self.snoozed_until:
            found.add(Tile.SNOOZED)
        return frozenset(found)


@dataclass(frozen=True)
class Board:
    """Every alert of a scope, the most urgent first; `truncated` when there are even more."""

    alerts: tuple[Alert, ...]
    counts: dict[Tile, int]
    truncated: bool


@dataclass(frozen=True)
class Listed:
    """A rule as the list of rules shows it. `fired` are the times it fired in the last days."""

    rule: Rule
    updated_at: datetime
    updated_by: str
    state: str
    groups: int
    open: int
    evaluated_at: datetime | None
    next_at: datetime | None
    fired: tuple[datetime, ...]


def present(records: Records, scope: Scope, now: datetime) -> Board:
    """Every alert of the scope as it stands now."""
    with records.reading() as session:
        rows = _states(session, scope)
        quiet = silences.between(session, scope.orgs, now, now + silences.A_DAY)
    rules: dict[str, Rule] = {}
    found = [_alert(row, rules, quiet, now) for row in rows[:MOST]]
    alerts = tuple(sorted(found, key=_urgency))
    counts = Counter(tile for alert in alerts for tile in alert.tiles(now))
    return Board(alerts, {tile: counts[tile] for tile in Tile}, len(rows) > MOST)


def firing(records: Records, scope: Scope) -> int:
    """How many alerts of the scope fire, as their tile counts them."""
    states_of = [state for state, tile in _TILE_OF.items() if tile is Tile.FIRING]
    found = select(func.count()).where(
        AlertState.org.in_(scope.orgs), AlertState.state.in_(states_of)
    )
    with records.reading() as session:
        return session.scalar(found) or 0


def find(
    records: Records, scope: Scope, rule_id: str, group_key: str, now: datetime
) -> Alert | None:
    """One alert of the scope as it stands now; None when there is none, or none any more."""
    with records.reading() as session:
        rows = _states(session, scope, rule_id, group_key)
        quiet = silences.between(session, scope.orgs, now, now + silences.A_DAY)
    return _alert(rows[0], {}, quiet, now) if rows else None


def would_mute(
    records: Records, scope: Scope, matchers: Sequence[Matcher], now: datetime
) -> list[Alert]:
    """The alerts of the scope that a silence with these matchers would mute if it were active."""
    board = present(records, scope, now)
    return [alert for alert in board.alerts if silences.matches(matchers, alert.labels)]


def listed(records: Records, scope: Scope, now: datetime, lag: timedelta) -> list[Listed]:
    """The rules of the scope by name, with what became of them lately."""
    with records.reading() as session:
        rules = session.execute(
            select(AlertRule, models.Person.name)
            .outerjoin(models.Person, models.Person.id == AlertRule.updated_by)
            .where(AlertRule.org.in_(scope.orgs))
            .order_by(func.lower(AlertRule.name), AlertRule.id)
        ).all()
        standing = _by_rule(session, scope)
        fired = _fired(session, scope, now)
    return [
        _listed(row, by or "", standing.get(row.id, []), fired.get(row.id, []), now, lag)
        for row, by in rules
    ]


def _states(session: Session, scope: Scope, *one: str) -> list[Any]:
    """States with their rules and the names of who snoozed and acknowledged them; only that of one
    rule and group, when these are given."""
    snoozer, acknowledger = aliased(models.Person), aliased(models.Person)
    idle = case((AlertState.state == "inactive", 1), else_=0)
    key = (AlertState.rule_id, AlertState.group_key)
    return list(
        session.execute(
            select(AlertState, AlertRule, snoozer.name, acknowledger.name)
            .join(AlertRule, AlertRule.id == AlertState.rule_id)
            .outerjoin(snoozer, snoozer.id == AlertState.snoozed_by)
            .outerjoin(acknowledger, acknowledger.id == AlertState.acknowledged_by)
            .where(AlertState.org.in_(scope.orgs))
            .where(*(column == value for column, value in zip(key, one, strict=False)))
            .order_by(idle, AlertState.since.desc(), AlertState.rule_id, AlertState.group_key)
            .limit(MOST + 1)
        )
    )


def _alert(
    row: Any, rules: dict[str, Rule], quiet: Iterable[silences.Silence], now: datetime
) -> Alert:
    state, rule_row, snoozed_by, acknowledged_by = row
    rule = rules.setdefault(rule_row.id, rule_from(rule_row))
    group = _texts(state.labels)
    labels = labels_of(rule, tuple(sorted(group.items())))
    own = [silence for silence in quiet if silence.org == rule.org]
    return Alert(
        rule=rule,
        group_key=state.group_key,
        group=group,
        labels=labels,
        state=state.state,
        since=state.since,
        incident_id=state.incident_id,
        opened_at=state.opened_at,
        value=state.value,
        text=state.text,
        crossings=tuple(bool(verdict) for verdict in state.history),
        evaluated_at=state.evaluated_at,
        snoozed_until=state.snoozed_until,
        snoozed_by=snoozed_by or "",
        acknowledged_at=state.acknowledged_at,
        acknowledged_by=acknowledged_by or "",
        note=state.acknowledged_note,
        silenced_by=silences.muting(own)(labels, now),
    )


def _urgency(alert: Alert) -> tuple[Any, ...]:
    """What fires first, the most severe of it before, the newest of these before."""
    return (
        _STATE_RANK.get(alert.state, len(_STATE_RANK)),
        _RANK[alert.rule.severity],
        -alert.since.timestamp(),
        alert.rule.name,
        alert.group_key,
    )


def _by_rule(session: Session, scope: Scope) -> dict[str, list[Any]]:
    """For each rule the number of its groups in each state, and when they were last evaluated."""
    found = session.execute(
        select(
            AlertState.rule_id,
            AlertState.state,
            func.count(),
            func.count(AlertState.incident_id),
            func.max(AlertState.evaluated_at),
        )
        .where(AlertState.org.in_(scope.orgs))
        .group_by(AlertState.rule_id, AlertState.state)
    )
    by_rule = defaultdict(list)
    for rule_id, *rest in found:
        by_rule[rule_id].append(rest)
    return by_rule


def _fired(session: Session, scope: Scope, now: datetime) -> dict[str, list[datetime]]:
    found = session.execute(
        select(AlertHistory.rule_id, AlertHistory.at)
        .where(
            AlertHistory.org.in_(scope.orgs),
            AlertHistory.kind == "fired",
            AlertHistory.at > now - SPARKLINE,
        )
        .order_by(AlertHistory.at)
    )
    by_rule = defaultdict(list)
    for rule_id, at in found:
        by_rule[rule_id].append(at)
    return by_rule


def _listed(
    row: AlertRule,
    by: str,
    standing: list[Any],
    fired: list[datetime],
    now: datetime,
    lag: timedelta,
) -> Listed:
    rule = rule_from(row)
    at = max((last for *_, last in standing if last), default=None)
    worst = min(
        (state for state, *_ in standing), key=lambda s: _STATE_RANK.get(s, 9), default="inactive"
    )
    return Listed(
        rule=rule,
        updated_at=row.updated_at,
        updated_by=by,
        state=worst if rule.enabled else "off",
        groups=sum(groups for _, groups, *_ in standing),
        open=sum(incidents for _, _, incidents, _ in standing),
        evaluated_at=at,
        next_at=next_run(rule, now, lag) if rule.enabled else None,
        fired=tuple(fired),
    )


def next_run(rule: Rule, now: datetime, lag: timedelta) -> datetime:
    """When the next instant of a rule is evaluated: `lag` after it."""
    since = (now - lag).timestamp()
    every = rule.every.total_seconds()
    instant = datetime.fromtimestamp((since // every + 1) * every, now.tzinfo)
    return instant + lag


def _texts(labels: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in sorted(labels.items())}
