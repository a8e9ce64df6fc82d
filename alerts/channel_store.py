"""Channels as people keep them: named, tried, switched off and on, their secrets never shown again.

Each change needs the right to edit and leaves a row in the audit log, without the secrets.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from access import audit
from access.clock import utc_now
from access.errors import NotFound
from access.people import Person
from access.scope import Scope
from alerts import rights
from alerts.channels.kinds import KINDS
from alerts.channels.messages import one_line
from alerts.channels.ways import Ways
from alerts.errors import Problem, Refused
from alerts.secrets import Secret, SecretError, Vault
from records import alerts as tables
from records.store import Records

MOST = 50
LONGEST_NAME = 80
MISSING = "There is no such channel, or none that you may see."

Row = tables.AlertChannel


@dataclass(frozen=True)
class KeptChannel:
    """A channel as people see it. `config` holds nothing secret."""

    id: str
    org: str
    kind: str
    name: str
    config: Mapping[str, Any]
    enabled: bool
    disabled_reason: str
    created_at: datetime
    updated_at: datetime

    @property
    def shown(self) -> str:
        """Where it leads, as far as everybody may know."""
        return str(self.config.get("shown") or ", ".join(self.config.get("to", ())))


@dataclass(frozen=True)
class Created:
    """A new channel. `signing` is what its receiver checks with; it is never seen again."""

    channel: KeptChannel
    signing: str = field(default="", repr=False)


@dataclass(frozen=True)
class ChannelStore:
    """The channels in the records, with what it takes to seal and to check them."""

    records: Records
    vault: Vault
    ways: Ways

    def all(self, person: Person, scope: Scope) -> list[KeptChannel]:
        """The org's channels by name."""
        org = rights.require(person, scope, "read")
        with self.records.reading() as session:
            rows = session.scalars(
                select(Row).where(Row.org == org).order_by(func.lower(Row.name), Row.id)
            )
            return [_kept(row) for row in rows]

    def create(
        self, person: Person, scope: Scope, kind: str, name: str, given: Mapping[str, Any]
    ) -> Created:
        """Keep a channel. Raises Refused with what is wrong with which field."""
        org = rights.require(person, scope, "edit")
        config, secret = self._taken(kind, given)
        now = utc_now()
        row = Row(
            id=uuid4().hex,
            org=org,
            kind=kind,
            name=_name(name),
            config=config,
            enabled=True,
            disabled_reason="",
            created_at=now,
            updated_at=now,
        )
        row.secret = self.vault.seal(row.id, secret)
        with self.records.session() as session:
            if _count(session, org) >= MOST:
                raise Refused([Problem("name", f"An organisation has {MOST} channels at most.")])
            _write(session, row)
            _record(session, person, row, "alert_channel.created", None)
        return Created(_kept(row), secret.signing)

    def update(
        self,
        person: Person,
        scope: Scope,
        channel_id: str,
        *,
        name: str,
        given: Mapping[str, Any] | None = None,
    ) -> KeptChannel:
        """Rename a channel, or give it another address or key; what it signs with stays."""
        org = rights.require(person, scope, "edit")
        kind = self.find(person, scope, channel_id).kind
        # names are resolved here, so no transaction is open meanwhile
        taken = self._taken(kind, given) if given else None
        with self.records.session() as session:
            row = _row(session, org, channel_id)
            before = _audited(row)
            row.name, row.updated_at = _name(name), utc_now()
            if taken:
                row.config, secret = taken
                row.secret = self.vault.seal(row.id, self._signing_as_before(row, secret))
            _write(session, row)
            readdressed = {"readdressed": True} if taken else {}
            _record(session, person, row, "alert_channel.updated", before, readdressed)
            return _kept(row)

    def find(self, person: Person, scope: Scope, channel_id: str) -> KeptChannel:
        """Raises NotFound, for a channel of another org as for one that does not exist."""
        org = rights.require(person, scope, "read")
        with self.records.reading() as session:
            return _kept(_row(session, org, channel_id))

    def switch(self, person: Person, scope: Scope, channel_id: str, on: bool) -> KeptChannel:
        """Switch a channel on or off. Off, notifications for it end undelivered, and say so."""
        org = rights.require(person, scope, "edit")
        with self.records.session() as session:
            row = _row(session, org, channel_id)
            before = _audited(row)
            row.enabled, row.updated_at = on, utc_now()
            row.disabled_reason = "" if on else f"{person.name} switched it off."
            _record(session, person, row, "alert_channel.switched", before)
            return _kept(row)

    def rotate(self, person: Person, scope: Scope, channel_id: str) -> Created:
        """Sign with a new secret; the old one goes on signing beside it for a day."""
        org = rights.require(person, scope, "edit")
        with self.records.session() as session:
            row = _row(session, org, channel_id)
            secret = self.vault.open(row.id, row.secret or "")
            if not secret.signing:
                raise Refused([Problem("kind", "Only webhooks are signed.")])
            rotated = secret.rotated(utc_now())
            row.secret, row.updated_at = self.vault.seal(row.id, rotated), utc_now()
            _record(session, person, row, "alert_channel.rotated", _audited(row))
            return Created(_kept(row), rotated.signing)

    def delete(self, person: Person, scope: Scope, channel_id: str) -> None:
        """Forget a channel and its secret. What waits for it ends undelivered, and says so."""
        org = rights.require(person, scope, "edit")
        with self.records.session() as session:
            row = _row(session, org, channel_id)
            _record(session, person, row, "alert_channel.deleted", _audited(row), gone=True)
            session.execute(delete(Row).where(Row.id == channel_id, Row.org == org))

    def test(self, person: Person, scope: Scope, channel_id: str) -> str:
        """Put a test into the outbox, also for a channel that is off; its id, to ask about it.

        It is tried once, at once, and waits behind nothing.
        """
        org = rights.require(person, scope, "edit")
        now = utc_now()
        with self.records.session() as session:
            row = _row(session, org, channel_id)
            key = str(uuid4())
            session.add(
                tables.AlertNotification(
                    id=key,
                    org=org,
                    channel_id=row.id,
                    kind="test",
                    payload=_test_payload(person, row, now),
                    created_at=now,
                    due_at=now,
                )
            )
            _record(session, person, row, "alert_channel.tested", _audited(row))
        return key

    def _taken(self, kind: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], Secret]:
        known = KINDS.get(kind)
        if known is None:
            raise Refused([Problem("kind", f"A channel is one of {', '.join(KINDS)}.")])
        return known.taken(given, self.ways)

    def _signing_as_before(self, row: tables.AlertChannel, secret: Secret) -> Secret:
        """The new address with the old signature, unless the old secret is lost."""
        if not secret.signing:
            return secret
        try:
            old = self.vault.open(row.id, row.secret or "")
        except SecretError:
            return secret
        return Secret(secret.address, old.signing, old.before, old.before_until)


_in_use: ContextVar[ChannelStore | None] = ContextVar("channel_store", default=None)


def use(store: ChannelStore) -> None:
    """Let the present context, such as one request, keep its channels in `store`."""
    _in_use.set(store)


def the_channels() -> ChannelStore:
    store = _in_use.get()
    if store is None:
        raise RuntimeError("alerts.channel_store.use was not called")
    return store


def _row(session: Session, org: str, channel_id: str) -> tables.AlertChannel:
    row = session.scalar(select(Row).where(Row.id == channel_id, Row.org == org))
    if row is None:
        raise NotFound(MISSING)
    return row


def _count(session: Session, org: str) -> int:
    return session.scalar(select(func.count()).select_from(Row).where(Row.org == org)) or 0


def _name(name: str) -> str:
    cleaned = one_line(name)
    if not 0 < len(cleaned) <= LONGEST_NAME:
        sentence = f"Give the channel a name of 1 to {LONGEST_NAME} characters."
        raise Refused([Problem("name", sentence)])
    return cleaned


def _write(session: Session, row: tables.AlertChannel) -> None:
    """Insert or update in a savepoint, so that a name that is taken ends in a sentence."""
    name = row.name
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        sentence = f"There is a channel {name!r} already. Choose another name."
        raise Refused([Problem("name", sentence)]) from error


def _audited(row: tables.AlertChannel) -> dict[str, Any]:
    """What the audit log may know of a channel."""
    return {
        "kind": row.kind,
        "name": row.name,
        "config": dict(row.config),
        "enabled": row.enabled,
    }


def _record(
    session: Session,
    person: Person,
    row: tables.AlertChannel,
    action: str,
    before: dict[str, Any] | None,
    more: Mapping[str, Any] | None = None,
    *,
    gone: bool = False,
) -> None:
    details = {"before": before, "after": None if gone else _audited(row), **(more or {})}
    audit.record(session, action, person=person.id, org=row.org, subject=row.id, details=details)


def _test_payload(person: Person, row: tables.AlertChannel, now: datetime) -> dict[str, Any]:
    return {
        "kind": "test",
        "severity": "info",
        "rule": "Test of a channel",
        "title": f"Test: {row.name}",
        "text": f"{person.name} tries the channel {row.name}. Nothing is wrong.",
        "labels": {},
        "value": None,
        "began_at": now.isoformat(),
        "at": now.isoformat(),
    }


def _kept(row: tables.AlertChannel) -> KeptChannel:
    return KeptChannel(
        id=row.id,
        org=row.org,
        kind=row.kind,
        name=row.name,
        config=dict(row.config),
        enabled=row.enabled,
        disabled_reason=row.disabled_reason,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
