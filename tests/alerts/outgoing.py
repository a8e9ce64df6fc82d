"""What tests of the outbox share: notifications as an evaluation writes them, and a sender."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from cast import World
from endpoints import until
from sqlalchemy import select

from alerts.channel_store import ChannelStore
from alerts.channels.ways import Ways
from alerts.outbox import Sender
from alerts.outward import Outward
from records import alerts as tables
from records.store import Records

INSIDE = Outward(allow_private=True, seconds=2.0)


def message(kind: str = "firing", **changes: Any) -> dict[str, Any]:
    """What an evaluation puts into the outbox."""
    now = datetime.now(UTC).isoformat()
    made = {
        "kind": kind,
        "severity": "critical",
        "rule": "Slow checkout",
        "title": f"{kind.capitalize()}: Slow checkout (service checkout)",
        "text": "p95 812 ms, above 500 ms",
        "description": "",
        "labels": {"service": "checkout", "team": "payments"},
        "value": 812.0,
        "began_at": now,
        "at": now,
    }
    return made | changes


def put(
    records: Records,
    org: str,
    channel: str,
    *,
    incident: str = "",
    kind: str = "firing",
    sequence: int = 0,
    **changes: Any,
) -> str:
    """A row of the outbox; its id."""
    now = datetime.now(UTC)
    row: dict[str, Any] = {
        "id": str(uuid4()),
        "org": org,
        "rule_id": "r1",
        "incident_id": incident or uuid4().hex,
        "channel_id": channel,
        "kind": kind,
        "sequence": sequence,
        "payload": message(kind),
        "created_at": now,
        "due_at": now,
        "attempts": 0,
        "state": "waiting",
    }
    with records.session() as session:
        session.add(tables.AlertNotification(**(row | changes)))
    return str((row | changes)["id"])


def kept(records: Records, key: str) -> tables.AlertNotification:
    with records.reading() as session:
        row = session.get(tables.AlertNotification, key)
        assert row is not None
        session.expunge(row)
        return row


def states(records: Records) -> dict[str, str]:
    with records.reading() as session:
        rows = session.execute(select(tables.AlertNotification.id, tables.AlertNotification.state))
        return {key: state for key, state in rows}  # noqa: C416


def store(world: World, ways: Ways | None = None) -> ChannelStore:
    """The world's channels, which may reach the servers of this machine."""
    return replace(world.app.channels, ways=ways or Ways(outward=INSIDE))


def webhook(world: World, url: str, who: str = "alice", org: str = "acme") -> Any:
    scope = world.scope(who, org)
    name = f"hook {uuid4().hex[:8]}"
    return store(world).create(world.person(who), scope, "webhook", name, {"url": url})


def sender(world: World, **options: Any) -> Sender:
    ways = options.pop("ways", Ways(outward=INSIDE, base="https://observatory.example.com"))
    return Sender(world.app.records, world.app.channels.vault, ways, **options)


def pumped(sending: Sender, true: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Pump until something is true."""

    def pump() -> Any:
        sending.pump()
        return true()

    return until(pump, seconds)
