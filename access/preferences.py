"""Preferences: what a person chose once and finds again. Nobody else ever sees them."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from access.clock import utc_now
from access.errors import BadValue
from access.people import Person
from records import models
from records.store import Records

NAME = re.compile(r"[a-z][a-z._-]{0,63}")
MOST_CHARACTERS = 8_000


def chosen(records: Records, person: Person, name: str) -> dict[str, Any] | None:
    """What `person` chose under `name`; None when nothing."""
    with records.reading() as session:
        row = session.get(models.Preference, (person.id, name))
        return None if row is None else row.value


def choose(records: Records, person: Person, name: str, value: dict[str, Any]) -> None:
    """Remember `value`; it takes the place of the one before."""
    if not NAME.fullmatch(name):
        raise BadValue(f"{name[:70]!r} cannot name a preference.")
    if len(json.dumps(value)) > MOST_CHARACTERS:
        raise BadValue("This is too much to remember. Choose less.")
    with records.session() as session:
        if not _changed(session, person, name, value):
            _add(session, person, name, value)


def forget(records: Records, person: Person, name: str) -> None:
    """Back to the default."""
    with records.session() as session:
        session.execute(delete(models.Preference).where(*_this(person, name)))


def _changed(session: Session, person: Person, name: str, value: dict[str, Any]) -> bool:
    """Whether there was a row to write to."""
    change = update(models.Preference).where(*_this(person, name))
    done = session.execute(change.values(value=value, updated_at=utc_now()))
    return cast("CursorResult[Any]", done).rowcount == 1


def _add(session: Session, person: Person, name: str, value: dict[str, Any]) -> None:
    row = models.Preference(person_id=person.id, name=name, value=value, updated_at=utc_now())
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # the same person chose in another window at the same moment: the later one wins
        _changed(session, person, name, value)


def _this(person: Person, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return models.Preference.person_id == person.id, models.Preference.name == name
