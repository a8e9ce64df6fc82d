"""The lease: one process at a time does a job, and a dead one is replaced within five seconds.

The one idea: nobody trusts a wall clock. The holder raises a number; a contender that sees the same
number for as long as its own monotonic clock counts `PATIENCE` takes over, if it is still the same.
Whoever lost the lease without noticing is stopped by `guard`, in the transaction it wants to write.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast

from sqlalchemy import CursorResult, Update, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from records import alerts as tables
from records.store import Records

PATIENCE = 4.0
"""Seconds that a contender waits for a sign of life."""

BEAT_EVERY = 0.25
"""Seconds between two rounds of `beat`."""

NOBODY = ""


class LostLease(Exception):  # noqa: N818 - it says what happened
    """Another process has taken over; nothing may be written any more."""


class Lease:
    """A process's side of the lease `name`; `token` is None while another one holds it."""

    def __init__(
        self,
        records: Records,
        name: str,
        holder: str,
        *,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records, self._name, self._holder = records, name, holder
        self._patience, self._clock = patience, clock
        self._seen: tuple[int, int] | None = None
        self._seen_at = 0.0
        self.token: int | None = None

    def beat(self) -> int | None:
        """One round: a sign of life, or a look whether the holder gives one. The token if held."""
        token = self.token
        if token is not None:
            if self._raised(token):
                return token
            self.token = None
        elif self._abandoned():
            self.token = self._take()
        return self.token

    def guard(self, session: Session) -> None:
        """Hold the lease until this transaction ends. Raises LostLease."""
        if self.token is None or not _one(session, self._mine(self.token)):
            self.token = None
            raise LostLease

    def release(self) -> None:
        """Let a contender take over at once."""
        token, self.token = self.token, None
        if token is not None:
            with self._records.session() as session:
                session.execute(self._mine(token).values(holder=NOBODY))

    def _raised(self, token: int) -> bool:
        with self._records.session() as session:
            return _one(session, self._mine(token))

    def _mine(self, token: int) -> Update:
        lease = tables.Lease
        return (
            update(lease)
            .where(lease.name == self._name, lease.holder == self._holder, lease.token == token)
            .values(beat=lease.beat + 1)
        )

    def _abandoned(self) -> bool:
        """Whether the holder let go, or gave no sign for too long."""
        with self._records.reading() as session:
            row = session.get(tables.Lease, self._name)
        if row is None:
            self._seen = None
            return True
        seen = (row.token, row.beat)
        if seen != self._seen:
            self._seen, self._seen_at = seen, self._clock()
        return row.holder == NOBODY or self._clock() - self._seen_at >= self._patience

    def _take(self) -> int | None:
        """Take over what was last seen, unless somebody was faster."""
        try:
            with self._records.session() as session:
                return self._first(session) if self._seen is None else self._next(session)
        except IntegrityError:
            return None

    def _first(self, session: Session) -> int | None:
        lease = tables.Lease
        if session.scalar(select(lease.token).where(lease.name == self._name)) is not None:
            return None
        session.execute(insert(lease).values(name=self._name, holder=self._holder, token=1, beat=0))
        return 1

    def _next(self, session: Session) -> int | None:
        lease = tables.Lease
        token, beat = self._seen or (0, 0)
        taken = (
            update(lease)
            .where(lease.name == self._name, lease.token == token, lease.beat == beat)
            .values(holder=self._holder, token=token + 1, beat=beat + 1)
        )
        return token + 1 if _one(session, taken) else None


def _one(session: Session, statement: Update) -> bool:
    """Whether the statement changed exactly one row: then the row is ours."""
    result = cast(CursorResult[Any], session.execute(statement))
    return result.rowcount == 1
