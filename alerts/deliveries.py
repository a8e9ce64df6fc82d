"""Deliveries: what became of notifications – each attempt with its answer, and dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update

from access import audit
from access.people import Person
from access.scope import Scope
from alerts import rights
from records import alerts as tables
from records.store import Records

MOST = 200
KEPT_FOR = timedelta(days=90)

Row = tables.AlertNotification
Attempt = tables.AlertDelivery


@dataclass(frozen=True)
class Outgoing:
    """A notification on its way, or at its end."""

    id: str
    channel_id: str
    rule_id: str | None
    incident_id: str | None
    kind: str
    title: str
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    last_status: int | None
    last_error: str | None


@dataclass(frozen=True)
class Delivery:
    """One attempt. `answer` is what the endpoint said: hostile text."""

    notification_id: str
    channel_id: str
    kind: str
    title: str
    at: datetime
    status: int | None
    seconds: float
    answer: str
    error: str | None


def log(
    records: Records,
    person: Person,
    scope: Scope,
    *,
    channel_id: str | None = None,
    notification_id: str | None = None,
    before: datetime | None = None,
    most: int = 50,
) -> list[Delivery]:
    """Attempts to send, newest first; `before` continues after the last one shown."""
    org = rights.require(person, scope, "read")
    asked = select(Attempt, Row).join(Row, Row.id == Attempt.notification_id)
    asked = asked.where(Attempt.org == org, Row.org == org)
    if channel_id is not None:
        asked = asked.where(Row.channel_id == channel_id)
    if notification_id is not None:
        asked = asked.where(Row.id == notification_id)
    if before is not None:
        asked = asked.where(Attempt.at < before)
    asked = asked.order_by(Attempt.at.desc(), Attempt.id.desc()).limit(min(most, MOST))
    with records.reading() as session:
        return [_delivery(attempt, row) for attempt, row in session.execute(asked)]


def outgoing(
    records: Records,
    person: Person,
    scope: Scope,
    *,
    states: Sequence[str] = ("waiting", "sending", "dead"),
    incident_id: str | None = None,
    notification_id: str | None = None,
    most: int = 50,
) -> list[Outgoing]:
    """Notifications in these states, newest first: what waits, and the dead letters."""
    org = rights.require(person, scope, "read")
    asked = select(Row).where(Row.org == org, Row.state.in_(states))
    if incident_id is not None:
        asked = asked.where(Row.incident_id == incident_id)
    if notification_id is not None:
        asked = asked.where(Row.id == notification_id)
    asked = asked.order_by(Row.created_at.desc(), Row.id).limit(min(most, MOST))
    with records.reading() as session:
        return [_outgoing(row) for row in session.scalars(asked)]


def replay(
    records: Records, person: Person, scope: Scope, ids: Sequence[str], now: datetime
) -> int:
    """Send dead letters again, as if they were new; how many it were."""
    org = rights.require(person, scope, "edit")
    dead = (Row.org == org, Row.id.in_(list(ids)[:MOST]), Row.state == "dead", Row.kind != "test")
    values = {
        "state": "waiting",
        "attempts": 0,
        "due_at": now,
        "created_at": now,
        "last_error": None,
    }
    with records.session() as session:
        again = session.scalars(select(Row.id).where(*dead)).all()
        found = session.execute(update(Row).where(*dead).values(values))
        if again:
            details = {"notifications": sorted(again)}
            audit.record(
                session, "alert_notifications.replayed", person=person.id, org=org, details=details
            )
    return cast("CursorResult[Any]", found).rowcount


def forget(records: Records, now: datetime) -> None:
    """Drop what is over and older than KEPT_FOR, with its attempts."""
    over = (Row.created_at < now - KEPT_FOR, Row.state.in_(("sent", "dead", "cancelled")))
    with records.session() as session:
        session.execute(delete(Row).where(*over))


def _delivery(attempt: tables.AlertDelivery, row: tables.AlertNotification) -> Delivery:
    return Delivery(
        notification_id=row.id,
        channel_id=row.channel_id,
        kind=row.kind,
        title=str(row.payload.get("title", "")),
        at=attempt.at,
        status=attempt.status,
        seconds=attempt.seconds,
        answer=attempt.answer,
        error=attempt.error,
    )


def _outgoing(row: tables.AlertNotification) -> Outgoing:
    return Outgoing(
        id=row.id,
        channel_id=row.channel_id,
        rule_id=row.rule_id,
        incident_id=row.incident_id,
        kind=row.kind,
        title=str(row.payload.get("title", "")),
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        due_at=row.due_at,
        sent_at=row.sent_at,
        last_status=row.last_status,
        last_error=row.last_error,
    )
