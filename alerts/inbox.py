"""The inbox: notices that everybody in the org reads in the page, and how far each has read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from access.people import Person
from access.scope import Scope
from records import alerts as tables
from records.store import Records

MOST = 200
MOST_COUNTED = 100
"""Beyond this the bell says 99+."""

Row = tables.AlertInbox
Read = tables.AlertRead


@dataclass(frozen=True)
class InboxNotice:
    """A notice. `title` and `text` are hostile text."""

    id: int
    org: str
    at: datetime
    severity: str
    title: str
    text: str
    rule_id: str | None
    incident_id: str | None
    unread: bool


def notices(
    records: Records, person: Person, scope: Scope, *, before: int | None = None, most: int = 50
) -> list[InboxNotice]:
    """Notices of the scope, newest first; `before` is the id of the last one shown."""
    asked = select(Row).where(Row.org.in_(scope.orgs))
    if before is not None:
        asked = asked.where(Row.id < before)
    asked = asked.order_by(Row.id.desc()).limit(min(most, MOST))
    with records.reading() as session:
        read = _read(session, person)
        return [_notice(row, read.get(row.org, 0)) for row in session.scalars(asked)]


def unread(records: Records, person: Person, scope: Scope) -> int:
    """How many notices of the scope the person has not read; counted up to MOST_COUNTED."""
    with records.reading() as session:
        read = _read(session, person)
        left = MOST_COUNTED
        for org in sorted(scope.orgs):
            newer = select(Row.id).where(Row.org == org, Row.id > read.get(org, 0)).limit(left)
            left -= session.scalar(select(func.count()).select_from(newer.subquery())) or 0
            if not left:
                break
    return MOST_COUNTED - left


def mark_read(records: Records, person: Person, scope: Scope, up_to: int, now: datetime) -> None:
    """The person has read every notice of the scope up to and with `up_to`."""
    with records.session() as session:
        # a number beyond the newest would hide notices that are still to come
        up_to = min(up_to, session.scalar(select(func.max(Row.id))) or 0)
        for org in sorted(scope.orgs):
            row = session.get(Read, (person.id, org))
            if row is None:
                row = Read(person_id=person.id, org=org, read_until=0, at=now)
                session.add(row)
            # two windows may say it out of order
            row.read_until, row.at = max(row.read_until, up_to), now


def _read(session: Session, person: Person) -> dict[str, int]:
    rows = session.execute(select(Read.org, Read.read_until).where(Read.person_id == person.id))
    return {org: until for org, until in rows}  # noqa: C416 - rows are no pairs to the types


def _notice(row: tables.AlertInbox, read_until: int) -> InboxNotice:
    return InboxNotice(
        id=row.id,
        org=row.org,
        at=row.at,
        severity=row.severity,
        title=row.title,
        text=row.text,
        rule_id=row.rule_id,
        incident_id=row.incident_id,
        unread=row.id > read_until,
    )
