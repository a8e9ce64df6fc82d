"""The ledger: where alerts stand, and what an evaluation writes down about them.

The one idea: everything that an evaluation did is written in one transaction – state, reason,
history and what is to be sent – or nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from alerts.judging import (
    Judged,
    Run,
    Standing,
    Standings,
    continued,
    ended,
    incident_id,
    mark,
    run_of,
)
from alerts.notices import Notice
from alerts.rules import Labels, Rule, group_key, labels_of, type_of
from alerts.states import State
from records import alerts as tables

Row = dict[str, Any]


@dataclass
class Kept:
    """Where the alerts of a rule stand, and the mark of what the rule asked then."""

    standings: Standings = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Evaluated:
    """What the evaluation of some instants of a rule made of its alerts, in order."""

    rule: Rule
    judged: list[Judged]


class Runs:
    """The last run of every alert, remembered by the one process that writes them."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, Labels], tuple[int, Run]] = {}

    def forget(self) -> None:
        """Read them again: another process may have written, or a transaction came to nothing."""
        self._last.clear()

    def write(self, session: Session, evaluated: Collection[Evaluated]) -> None:
        """Lengthen the last runs and begin new ones."""
        self._recall(session, evaluated)
        longer: dict[int, Run] = {}
        for one in evaluated:
            for judged in one.judged:
                self._add(session, one.rule, judged, longer)
        _update(session, tables.AlertEvaluation, [_lengthened(*item) for item in longer.items()])

    def _add(self, session: Session, rule: Rule, judged: Judged, longer: dict[int, Run]) -> None:
        key = (rule.id, judged.labels)
        row, last = self._last.get(key, (0, None))
        run = continued(last, judged)
        if run is None:
            run = run_of(judged)
            row = _begun(session, rule, run)
        else:
            longer[row] = run
        self._last[key] = (row, run)

    def _recall(self, session: Session, evaluated: Collection[Evaluated]) -> None:
        """Read the last run of every alert that is not remembered yet."""
        table = tables.AlertEvaluation
        for one in evaluated:
            wanted = {j.labels for j in one.judged if (one.rule.id, j.labels) not in self._last}
            for labels in wanted:
                row = session.scalar(
                    select(table)
                    .where(table.rule_id == one.rule.id, table.group_key == group_key(labels))
                    .order_by(table.last_at.desc(), table.id.desc())
                    .limit(1)
                )
                if row is not None:
                    self._last[(one.rule.id, labels)] = (row.id, _run(labels, row))


def positions(session: Session) -> dict[str, datetime]:
    """The last instant that each rule was evaluated for."""
    table = tables.AlertState
    found = session.execute(
        select(table.rule_id, func.max(table.evaluated_at)).group_by(table.rule_id)
    )
    return {rule: at for rule, at in found if at is not None}


def standing(session: Session, rules: Collection[str]) -> dict[str, Kept]:
    """Where the alerts of these rules stand."""
    kept: dict[str, Kept] = {rule: Kept() for rule in rules}
    table = tables.AlertState
    for row in session.scalars(select(table).where(table.rule_id.in_(list(rules)))):
        kept[row.rule_id].standings[_labels(row.labels)] = _standing(row)
        kept[row.rule_id].marks.add(row.measured_as)
    return kept


def write(session: Session, evaluated: Collection[Evaluated], runs: Runs, now: datetime) -> None:
    """Write down what was evaluated; `now` is when it becomes known."""
    runs.write(session, evaluated)
    _write_states(session, evaluated)
    _insert(session, tables.AlertHistory, [row for one in evaluated for row in _history(one)])
    told = [(one.rule, judged) for one in evaluated for judged in one.judged if judged.notice]
    _insert(session, tables.AlertInbox, [_inbox(rule, judged, now) for rule, judged in told])
    channels = _channels(session, {channel for rule, _ in told for channel in rule.channels})
    _insert(
        session,
        tables.AlertNotification,
        [
            _notification(rule, judged, channel, now)
            for rule, judged in told
            for channel in rule.channels
            if (rule.org, channel) in channels
        ],
    )


def ending(session: Session, rule: Rule, at: datetime, why: str) -> Evaluated:
    """The end of all alerts of a rule, to be written; whoever was told of one is told so."""
    standings = standing(session, [rule.id])[rule.id].standings
    return Evaluated(rule, [ended(rule, *item, at, why) for item in standings.items()])


# states


def _write_states(session: Session, evaluated: Collection[Evaluated]) -> None:
    table = tables.AlertState
    changed: list[Row] = []
    rules = [one.rule.id for one in evaluated]
    rows = session.execute(select(table.rule_id, table.group_key).where(table.rule_id.in_(rules)))
    known = {(rule, key) for rule, key in rows}
    for one in evaluated:
        last = {judged.labels: judged for judged in one.judged}
        for judged in last.values():
            row = _state(one.rule, judged)
            if judged.forgotten:
                _forget(session, one.rule, judged.labels)
            elif (one.rule.id, row["group_key"]) in known:
                changed.append(row)
            else:
                session.add(table(**row))
    session.flush()
    _update(session, table, [row for row in changed if row["incident_id"]])
    # an acknowledgement ends with the alert
    nothing = {"acknowledged_at": None, "acknowledged_by": None, "acknowledged_note": ""}
    _update(session, table, [row | nothing for row in changed if not row["incident_id"]])


def _forget(session: Session, rule: Rule, labels: Labels) -> None:
    table = tables.AlertState
    session.execute(
        delete(table).where(table.rule_id == rule.id, table.group_key == group_key(labels))
    )


def _state(rule: Rule, judged: Judged) -> Row:
    state, standing = judged.state, judged.standing
    return {
        "rule_id": rule.id,
        "group_key": group_key(judged.labels),
        "org": rule.org,
        "labels": dict(judged.labels),
        "state": state.phase,
        "since": state.since or judged.at,
        "incident_id": incident_id(rule, judged.labels, state.incident) if state.incident else None,
        "opened_at": state.incident,
        "missing_since": state.missing_since,
        "measured_as": mark(rule),
        "value": state.value,
        "text": judged.reason.text,
        "history": [int(verdict) for verdict in state.history],
        "pending_count": state.count,
        "last_notified_at": standing.notified_at,
        "evaluated_at": judged.at,
        "revision": rule.revision,
    }


def _standing(row: tables.AlertState) -> Standing:
    state = State(
        phase=row.state,
        since=row.since,
        incident=row.opened_at,
        count=row.pending_count,
        missing_since=row.missing_since,
        history=tuple(bool(verdict) for verdict in row.history),
        value=row.value,
        text=row.text,
        evaluated_at=row.evaluated_at,
    )
    return Standing(state, row.snoozed_until, row.acknowledged_at, row.last_notified_at)


def _labels(kept: dict[str, Any]) -> Labels:
    return tuple(sorted((name, str(value)) for name, value in kept.items()))


# evaluations and history


def _begun(session: Session, rule: Rule, run: Run) -> int:
    row = tables.AlertEvaluation(
        org=rule.org,
        rule_id=rule.id,
        group_key=group_key(run.labels),
        labels=dict(run.labels),
        first_at=run.first_at,
        last_at=run.last_at,
        evaluations=run.evaluations,
        value=run.value,
        state=run.state,
        reason=run.reason,
        text=run.text,
    )
    session.add(row)
    session.flush()
    return row.id


def _lengthened(row: int, run: Run) -> Row:
    return {
        "id": row,
        "last_at": run.last_at,
        "evaluations": run.evaluations,
        "value": run.value,
        "text": run.text,
    }


def _run(labels: Labels, row: tables.AlertEvaluation) -> Run:
    return Run(
        labels,
        row.state,
        row.reason,
        row.first_at,
        row.last_at,
        row.evaluations,
        row.value,
        row.text,
    )


def _history(one: Evaluated) -> Iterable[Row]:
    for judged in one.judged:
        opened = judged.step.incident
        for change in judged.step.changes:
            yield {
                "org": one.rule.org,
                "rule_id": one.rule.id,
                "incident_id": incident_id(one.rule, judged.labels, opened) if opened else None,
                "group_key": group_key(judged.labels),
                "labels": dict(judged.labels),
                "at": change.at,
                "kind": change.kind,
                "value": change.value,
                "text": change.text,
            }


# notices


def _inbox(rule: Rule, judged: Judged, now: datetime) -> Row:
    notice = _notice(judged)
    return {
        "org": rule.org,
        "rule_id": rule.id,
        "incident_id": incident_id(rule, judged.labels, notice.incident),
        "at": now,
        "severity": rule.severity,
        "title": title(rule, judged.labels, notice),
        "text": judged.reason.text,
        "link": "",
    }


def _notification(rule: Rule, judged: Judged, channel: str, now: datetime) -> Row:
    notice = _notice(judged)
    incident = incident_id(rule, judged.labels, notice.incident)
    sequence = _sequence(rule.every, notice)
    return {
        "id": str(uuid5(NAMESPACE_URL, f"{incident}/{channel}/{notice.kind}/{sequence}")),
        "org": rule.org,
        "rule_id": rule.id,
        "incident_id": incident,
        "channel_id": channel,
        "kind": notice.kind,
        "sequence": sequence,
        "payload": payload(rule, judged),
        "created_at": now,
        "due_at": now,
        "attempts": 0,
        "state": "waiting",
    }


def payload(rule: Rule, judged: Judged) -> Row:
    """What a notice says, in the inbox and through every channel."""
    notice = _notice(judged)
    return {
        "kind": notice.kind,
        "org": rule.org,
        "rule_id": rule.id,
        "rule": rule.name,
        "type": type_of(rule.condition),
        "description": rule.description,
        "severity": rule.severity,
        "title": title(rule, judged.labels, notice),
        "text": judged.reason.text,
        "labels": labels_of(rule, judged.labels),
        "group": dict(judged.labels),
        "group_key": group_key(judged.labels),
        "incident_id": incident_id(rule, judged.labels, notice.incident),
        "value": judged.state.value,
        "state": judged.state.phase,
        "began_at": notice.incident.isoformat(),
        "at": notice.at.isoformat(),
    }


def title(rule: Rule, labels: Labels, notice: Notice) -> str:
    """One line: what happened to which alert."""
    group = ", ".join(f"{name} {value}" for name, value in labels)
    word = {"firing": "Firing", "resolved": "Resolved", "reminder": "Still firing"}[notice.kind]
    return f"{word}: {rule.name}" + (f" ({group})" if group else "")


def _notice(judged: Judged) -> Notice:
    if judged.notice is None:
        raise ValueError("This evaluation told nobody.")
    return judged.notice


def _sequence(every: timedelta, notice: Notice) -> int:
    """Which evaluation of the incident it is: later notices have larger numbers."""
    return (notice.at - notice.incident) // every


def _channels(session: Session, ids: Collection[str]) -> set[tuple[str, str]]:
    """The channels among these that still are, each with the org that it belongs to."""
    table = tables.AlertChannel
    rows = session.execute(select(table.org, table.id).where(table.id.in_(list(ids))))
    return {(org, channel) for org, channel in rows}


def _insert(session: Session, table: type[Any], rows: list[Row]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _update(session: Session, table: type[Any], rows: list[Row]) -> None:
    """Many rows by their primary keys, in one statement."""
    if rows:
        session.execute(update(table), rows)
