"""Ingest keys: each names the org its telemetry belongs to. Only a hash is kept, shown once.

A key is `obs_<12 hex id>_<43 url-safe characters>`; the id finds the row, the rest proves it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import ColumnElement, or_, select, update

from access import audit
from access.clock import utc_now
from access.errors import BadValue, Forbidden, NotFound, OrgDisabled, UnknownKey
from access.people import Person
from records import models
from records.store import Records, RecordsError

KEY = re.compile(r"obs_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
SCHEME = "bearer"
SECRET_BYTES = 32
PREFIX_LENGTH = len("obs_") + 12

KNOWN_FOR = timedelta(seconds=5)
KNOWN_MOST = 10_000
USED_EVERY = timedelta(minutes=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class IssuedKey:
    """A new key. `secret` is the whole key and is never seen again."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class _Known:
    """What the records said about a key, and until when that is believed."""

    org: str
    disabled: bool
    until: datetime


def issue(records: Records, org: str, name: str, made_by: Person | None) -> IssuedKey:
    """Make a key for `org`. `made_by` is None when the program itself makes it.

    Raises NotFound for an org the person may not see, Forbidden when it is not theirs to manage.
    """
    if made_by is not None:
        refuse_unless_manager(made_by, org)
    if not 0 < len(name.strip()) <= models.NAME_LENGTH:
        raise BadValue(f"The name of a key has 1 to {models.NAME_LENGTH} characters.")
    key_id = secrets.token_hex(6)
    secret = f"obs_{key_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    maker = made_by.id if made_by else None
    with records.session() as session:
        if session.get(models.Org, org) is None:
            raise NotFound(f"There is no organisation {org!r}.")
        session.add(
            models.IngestKey(
                id=key_id,
                org=org,
                name=name.strip(),
                prefix=secret[:PREFIX_LENGTH],
                key_hash=hash_of(secret),
                created_at=utc_now(),
                created_by=maker,
            )
        )
        audit.record(session, "key.issued", person=maker, org=org, subject=key_id)
    return IssuedKey(key_id, secret)


def revoke(records: Records, key_id: str, by: Person) -> None:
    """Refuse a key from now on; every process does within a few seconds."""
    with records.session() as session:
        key = session.get(models.IngestKey, key_id)
        if key is None:
            raise NotFound
        refuse_unless_manager(by, key.org)
        if key.revoked_at is None:
            key.revoked_at = utc_now()
            audit.record(session, "key.revoked", person=by.id, org=key.org, subject=key_id)


def refuse_unless_manager(person: Person, org: str) -> None:
    """Raise unless `person` may manage the keys of `org`."""
    if org not in {choice.slug for choice in person.orgs}:
        raise NotFound
    roles = {member.role for member in person.memberships if member.org == org}
    if person.role != "alias_admin" and not roles & {"owner", "admin"}:
        raise Forbidden


def key_id_of(authorization: str | None) -> str | None:
    """The id of the key in an Authorization header, whether or not there is such a key."""
    try:
        return _parts(authorization)[0]
    except UnknownKey:
        return None


def hash_of(secret: str) -> str:
    """What is kept of a key. It is 256 random bits, so a fast hash is as good as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()


class KeyRing:
    """Answers whose telemetry a request carries, from memory for a few seconds.

    Only keys that exist are remembered, so guesses cannot push good ones out.
    """

    def __init__(self, records: Records, now: Callable[[], datetime] = utc_now) -> None:
        self._records = records
        self._now = now
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = Lock()

    def org_of(self, authorization: str | None) -> str:
        """The org named by an Authorization header such as `Bearer obs_…`.

        Raises UnknownKey, OrgDisabled, or RecordsError when the records are out of reach.
        """
        key_id, key_hash = _parts(authorization)
        now = self._now()
        known = self._remembered(key_hash, now) or self._looked_up(key_id, key_hash, now)
        if known.disabled:
            raise OrgDisabled
        return known.org

    def _remembered(self, key_hash: str, now: datetime) -> _Known | None:
        with self._lock:
            known = self._known.get(key_hash)
        return known if known and now < known.until else None

    def _looked_up(self, key_id: str, key_hash: str, now: datetime) -> _Known:
        key, disabled = self._row(key_id)
        if key is None or not hmac.compare_digest(key.key_hash, key_hash) or key.revoked_at:
            self._forget(key_hash)
            raise UnknownKey
        self._note_use(key, now)
        known = _Known(key.org, disabled, now + KNOWN_FOR)
        self._remember(key_hash, known)
        return known

    def _row(self, key_id: str) -> tuple[models.IngestKey | None, bool]:
        with self._records.reading() as session:
            found = session.execute(
                select(models.IngestKey, models.Org.disabled_at)
                .join(models.Org, models.Org.slug == models.IngestKey.org)
                .where(models.IngestKey.id == key_id)
            ).one_or_none()
        return (None, False) if found is None else (found[0], found[1] is not None)

    def _remember(self, key_hash: str, known: _Known) -> None:
        with self._lock:
            self._known[key_hash] = known
            self._known.move_to_end(key_hash)
            while len(self._known) > KNOWN_MOST:
                self._known.popitem(last=False)

    def _forget(self, key_hash: str) -> None:
        with self._lock:
            self._known.pop(key_hash, None)

    def _note_use(self, key: models.IngestKey, now: datetime) -> None:
        """Keep `last_used_at` fresh to the minute; telemetry is not refused when that fails."""
        if key.last_used_at and now - key.last_used_at < USED_EVERY:
            return
        try:
            with self._records.session() as session:
                session.execute(
                    update(models.IngestKey)
                    .where(models.IngestKey.id == key.id, _unused_since(now - USED_EVERY))
                    .values(last_used_at=now)
                )
        except RecordsError as error:
            log.warning("The last use of key %s was not noted: %s", key.id, error)


def _parts(authorization: str | None) -> tuple[str, str]:
    """The id and the hash of the key in the header; a header of any other form is UnknownKey."""
    scheme, _, key = (authorization or "").strip().partition(" ")
    found = KEY.fullmatch(key.strip())
    if scheme.lower() != SCHEME or found is None:
        raise UnknownKey
    return found.group(1), hash_of(found.group())


def _unused_since(moment: datetime) -> ColumnElement[bool]:
    used = models.IngestKey.last_used_at
    return or_(used.is_(None), used <= moment)
