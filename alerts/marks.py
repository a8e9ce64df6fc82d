"""Marks: what a person does about an alert. Each is a row of its history and of the audit log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from access import audit
from access.errors import NotFound
from access.people import CONTROL, Person
from access.scope import Scope
from alerts.errors import Problem, Refused
from alerts.rights import require
from records import models
from records.alerts import AlertHistory, AlertRule, AlertState
from records.store import Records

LONGEST_NOTE: Final = 2_000
LONGEST_SNOOZE: Final = timedelta(days=30)
ABSENT: Final = "There is no such alert, or none that you may see."


def acknowledge(
    records: Records,
    person: Person,
    scope: Scope,
    rule_id: str,
    group_key: str,
    note: str,
    now: datetime,
) -> None:
    """Say that somebody looks after it, until it ends. Raises Refused when it has ended, or when
    somebody said so before."""
    require(person, scope, "mark")
    note = _note(note, needed=False)
    with records.session() as session:
        row, rule = _to_mark(session, scope, rule_id, group_key)
        if row.incident_id is None:
            raise _refused("This alert has ended meanwhile: there is nothing to acknowledge.")
        if row.acknowledged_at is not None:
            by = session.get(models.Person, row.acknowledged_by) if row.acknowledged_by else None
            raise _refused(f"{by.name if by else 'Somebody'} has acknowledged it already.")
        row.acknowledged_at, row.acknowledged_by, row.acknowledged_note = now, person.id, note
        _happened(session, person, row, "acknowledged", note, now)
        _audit(session, person, rule, row, "alert.acknowledged", {}, {"note": note})


def take_back(
    records: Records, person: Person, scope: Scope, rule_id: str, group_key: str, now: datetime
) -> None:
    """Nobody looks after it any more; nothing happens when nobody did."""
    require(person, scope, "mark")
    with records.session() as session:
        row, rule = _to_mark(session, scope, rule_id, group_key)
        if row.acknowledged_at is None:
            return
        before = {"note": row.acknowledged_note, "by": row.acknowledged_by}
        row.acknowledged_at, row.acknowledged_by, row.acknowledged_note = None, None, ""
        _happened(session, person, row, "unacknowledged", "", now)
        _audit(session, person, rule, row, "alert.unacknowledged", before, {})


def snooze(
    records: Records,
    person: Person,
    scope: Scope,
    rule_id: str,
    group_key: str,
    until: datetime | None,
    now: datetime,
) -> None:
    """Tell nobody of this alert until then, and go on recording it; None ends that."""
    require(person, scope, "mark")
    if until is not None and until <= now:
        raise _refused("This time is over already. Choose a later one.", "until")
    if until is not None and until - now > LONGEST_SNOOZE:
        raise _refused(
            f"An alert is snoozed for at most {LONGEST_SNOOZE.days} days. "
            "Turn the rule off, or silence it.",
            "until",
        )
    with records.session() as session:
        row, rule = _to_mark(session, scope, rule_id, group_key)
        before = {"until": row.snoozed_until.isoformat() if row.snoozed_until else None}
        if until is None and row.snoozed_until is None:
            return
        row.snoozed_until, row.snoozed_by = until, person.id if until else None
        shown = f"until {until:%Y-%m-%d %H:%M:%S} UTC" if until else ""
        _happened(session, person, row, "snoozed" if until else "unsnoozed", shown, now)
        after = {"until": until.isoformat() if until else None}
        _audit(session, person, rule, row, "alert.snoozed", before, after)


def note(
    records: Records, person: Person, scope: Scope, incident_id: str, text: str, now: datetime
) -> None:
    """Write down what was found out about an incident, also long after it ended."""
    require(person, scope, "mark")
    text = _note(text, needed=True)
    with records.session() as session:
        last = session.scalar(
            select(AlertHistory)
            .where(AlertHistory.incident_id == incident_id, AlertHistory.org.in_(scope.orgs))
            .order_by(AlertHistory.id.desc())
            .limit(1)
        )
        if last is None:
            raise NotFound("There is no such incident, or none that you may see.")
        _happened(session, person, last, "note", text, now)
        rule = session.get(AlertRule, last.rule_id)
        _audit(session, person, rule, last, "alert.noted", {}, {"note": text})


def _to_mark(
    session: Session, scope: Scope, rule_id: str, group_key: str
) -> tuple[AlertState, AlertRule]:
    found = session.execute(
        select(AlertState, AlertRule)
        .join(AlertRule, AlertRule.id == AlertState.rule_id)
        .where(
            AlertState.rule_id == rule_id,
            AlertState.group_key == group_key,
            AlertState.org.in_(scope.orgs),
        )
        .with_for_update(of=AlertState)
    ).one_or_none()
    if found is None:
        raise NotFound(ABSENT)
    state, rule = found
    return state, rule


def _happened(
    session: Session,
    person: Person,
    of: AlertState | AlertHistory,
    kind: str,
    text: str,
    now: datetime,
) -> None:
    session.add(
        AlertHistory(
            org=of.org,
            rule_id=of.rule_id,
            incident_id=of.incident_id,
            group_key=of.group_key,
            labels=dict(of.labels),
            at=now,
            kind=kind,
            value=of.value,
            text=text,
            person_id=person.id,
        )
    )


def _audit(
    session: Session,
    person: Person,
    rule: AlertRule | None,
    of: AlertState | AlertHistory,
    action: str,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    audit.record(
        session,
        action,
        person=person.id,
        org=of.org,
        subject=rule.name if rule else of.rule_id,
        details={
            "rule_id": of.rule_id,
            "incident_id": of.incident_id,
            "labels": dict(of.labels),
            "before": before,
            "after": after,
        },
    )


def _note(text: str, *, needed: bool) -> str:
    """Lines of text without other control characters."""
    cleaned = "\n".join(CONTROL.sub(" ", line).rstrip() for line in text.strip().splitlines())
    if needed and not cleaned:
        raise _refused("Write down what was found out.", "note")
    if len(cleaned) > LONGEST_NOTE:
        raise _refused(f"A note has at most {LONGEST_NOTE:,} characters.", "note")
    return cleaned


def _refused(sentence: str, field: str = "") -> Refused:
    return Refused([Problem(field, sentence)])
