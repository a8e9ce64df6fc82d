"""The spool: what was acknowledged and is not in the tables yet, one SQLite commit a request.

The one idea: a request and its digest are one commit, so a retry is known even after a crash.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

import apsw
import pyarrow as pa

from telemetry.errors import SpoolError as SpoolError

CODEC: Final = "zstd"
SEEN_SECONDS: Final = 26 * 3600
MOST_SEEN: Final = 2_000_000
FORGET_EVERY_SECONDS: Final = 60
BUSY_MS: Final = 5_000
MOST_BYTES: Final = 64 * 1024 * 1024
"""Length of the batches that are taken from the spool at once, about."""

_SCHEMA: Final = """
create table if not exists spool (id text not null);
create table if not exists batches (
    seq integer primary key autoincrement,
    org text not null,
    signal text not null,
    items integer not null,
    received_us integer not null,
    length integer not null,
    body blob not null
);
create table if not exists set_aside (
    seq integer primary key, org text, signal text, items integer, received_us integer,
    length integer, body blob, reason text
);
create table if not exists seen (
    id integer primary key autoincrement,
    digest blob not null unique,
    at_us integer not null
);
"""


@dataclass(frozen=True)
class Batch:
    """An admitted request: the org's, in protobuf. `received_us` counts from 1970."""

    org: str
    signal: str
    body: bytes
    items: int
    received_us: int


@dataclass(frozen=True)
class Stored(Batch):
    """A batch with its place in the spool."""

    seq: int


@dataclass(frozen=True)
class Depth:
    """What waits in the spool; `size` in bytes, `oldest_us` when the oldest batch was received."""

    batches: int
    items: int
    size: int
    oldest_us: int | None
    set_aside: int


class Spool:
    """A spool in one file. Any thread may use it; one at a time does."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        with _as_spool_error():
            self._db = apsw.Connection(str(path))
            self._db.set_busy_timeout(BUSY_MS)
            for pragma in ("journal_mode=wal", "synchronous=full", "wal_autocheckpoint=4000"):
                self._db.execute(f"pragma {pragma}")
            self._db.execute(_SCHEMA)
            self.id = self._own_id()
            self._items, self._bytes = self._sums(0, sys.maxsize)
        self._forget_at = 0.0

    @property
    def items(self) -> int:
        """Items that wait."""
        return self._items

    @property
    def size(self) -> int:
        """Bytes of the waiting batches as stored."""
        return self._bytes

    def put(self, batch: Batch, digest: bytes) -> bool:
        """Store a batch durably. False when one with this digest was stored before."""
        body = pa.compress(batch.body, codec=CODEC, asbytes=True)
        row = (batch.org, batch.signal, batch.items, batch.received_us, len(batch.body), body)
        with self._transaction():
            self._db.execute(
                "insert or ignore into seen (digest, at_us) values (?, ?)",
                (digest, batch.received_us),
            )
            if not self._db.changes():
                return False
            self._db.execute(
                "insert into batches (org, signal, items, received_us, length, body) "
                "values (?, ?, ?, ?, ?, ?)",
                row,
            )
        self._weigh(batch.items, len(body))
        return True

    def peek(self, most_items: int = 1) -> list[Stored]:
        """The oldest batches: about as many as hold `most_items`, and at least one."""
        with self._reading():
            last = self._last_of(most_items)
            rows = self._db.execute(
                "select org, signal, items, received_us, length, body, seq from batches "
                "where seq <= ? order by seq",
                (last,),
            ).fetchall()
        return [_stored(row) for row in rows]

    def _last_of(self, most_items: int) -> int:
        last = items = length = 0
        waiting = self._db.execute("select seq, items, length from batches order by seq")
        for seq, batch_items, batch_length in waiting:
            if last and (items >= most_items or length >= MOST_BYTES):
                break
            last = seq
            items += batch_items
            length += batch_length
        return last

    def delete_up_to(self, seq: int) -> None:
        """Forget the batches up to `seq`: they are in the tables."""
        with self._transaction():
            items, size = self._sums(0, seq)
            self._db.execute("delete from batches where seq <= ?", (seq,))
            self._forget_old_digests()
        self._weigh(-items, -size)

    def set_aside(self, seq: int, reason: str) -> None:
        """Keep a batch that cannot be written where it holds up nothing."""
        with self._transaction():
            items, size = self._sums(seq, seq)
            self._db.execute(
                "insert into set_aside select seq, org, signal, items, received_us, length, body, ?"
                " from batches where seq = ?",
                (reason, seq),
            )
            self._db.execute("delete from batches where seq = ?", (seq,))
        self._weigh(-items, -size)

    def depth(self) -> Depth:
        """What waits, and for how long."""
        with self._reading():
            row = self._row(
                "select count(*), coalesce(sum(items), 0), min(received_us), "
                "(select count(*) from set_aside) from batches"
            )
        return Depth(row[0], row[1], self._bytes, row[2], row[3])

    def trouble(self) -> str | None:
        """Why nothing can be stored now, or None; found out by writing."""
        try:
            with self._transaction():
                self._db.execute("update spool set id = id")
        except SpoolError as error:
            return str(error)
        return None

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _own_id(self) -> str:
        """The random name of this file: a new spool must not be taken for the old one."""
        with self._db:
            self._db.execute(
                "insert into spool select ? where not exists (select 1 from spool)",
                (secrets.token_hex(8),),
            )
        return str(self._row("select id from spool")[0])

    def _forget_old_digests(self) -> None:
        if time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + FORGET_EVERY_SECONDS
        oldest = time.time_ns() // 1000 - SEEN_SECONDS * 10**6
        self._db.execute(
            "delete from seen where id < coalesce("
            "(select id from seen where at_us >= ? order by id limit 1), 0)",
            (oldest,),
        )
        self._db.execute(
            "delete from seen where id <= (select max(id) from seen) - ?", (MOST_SEEN,)
        )

    def _sums(self, first: int, last: int) -> tuple[int, int]:
        """Items and stored bytes of the batches from `first` to `last`."""
        items, size = self._row(
            "select coalesce(sum(items), 0), coalesce(sum(length(body)), 0) from batches "
            "where seq between ? and ?",
            first,
            last,
        )
        return items, size

    def _weigh(self, items: int, size: int) -> None:
        with self._lock:
            self._items += items
            self._bytes += size

    def _row(self, sql: str, *values: Any) -> tuple[Any, ...]:
        return tuple(next(iter(self._db.execute(sql, values))))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _as_spool_error(), self._lock:
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("rollback")
                raise

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with _as_spool_error(), self._lock:
            yield


def _stored(row: tuple[Any, ...]) -> Stored:
    org, signal, items, received_us, length, body, seq = row
    body = pa.decompress(body, decompressed_size=length, codec=CODEC, asbytes=True)
    return Stored(org, signal, body, items, received_us, seq)


@contextmanager
def _as_spool_error() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise SpoolError(f"The spool cannot be used: {error}") from error
