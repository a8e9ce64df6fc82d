"""The outbox: takes notifications from the records, sends them, and marks them afterwards.

A lane is a channel of an org. Each lane has one thread while it has something to send, so a slow
endpoint delays nobody else. A notification is claimed by compare-and-set, and marked only after
sending: who is killed in between sends it again, under the same id.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode
from uuid import uuid4

from sqlalchemy import ColumnElement, CursorResult, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from access import audit
from alerts import backoff
from alerts.channels import results
from alerts.channels.kinds import KINDS, Kind
from alerts.channels.messages import Channel, Notification, message_of
from alerts.channels.results import Failed, Result, Sent
from alerts.channels.ways import Ways
from alerts.clock import SteadyClock
from alerts.secrets import SecretError, Vault
from records import alerts as tables
from records.store import Records, RecordsError

log = logging.getLogger(__name__)

MOST_THREADS = 64
MOST_OF_AN_ORG = 8
IN_A_ROW = 20
"""Notifications that a lane sends before others get its thread."""

CLAIM = timedelta(seconds=60)
BEAT_SECONDS = 1.0
ORPHANED_SECONDS = 5.0
"""A claim that nobody has renewed for so long is of a process that is no more."""

AGAIN_AT_ONCE = results.LONGEST_WAIT + backoff.LONGEST
WRITE_AGAIN = (0.2, 1.0, 3.0)

NO_CHANNEL = "The channel was deleted. Choose another one for the rule."
UNREADABLE = "This notification cannot be read. Look at the rule's history instead."

Row = tables.AlertNotification


@dataclass(frozen=True)
class Lane:
    """A channel of an org; tests of a channel do not wait behind what fails."""

    org: str
    channel: str
    test: bool = False


@dataclass(frozen=True)
class Claim:
    """A notification that is ours to send, and what it is sent with."""

    id: str
    lane: Lane
    payload: Mapping[str, Any] = field(repr=False)
    incident: str
    attempts: int
    created_at: datetime


@dataclass
class _Rest:
    """Why a lane is left alone: so many failures in a row, until then by the steady seconds."""

    failures: int = 0
    until: float = 0.0


class Sender:
    """Sends what is in the outbox, for as long as `pump` is called."""

    def __init__(
        self,
        records: Records,
        vault: Vault,
        ways: Ways,
        *,
        now: Callable[[], datetime] | None = None,
        seconds: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        kinds: Mapping[str, Kind] = KINDS,
    ) -> None:
        self.name = uuid4().hex
        self._records, self._vault, self._ways, self._kinds = records, vault, ways, kinds
        self._now = now or SteadyClock().now
        self._seconds, self._jitter = seconds, jitter
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._running: dict[Lane, threading.Thread] = {}
        self._under_way: set[str] = set()
        self._rests: dict[Lane, _Rest] = {}
        self._foreign: dict[str, tuple[object, float]] = {}
        self._beaten = 0.0

    def pump(self) -> None:
        """Free what was orphaned, and give a thread to every lane that has something to send."""
        if self._closing.is_set():
            return
        self._beat()
        self._free_orphans()
        with self._records.reading() as session:
            waiting = _lanes(session, self._now())
        for lane in self._chosen(waiting):
            self._start(lane)

    def close(self, seconds: float = 15.0) -> None:
        """Begin nothing more, and wait for what is under way."""
        self._closing.set()
        deadline = time.monotonic() + seconds
        while (running := self._threads()) and time.monotonic() < deadline:
            running[0].join(max(0.0, min(0.5, deadline - time.monotonic())))
            self._beat()

    # lanes

    def _chosen(self, waiting: list[Lane]) -> list[Lane]:
        """The lanes that begin now: those of orgs with the fewest under way before the others."""
        with self._lock:
            busy = Counter(lane.org for lane in self._running)
            free = MOST_THREADS - len(self._running)
            rested = [
                lane for lane in waiting if lane not in self._running and self._is_rested(lane)
            ]
        chosen: list[Lane] = []
        while rested and len(chosen) < free:
            lane = min(rested, key=lambda lane: busy[lane.org])
            if busy[lane.org] >= MOST_OF_AN_ORG:
                break
            rested.remove(lane)
            chosen.append(lane)
            busy[lane.org] += 1
        return chosen

    def _start(self, lane: Lane) -> None:
        thread = threading.Thread(
            target=self._send_all, args=(lane,), name=f"send-{lane.channel[:8]}", daemon=True
        )
        with self._lock:
            self._running[lane] = thread
        thread.start()

    def _threads(self) -> list[threading.Thread]:
        with self._lock:
            return list(self._running.values())

    def _send_all(self, lane: Lane) -> None:
        """Send what the lane has, one after the other, until it is empty or had its turn."""
        try:
            for _ in range(IN_A_ROW):
                if self._closing.is_set() or not self._is_rested(lane):
                    return
                claim = self._claim(lane)
                if claim is None:
                    return
                self._send(claim)
        except RecordsError:
            log.warning("the outbox cannot reach the records; it tries again")
        except Exception:
            log.exception("sending failed")
        finally:
            with self._lock:
                self._running.pop(lane, None)

    def _is_rested(self, lane: Lane) -> bool:
        rest = self._rests.get(lane)
        return rest is None or self._seconds() >= rest.until

    # claims

    def _claim(self, lane: Lane) -> Claim | None:
        """The next notification of the lane, ours from now on; None when there is none."""
        claim: Claim | None = None
        try:
            with self._records.session() as session:
                claim = self._taken(session, lane)
                if claim:
                    # before anybody sees the claim, so that it is renewed from the beginning
                    self._set_under_way(claim.id, True)
        except BaseException:
            # written or not: what is not sent now is found as an orphan
            if claim:
                self._set_under_way(claim.id, False)
            raise
        return claim

    def _taken(self, session: Session, lane: Lane) -> Claim | None:
        now = self._now()
        values = {
            "state": "sending",
            "attempts": Row.attempts + 1,
            "claimed_by": self.name,
            "claimed_until": now + CLAIM,
        }
        for row in session.scalars(_next(lane, now)).all():
            claim = _claim_of(row, lane)
            unclaimed = (Row.id == row.id, Row.state == "waiting")
            if _changed(session, update(Row).where(*unclaimed).values(values)):
                return claim
        return None

    def _set_under_way(self, key: str, is_so: bool) -> None:
        with self._lock:
            (self._under_way.add if is_so else self._under_way.discard)(key)

    def _beat(self) -> None:
        """Renew our claims, so that nobody takes them for orphaned."""
        with self._lock:
            mine = list(self._under_way)
        if not mine or self._seconds() - self._beaten < BEAT_SECONDS:
            return
        self._beaten = self._seconds()
        with self._records.session() as session:
            session.execute(
                update(Row)
                .where(Row.id.in_(mine), Row.claimed_by == self.name, Row.state == "sending")
                .values(claimed_until=self._now() + CLAIM)
            )

    def _free_orphans(self) -> None:
        """Let claims wait again that were not renewed while we looked on, by our own seconds.

        No clock of another machine is believed, and neither is a time in the records.
        """
        with self._records.reading() as session:
            seen = {
                row.id: (row.claimed_by, row.claimed_until)
                for row in session.execute(
                    select(Row.id, Row.claimed_by, Row.claimed_until).where(Row.state == "sending")
                )
            }
        with self._lock:
            seen = {key: value for key, value in seen.items() if key not in self._under_way}
        at = self._seconds()
        self._foreign = {
            key: known if (known := self._foreign.get(key)) and known[0] == value else (value, at)
            for key, value in seen.items()
        }
        stale = [key for key, (_, since) in self._foreign.items() if at - since >= ORPHANED_SECONDS]
        if stale:
            self._free({key: seen[key] for key in stale})

    def _free(self, stale: dict[str, tuple[str | None, datetime | None]]) -> None:
        with self._records.session() as session:
            for key, (holder, until) in stale.items():
                log.warning("notification %s was orphaned and is sent again", key)
                unchanged = (
                    Row.id == key,
                    Row.state == "sending",
                    Row.claimed_by == holder,
                    Row.claimed_until == until,
                )
                values = {"state": "waiting", "due_at": self._now(), "claimed_by": None}
                session.execute(update(Row).where(*unchanged).values(values))

    # sending

    def _send(self, claim: Claim) -> None:
        started = time.monotonic()
        try:
            result = self._result(claim)
            if not result.seconds:
                result = replace(result, seconds=time.monotonic() - started)
            self._rest(claim.lane, result)
            self._write(claim, result)
        finally:
            self._set_under_way(claim.id, False)

    def _result(self, claim: Claim) -> Result:
        with self._records.reading() as session:
            row = session.get(tables.AlertChannel, claim.lane.channel)
        if row is None or row.org != claim.lane.org:
            return Failed(NO_CHANNEL, final=True)
        if not row.enabled and not claim.lane.test:
            reason = row.disabled_reason or "Somebody switched it off."
            return Failed(f"The channel {row.name} is off: {reason}", final=True)
        try:
            channel = opened(row, self._vault)
            notification = _notification(claim, self._ways.base)
        except SecretError as error:
            return Failed(str(error), busy=True)
        except (KeyError, ValueError, TypeError, AttributeError):
            log.exception("notification %s cannot be read", claim.id)
            return Failed(UNREADABLE, final=True)
        try:
            result = self._kinds[channel.kind].send(channel, notification, self._ways)
        except Exception:
            # a mistake of ours in one channel: it must not lose what it was to say
            log.exception("channel %s failed", channel.id)
            result = Failed("Sending failed for a reason of ours; the server's log has the cause.")
        return results.without(result, channel.secret.words())

    def _rest(self, lane: Lane, result: Result) -> None:
        """Leave the channel alone for a while when it is out of order."""
        if isinstance(result, Sent) or not result.busy:
            self._rests.pop(lane, None)
            return
        failures = self._rests.get(lane, _Rest()).failures + 1
        wait = backoff.pause(failures, result.retry_after, self._jitter())
        self._rests[lane] = _Rest(failures, self._seconds() + wait.total_seconds())

    def _write(self, claim: Claim, result: Result) -> None:
        """Mark what became of it. It is tried some times: unmarked, it would be sent again."""
        for wait in (*WRITE_AGAIN, None):
            try:
                with self._records.session() as session:
                    self._mark(session, claim, result)
            except RecordsError:
                if wait is None:
                    raise
                self._closing.wait(wait)
            else:
                return

    def _mark(self, session: Session, claim: Claim, result: Result) -> None:
        now = self._now()
        session.add(_delivery(claim, result, now))
        if isinstance(result, Sent):
            done = {"state": "sent", "sent_at": now, "last_error": None, "claimed_by": None}
            # also when the claim was lost meanwhile: it has been sent
            session.execute(
                update(Row)
                .where(Row.id == claim.id, Row.state.in_(("sending", "waiting")))
                .values(done | {"last_status": result.status})
            )
            return
        due = None if claim.lane.test or result.final or result.gone else self._due(claim, result)
        values = {
            "state": "dead" if due is None else "waiting",
            "due_at": due or now,
            "claimed_by": None,
            "last_status": result.status,
            "last_error": result.sentence,
        }
        ours = (Row.id == claim.id, Row.state == "sending", Row.claimed_by == self.name)
        session.execute(update(Row).where(*ours).values(values))
        log.info("notification %s was not taken (%s)", claim.id, result.status)
        if result.gone and not claim.lane.test:
            _switch_off(session, claim.lane, result.sentence, now)

    def _due(self, claim: Claim, result: Failed) -> datetime | None:
        return backoff.next_attempt(
            claim.attempts, claim.created_at, self._now(), result.retry_after, self._jitter()
        )


def _claim_of(row: tables.AlertNotification, lane: Lane) -> Claim:
    return Claim(
        id=row.id,
        lane=lane,
        payload=dict(row.payload),
        incident=row.incident_id or "",
        attempts=row.attempts + 1,
        created_at=row.created_at,
    )


def opened(row: tables.AlertChannel, vault: Vault) -> Channel:
    """The channel with its secret. Raises SecretError."""
    return Channel(
        id=row.id,
        org=row.org,
        kind=row.kind,
        name=row.name,
        config=row.config,
        secret=vault.open(row.id, row.secret or ""),
    )


def link(base: str, org: str, incident: str) -> str:
    """Where people look at an incident; "" when nobody said where the page is."""
    if not base:
        return ""
    query = urlencode({"org": org, **({"incident": incident} if incident else {})})
    return f"{base.rstrip('/')}/alerts?{query}"


def _notification(claim: Claim, base: str) -> Notification:
    return Notification(
        id=claim.id,
        org=claim.lane.org,
        incident=claim.incident,
        message=message_of(claim.payload),
        link=link(base, claim.lane.org, claim.incident),
    )


def _lanes(session: Session, now: datetime) -> list[Lane]:
    """Lanes with something due, the one that has waited longest first."""
    test = Row.kind == "test"
    found = session.execute(
        select(Row.org, Row.channel_id, test)
        .where(Row.state == "waiting", _is_due(now))
        .group_by(Row.org, Row.channel_id, test)
        .order_by(func.min(Row.created_at))
    )
    return [Lane(org, channel, bool(is_test)) for org, channel, is_test in found]


def _next(lane: Lane, now: datetime) -> Select[tables.AlertNotification]:
    """What the lane may send next: nothing that an earlier word of its incident waits before."""
    earlier = aliased(tables.AlertNotification)
    held = (
        select(earlier.id)
        .where(
            earlier.incident_id == Row.incident_id,
            earlier.channel_id == Row.channel_id,
            earlier.state.in_(("waiting", "sending")),
            earlier.sequence < Row.sequence,
        )
        .exists()
    )
    return (
        select(Row)
        .where(
            Row.org == lane.org,
            Row.channel_id == lane.channel,
            (Row.kind == "test") == lane.test,
            Row.state == "waiting",
            _is_due(now),
            ~held,
        )
        .order_by(Row.attempts, Row.created_at, Row.id)
        .limit(5)
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Due is what was never tried, or whose time has come; a time that nobody would have given
    was written before the clock was set back."""
    return or_(Row.attempts == 0, Row.due_at <= now, Row.due_at > now + AGAIN_AT_ONCE)


def _changed(session: Session, statement: Any) -> bool:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1


def _delivery(claim: Claim, result: Result, now: datetime) -> tables.AlertDelivery:
    return tables.AlertDelivery(
        notification_id=claim.id,
        org=claim.lane.org,
        at=now,
        status=result.status,
        seconds=result.seconds,
        answer=result.answer,
        error=result.sentence if isinstance(result, Failed) else None,
    )


def _switch_off(session: Session, lane: Lane, sentence: str, now: datetime) -> None:
    """Switch a channel off that is gone, once, and let nothing wait for it any longer."""
    switched = _changed(
        session,
        update(tables.AlertChannel)
        .where(tables.AlertChannel.id == lane.channel, tables.AlertChannel.enabled)
        .values(enabled=False, disabled_reason=sentence, updated_at=now),
    )
    if switched:
        details = {"before": {"enabled": True}, "after": {"enabled": False, "reason": sentence}}
        audit.record(
            session,
            "alert_channel.switched_off",
            org=lane.org,
            subject=lane.channel,
            details=details,
            at=now,
        )
    waiting = and_(Row.channel_id == lane.channel, Row.org == lane.org, Row.state == "waiting")
    session.execute(
        update(Row).where(waiting).values(state="dead", last_status=410, last_error=sentence)
    )
