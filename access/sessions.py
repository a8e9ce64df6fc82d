"""Sessions: a random token in the browser's cookie, its hash in the records; sign-out ends it."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, Result, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from records import models
from records.store import Records

TOKEN_BYTES = 32
USER_AGENT_LENGTH = 300
SEEN_EVERY = timedelta(minutes=1)

# Pages ask again every few seconds, perhaps in two tabs for two orgs; an hour apart is a new visit.
VISIT_LASTS = timedelta(hours=1)


def open_session(
    session: Session, person_id: str, *, now: datetime, hours: int, user_agent: str
) -> str:
    """Begin a session and return the token for the cookie; it is not kept anywhere else."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        models.SignIn(
            id=id_of(token),
            person_id=person_id,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
            last_seen_at=now,
            user_agent=user_agent[:USER_AGENT_LENGTH],
        )
    )
    return token


def find(session: Session, token: str, now: datetime) -> models.SignIn | None:
    """The live session of this token."""
    found = session.get(models.SignIn, id_of(token))
    if found is None or found.expires_at <= now:
        return None
    return found


def person_of(session: Session, signed_in: models.SignIn) -> models.Person | None:
    """Who a session belongs to, unless they have been disabled since."""
    return session.scalar(
        select(models.Person).where(
            models.Person.id == signed_in.person_id, models.Person.disabled_at.is_(None)
        )
    )


def stale(signed_in: models.SignIn, now: datetime) -> bool:
    """Whether it is time to note again that the session is in use: at most once a minute."""
    return now - signed_in.last_seen_at >= SEEN_EVERY


def touch(session: Session, session_id: str, now: datetime) -> None:
    """Note that the session is in use."""
    session.execute(
        update(models.SignIn).where(models.SignIn.id == session_id).values(last_seen_at=now)
    )


def close_session(session: Session, token: str) -> None:
    """End a session; one that is gone already is fine."""
    session.execute(delete(models.SignIn).where(models.SignIn.id == id_of(token)))


def purge_expired(records: Records, now: datetime) -> int:
    """Delete the sessions that are over and say how many there were."""
    with records.session() as session:
        return _rows(session.execute(delete(models.SignIn).where(models.SignIn.expires_at <= now)))


def visited_lately(session: Session, session_id: str, org: str, now: datetime) -> bool:
    """Whether this session of staff counts as being in `org` already."""
    last = _last_visit(session, session_id, org)
    return last is not None and now - last < VISIT_LASTS


def begin_visit(session: Session, session_id: str, org: str, now: datetime) -> bool:
    """Note that a session of staff enters `org`; True for the one caller who did.

    A page asks several questions at once; the one that changes the row owns the visit.
    """
    last = _last_visit(session, session_id, org)
    if last is None:
        return _first_visit(session, session_id, org, now)
    return now - last >= VISIT_LASTS and _next_visit(session, session_id, org, last, now)


def id_of(token: str) -> str:
    """What is kept of a token. It is 256 random bits, so a fast hash is as good as a slow one."""
    return hashlib.sha256(token.encode()).hexdigest()


def _last_visit(session: Session, session_id: str, org: str) -> datetime | None:
    return session.scalar(
        select(models.Visit.entered_at).where(
            models.Visit.session_id == session_id, models.Visit.org == org
        )
    )


def _first_visit(session: Session, session_id: str, org: str, now: datetime) -> bool:
    try:
        with session.begin_nested():
            session.add(models.Visit(session_id=session_id, org=org, entered_at=now))
    except IntegrityError:
        return False
    return True


def _next_visit(session: Session, session_id: str, org: str, last: datetime, now: datetime) -> bool:
    changed = session.execute(
        update(models.Visit)
        .where(
            models.Visit.session_id == session_id,
            models.Visit.org == org,
            models.Visit.entered_at == last,
        )
        .values(entered_at=now)
    )
    return _rows(changed) == 1


def _rows(result: Result[tuple[object, ...]]) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
