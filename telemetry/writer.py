"""The writer: batches of the spool become rows of the tables, each exactly once.

The one idea: a commit carries the position in the spool it reaches to, so that after a crash the
table itself says what it already holds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from threading import Lock
from typing import Final

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction

from settings import Settings
from telemetry import flatten, lake, parquet, repeats
from telemetry.errors import SpoolError
from telemetry.otlp import SIGNALS
from telemetry.schema import TABLES, Table
from telemetry.spool import Spool, Stored

MOST_BYTES: Final = 256 * 1024 * 1024
MOST_FOLDERS: Final = 200
LONGEST_PAUSE: Final = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Status:
    """How the writer is doing: `ok` since when, and the place in the spool it reached."""

    ok: bool
    reason: str
    since: datetime
    last_commit_at: datetime | None
    position: int


@dataclass
class _Load:
    """Batches of one drain, flattened, by table."""

    rows: dict[str, list[pa.Table]]
    batches: int = 0
    items: int = 0
    last: int = 0


class Writer:
    """Moves the spool into the tables. Errors keep the spool as it is and are told by `status`."""

    def __init__(self, settings: Settings, spool: Spool) -> None:
        self._settings = settings
        self._spool = spool
        self._lock = Lock()
        self._tables: dict[str, DeltaTable] = {}
        self._positions: dict[str, int] = {}
        self._one_at_a_time = False
        self._pause = 0.0
        self._resume_at = 0.0
        self._status = Status(True, "", datetime.now(UTC), None, 0)

    def status(self) -> Status:
        return self._status

    def drain_all(self) -> int:
        """Drain until the spool is empty or cannot be drained now; returns the items moved."""
        total = 0
        while moved := self.drain():
            total += moved
        return total

    def drain(self) -> int:
        """Move the oldest batches, one commit a table; returns how many items were moved."""
        with self._lock:
            if time.monotonic() < self._resume_at:
                return 0
            try:
                return self._drain()
            except Exception as error:
                self._failed(error)
                return 0

    def _drain(self) -> int:
        self._open()
        batches = self._spool.peek(1 if self._one_at_a_time else self._settings.drain_items)
        if not batches:
            self._worked(self._status.position)
            return 0
        try:
            load = self._loaded(batches)
            self._commit(load)
        except (DeltaError, OSError, SpoolError, MemoryError):
            raise
        except Exception as error:
            return self._isolate(batches, error)
        self._spool.delete_up_to(load.last)
        self._one_at_a_time = self._one_at_a_time and load.items > 0
        self._worked(load.last)
        # Arrow would keep what a large drain took, for as long as the process lives.
        pa.default_memory_pool().release_unused()
        return load.items

    def _open(self) -> None:
        """Open the tables and read how far they already hold this spool."""
        for table in TABLES.values():
            if table.name not in self._tables:
                stored = lake.open_table(self._settings.lake_dir, table)
                position = stored.transaction_version(self._app)
                self._positions[table.name] = -1 if position is None else position
                self._tables[table.name] = stored

    @property
    def _app(self) -> str:
        return f"spool-{self._spool.id}"

    def _loaded(self, batches: list[Stored]) -> _Load:
        """Flatten batches in order, as many as fit into memory and make a bearable many files."""
        load = _Load({name: [] for name in TABLES})
        folders: set[tuple[str, date]] = set()
        size = 0
        for batch in batches:
            signal = SIGNALS[batch.signal]
            if batch.seq > self._positions[signal.table.name]:
                rows = flatten.to_table(signal, batch.body, batch.org, batch.received_us)
                folders |= {(batch.org, day) for day in rows["date"].unique().to_pylist()}
                if load.batches and len(folders) > MOST_FOLDERS:
                    break
                load.rows[signal.table.name].append(rows)
                size += rows.nbytes
            load.batches += 1
            load.items += batch.items
            load.last = batch.seq
            if size > MOST_BYTES:
                break
        return load

    def _commit(self, load: _Load) -> None:
        for name, parts in load.rows.items():
            if parts:
                table = TABLES[name]
                rows = repeats.dropped(pa.concat_tables(parts), table)
                files = list(self._files(table, rows))
                lake.append(self._tables[name], files, (self._app, load.last))
                self._positions[name] = load.last

    def _files(self, table: Table, rows: pa.Table) -> Iterator[AddAction]:
        """One file for each org and day, newest first."""
        for org, day, part in partitions(rows, table):
            root = self._settings.lake_dir / table.name
            yield parquet.write_file(root, table, org, day, parquet.RAW, [part])

    def _isolate(self, batches: list[Stored], error: Exception) -> int:
        """Find the batch that cannot be written, and keep it aside so that it holds up nothing."""
        if not self._one_at_a_time:
            log.exception("A drain failed; its batches are tried one by one.", exc_info=error)
            self._one_at_a_time = True
            self._tables.clear()
            return self._drain()
        batch = batches[0]
        log.error("Batch %s cannot be written and is set aside: %s", batch.seq, error)
        self._spool.set_aside(batch.seq, f"{type(error).__name__}: {error}")
        self._one_at_a_time = False
        return batch.items

    def _worked(self, position: int) -> None:
        self._pause = self._resume_at = 0.0
        now = datetime.now(UTC)
        since = self._status.since if self._status.ok else now
        last = now if position != self._status.position else self._status.last_commit_at
        self._status = Status(True, "", since, last, position)

    def _failed(self, error: Exception) -> None:
        """Back off, and read the tables anew: a commit may have succeeded in spite of the error."""
        log.error("The spool could not be drained: %s", error, exc_info=error)
        self._tables.clear()
        self._pause = min(LONGEST_PAUSE, max(self._settings.drain_seconds, self._pause * 2))
        self._resume_at = time.monotonic() + self._pause
        since = datetime.now(UTC) if self._status.ok else self._status.since
        reason = f"Telemetry cannot be written to the tables: {error}"
        self._status = replace(self._status, ok=False, reason=reason, since=since)


def partitions(rows: pa.Table, table: Table) -> Iterator[tuple[str, date, pa.Table]]:
    """Org, day and the rows of each, newest first."""
    folders = [("org_id", "ascending"), ("date", "ascending")]
    order = [(table.time, "descending"), *((name, "ascending") for name in table.identity)]
    rows = rows.sort_by(folders + order)
    counts = rows.group_by(["org_id", "date"], use_threads=False).aggregate([([], "count_all")])
    start = 0
    for part in counts.to_pylist():
        yield part["org_id"], part["date"], rows.slice(start, part["count_all"])
        start += part["count_all"]
