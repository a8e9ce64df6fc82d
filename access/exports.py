"""Exports: who took which rows away, how it ended, and the receipt of it.

The one idea: an export that runs is a row that says so; whoever changes that row has ended it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from access import audit
from access.errors import BadValue, NotFound
from access.people import Person
from records import models
from records.models import ExportState
from records.store import Records

ID = re.compile(r"[0-9a-f]{32}")

LONGEST = timedelta(hours=2)
"""What still runs after this has no process any more."""


@dataclass(frozen=True)
class Asked:
    """What is exported. `search` is the query string of the link, with absolute times."""

    id: str
    org: str | None
    format: str
    search: str
    zone: str
    version: int | None


@dataclass(frozen=True)
class Written:
    """What came out of it so far; the digest is of the whole file."""

    rows: int = 0
    bytes: int = 0
    sha256: str | None = None


@dataclass(frozen=True)
class Receipt:
    """An export, as it is remembered."""

    asked: Asked
    written: Written
    state: ExportState
    started_at: datetime
    finished_at: datetime | None
    person: str
    email: str


def begin(
    records: Records, person: Person, asked: Asked, now: datetime, address: str | None = None
) -> None:
    """Remember that an export has begun. Raises BadValue for an id that is malformed or taken."""
    if not ID.fullmatch(asked.id):
        raise BadValue("An export's id has 32 hexadecimal digits.")
    row = models.Export(
        person_id=person.id, started_at=now, state="running", rows=0, bytes=0, **vars(asked)
    )
    try:
        with records.session() as session:
            session.add(row)
            _note(session, "export.started", person.id, asked, {}, now, address)
    except IntegrityError as error:
        raise BadValue("There is an export with this id already.") from error


def progress(records: Records, export_id: str, written: Written) -> bool:
    """Remember how far it came; False when it was cancelled meanwhile."""
    with records.session() as session:
        return _change(session, export_id, rows=written.rows, bytes=written.bytes)


def end(
    records: Records, export_id: str, state: ExportState, written: Written, now: datetime
) -> bool:
    """Remember how it ended; False when it had ended already."""
    with records.session() as session:
        row = session.get(models.Export, export_id)
        if row is None or not _change(
            session, export_id, state=state, finished_at=now, **vars(written)
        ):
            return False
        _note(session, f"export.{state}", row.person_id, _asked(row), vars(written), now, None)
        return True


def cancel(records: Records, person: Person, export_id: str, now: datetime) -> bool:
    """End an export of one's own; False when it had ended already. Raises NotFound."""
    found = receipt(records, person, export_id)
    return end(records, export_id, "cancelled", found.written, now)


def receipt(records: Records, person: Person, export_id: str) -> Receipt:
    """An export of one's own, or for staff any. Raises NotFound."""
    question = (
        select(models.Export, models.Person)
        .join(models.Person, models.Person.id == models.Export.person_id)
        .where(models.Export.id == export_id)
    )
    if not person.is_staff:
        question = question.where(models.Export.person_id == person.id)
    with records.reading() as session:
        found = session.execute(question).one_or_none()
        if found is None:
            raise NotFound
        row, who = found
        return Receipt(
            asked=_asked(row),
            written=Written(row.rows, row.bytes, row.sha256),
            state=row.state,
            started_at=row.started_at,
            finished_at=row.finished_at,
            person=who.name,
            email=who.email,
        )


def forget_lost(records: Records, now: datetime) -> int:
    """Exports whose process ended before they did are failed; how many there were."""
    with records.session() as session:
        lost = session.scalars(
            select(models.Export.id).where(
                models.Export.state == "running", models.Export.started_at < now - LONGEST
            )
        ).all()
        return sum(_change(session, each, state="failed", finished_at=now) for each in lost)


def _change(session: Session, export_id: str, **changes: Any) -> bool:
    """Change an export that runs; whether it did."""
    changed = session.execute(
        update(models.Export)
        .where(models.Export.id == export_id, models.Export.state == "running")
        .values(**changes)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def _asked(row: models.Export) -> Asked:
    return Asked(row.id, row.org, row.format, row.search, row.zone, row.version)


def _note(
    session: Session,
    action: str,
    person: str,
    asked: Asked,
    details: dict[str, Any],
    now: datetime,
    address: str | None,
) -> None:
    audit.record(
        session,
        action,
        person=person,
        org=asked.org,
        subject=asked.id,
        details={"format": asked.format, "search": asked.search, **details},
        address=address,
        at=now,
    )
