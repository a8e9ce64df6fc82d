"""The evaluator: asks every rule at its instants and writes down what became of its alerts.

The one idea: instants lie on a fixed grid, and an instant is done when it is written, under the
lease, in the same transaction as all it caused. So a crash at any point repeats or skips nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from access.scope import Scope, scope_of_org
from alerts import ledger, silences
from alerts.clock import SteadyClock, instants_after, newest_instant
from alerts.errors import MeasureError
from alerts.judging import Judged, Measuring, Muting, ended, mark, walk
from alerts.lease import Lease, LostLease
from alerts.ledger import Evaluated, Kept, Runs
from alerts.readings import Measured
from alerts.rules import Rule, SqlQuery
from alerts.store import rule_from
from queries import alerting
from records import alerts as tables
from records.models import Org
from records.store import Records, RecordsError

log = logging.getLogger(__name__)

TURN_EVERY = 0.25
"""Seconds between two looks at what is due."""

CATCH_UP = timedelta(days=1)
"""How far back missed instants are made up for."""

AT_ONCE = 500
"""Instants of one rule that are evaluated and written together."""

WORKERS = 2
_GATHERING = 0.2
CHANGED = "The rule asks something else now and starts anew."
OFF = "The rule was turned off."


@dataclass(frozen=True)
class Due:
    """Instants of a rule that have come, and where its alerts stood before them."""

    rule: Rule
    instants: Sequence[datetime]
    kept: Kept
    muting: Muting
    sharing: alerting.Sharing
    token: int


@dataclass(frozen=True)
class Done:
    """What came of it. Without `evaluated` it failed in a way that nobody foresaw."""

    due: Due
    evaluated: Evaluated | None


@dataclass(frozen=True)
class Status:
    """How evaluating goes here; `behind` is by how much the latest instant is late."""

    leading: bool
    rules: int = 0
    working: int = 0
    behind: timedelta = timedelta(0)


class Evaluator:
    """Evaluates all rules while it holds the lease; `turn` is called again and again."""

    def __init__(
        self,
        records: Records,
        lease: Lease,
        measure: Measuring,
        *,
        lag: timedelta,
        clock: Callable[[], datetime] | None = None,
        on_written: Callable[[Rule, datetime, datetime], None] = lambda rule, at, now: None,
    ) -> None:
        self.lease = lease
        self._records, self._measure, self._lag = records, measure, lag
        self._on_written = on_written
        self._now = clock or SteadyClock().now
        # users' SQL takes long at times and has its own workers, so that it delays nobody else's
        self._pool = ThreadPoolExecutor(WORKERS, "alerts")
        self._sql_pool = ThreadPoolExecutor(WORKERS, "alerts-sql")
        self._token: int | None = None
        self._rules: dict[str, Rule] = {}
        self._read: dict[str, int] = {}
        self._done: dict[str, datetime] = {}
        self._working: dict[Future[Done], str] = {}
        self._off: set[str] = set()
        self._runs = Runs()

    def turn(self) -> bool:
        """Begin what is due, write what is finished. Whether something is still in hand."""
        token = self.lease.token
        if token is None:
            self._token = None
            return False
        if token != self._token:
            self._begin(token)
        self._submit(token)
        self._write(self._finished(), token)
        return bool(self._working)

    def settle(self) -> None:
        """Take turns until nothing that is due now is left."""
        while self.turn() or self._missed(self._now() - self._lag):
            if self.lease.token is None:
                return

    def status(self) -> Status:
        latest = self._now() - self._lag
        missed = [instants[0] for instants in self._missed(latest).values()]
        behind = latest - min(missed, default=latest)
        leading = self.lease.token is not None
        return Status(leading, len(self._rules), len(self._working), behind)

    def close(self) -> None:
        """Finish what is in hand and let another process take over."""
        self._pool.shutdown(cancel_futures=True)
        self._sql_pool.shutdown(cancel_futures=True)
        self.lease.release()

    def _begin(self, token: int) -> None:
        """Start from what the records say: another process may have led in between."""
        self._runs.forget()
        self._rules.clear()
        self._read.clear()
        with self._records.reading() as session:
            self._done = ledger.positions(session)
            self._off = _off_with_alerts(session)
        self._token = token
        log.info("alerts are evaluated here now (token %d)", token)

    # what is due

    def _submit(self, token: int) -> None:
        with self._records.reading() as session:
            self._refresh(session)
            busy = set(self._working.values())
            missed = self._missed(self._now() - self._lag)
            wanted = {rule: instants for rule, instants in missed.items() if rule not in busy}
            if not wanted:
                return
            kept = ledger.standing(session, wanted)
            muting = self._muting(session, wanted)
        sharing = alerting.Sharing()
        for id_, instants in sorted(wanted.items(), key=lambda item: item[1][0]):
            rule = self._rules[id_]
            due = Due(rule, instants, kept[id_], muting[rule.org], sharing, token)
            pool = self._sql_pool if isinstance(rule.condition, SqlQuery) else self._pool
            self._working[pool.submit(self._evaluated, due)] = id_

    def _muting(self, session: Session, wanted: dict[str, list[datetime]]) -> dict[str, Muting]:
        """For each org, what mutes its alerts around the instants."""
        orgs = {self._rules[rule].org for rule in wanted}
        since = min(instants[0] for instants in wanted.values())
        found = silences.between(session, orgs, since, self._now() + self._lag)
        return {org: silences.muting(s for s in found if s.org == org) for org in orgs}

    def _refresh(self, session: Session) -> None:
        """Know the rules that are on, of orgs that are; read those that changed."""
        table = tables.AlertRule
        known = session.execute(select(table.id, table.revision).join(Org).where(~_is_off()))
        revisions = dict(known.all())
        stale = [id_ for id_, revision in revisions.items() if self._read.get(id_) != revision]
        for gone in self._rules.keys() - revisions.keys():
            del self._rules[gone]
            self._done.pop(gone, None)
            self._off.add(gone)
        self._read = revisions
        for row in session.scalars(select(table).where(table.id.in_(stale))) if stale else ():
            self._rules.pop(row.id, None)
            self._rules.update({rule.id: rule for rule in _readable(row)})

    def _missed(self, latest: datetime) -> dict[str, list[datetime]]:
        """For each rule that is behind, its next instants."""
        missed = {}
        for rule in self._rules.values():
            new = newest_instant(rule.every, latest) - rule.every
            done = max(self._done.get(rule.id, new), latest - CATCH_UP)
            instants = instants_after(rule.every, done, latest, AT_ONCE)
            if instants:
                missed[rule.id] = instants
        return missed

    # in a worker

    def _evaluated(self, due: Due) -> Done:
        try:
            with alerting.sharing(due.sharing):
                return Done(due, self._walked(due))
        except Exception:
            log.exception("rule %s of %s could not be evaluated", due.rule.id, due.rule.org)
            return Done(due, None)

    def _walked(self, due: Due) -> Evaluated:
        rule, standings = due.rule, due.kept.standings
        restarted: list[Judged] = []
        if due.kept.marks - {mark(rule)}:
            restarted = [ended(rule, *item, due.instants[0], CHANGED) for item in standings.items()]
            standings = {}
        walked = walk(
            scope_of_org(rule.org),
            rule,
            due.instants,
            standings,
            partial(_saying, self._measure),
            due.muting,
            self._lag,
        )
        return Evaluated(rule, [*restarted, *walked])

    # writing

    def _finished(self) -> list[Done]:
        """What is finished, after a moment in which more may be."""
        deadline = time.monotonic() + _GATHERING
        left = set(self._working)
        while left and (remaining := deadline - time.monotonic()) > 0:
            left = wait(left, remaining, FIRST_COMPLETED).not_done
        finished = [future for future in self._working if future.done()]
        for future in finished:
            del self._working[future]
        return [future.result() for future in finished]

    def _write(self, finished: list[Done], token: int) -> None:
        mine = [done for done in finished if done.due.token == token]
        if not mine and not self._off:
            return
        try:
            written = self._in_one(mine)
        except LostLease:
            log.warning("another process evaluates alerts now")
            self._token = None
            return
        self._off.clear()
        now = self._now()
        for done in written:
            last = done.due.instants[-1]
            self._done[done.due.rule.id] = last
            self._on_written(done.due.rule, last, now)

    def _in_one(self, finished: list[Done]) -> list[Done]:
        """Write all together; when that cannot be done, one by one, so that one rule stops none."""
        try:
            return self._transaction(finished)
        except (LostLease, RecordsError):
            raise
        except Exception:
            log.exception("evaluations could not be written together")
        return [done for one in finished for done in self._alone(one)]

    def _alone(self, done: Done) -> list[Done]:
        try:
            return self._transaction([done])
        except (LostLease, RecordsError):
            raise
        except Exception:
            log.exception("an evaluation of rule %s is lost", done.due.rule.id)
            return [done]

    def _transaction(self, finished: list[Done]) -> list[Done]:
        try:
            with self._records.session() as session:
                self.lease.guard(session)
                return self._written(session, finished)
        except Exception:
            self._runs.forget()
            raise

    def _written(self, session: Session, finished: list[Done]) -> list[Done]:
        """Write all of it but what is of a rule that was changed meanwhile."""
        now = self._now()
        revisions = _revisions(session, [done.due.rule.id for done in finished])
        current = [done for done in finished if revisions.get(_id(done)) == _revision(done)]
        evaluated = [done.evaluated for done in current if done.evaluated]
        off = _off(session, self._off)
        endings = [ledger.ending(session, rule, now, OFF) for rule in off]
        ledger.write(session, [*evaluated, *endings], self._runs, now)
        return current


def _saying(measure: Measuring, scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Measured:
    """What was measured; whatever goes wrong in it is a state of the rule."""
    try:
        yield from measure(scope, rule, instants)
    except MeasureError:
        raise
    except Exception as error:
        log.exception("rule %s of %s could not be measured", rule.id, rule.org)
        raise MeasureError(
            "The rule could not be measured; the server's log has the cause."
        ) from error


def _id(done: Done) -> str:
    return done.due.rule.id


def _revision(done: Done) -> int:
    return done.due.rule.revision


def _revisions(session: Session, rules: Collection[str]) -> dict[str, int]:
    """The revisions of those of the rules that are on."""
    table = tables.AlertRule
    found = session.execute(
        select(table.id, table.revision).join(Org).where(table.id.in_(list(rules)), ~_is_off())
    )
    return dict(found.all())


def _off_with_alerts(session: Session) -> set[str]:
    """Rules that are off, or whose org is, and that still have alerts."""
    rule, state = tables.AlertRule, tables.AlertState
    rows = select(state.rule_id).join(rule).join(Org, Org.slug == rule.org).where(_is_off())
    return set(session.scalars(rows.distinct()))


def _off(session: Session, rules: Collection[str]) -> list[Rule]:
    """Those of the rules that are still there, and off."""
    if not rules:
        return []
    table = tables.AlertRule
    rows = session.scalars(select(table).join(Org).where(table.id.in_(list(rules)), _is_off()))
    return [rule for row in rows for rule in _readable(row)]


def _readable(row: tables.AlertRule) -> list[Rule]:
    """The rule, or nothing of one kept in a form that nobody reads: it must not stop others."""
    try:
        return [rule_from(row)]
    except Exception:
        log.exception("rule %s of %s cannot be read", row.id, row.org)
        return []


def _is_off() -> ColumnElement[bool]:
    return or_(tables.AlertRule.enabled.is_(False), Org.disabled_at.is_not(None))
