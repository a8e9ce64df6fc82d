"""Running exports: a file that is made while a browser takes it, and can be stopped by either.

The one idea: three threads in a row (rows from DuckDB, bytes from rows, bytes to the browser), each
a few pieces ahead of the next, and whatever ends one of them ends them all.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa

from access import exports
from access.errors import AccessError
from access.exports import Asked, Written
from access.scope import Scope
from dashboards.export.formats import Format, Parquet
from dashboards.export.pipe import Pipe
from queries import export
from queries.filters import TraceFilters
from queries.reader import Aside, Reader
from records.models import ExportState
from records.store import Records, RecordsError

log = logging.getLogger(__name__)

MOST_OF_ONE: Final = 2
MOST_OF_ALL: Final = 8
NOTE_SECONDS: Final = 1.0
"""Seconds between two notes of how far an export came; then it also hears that it was cancelled."""


class TooMany(AccessError):  # noqa: N818 - as its siblings
    """As many exports run already as may run at once."""


class Cancelled(Exception):  # noqa: N818 - it is no mistake
    """Somebody has stopped the export; its bytes must not look like a whole file."""


@dataclass
class Running:
    """One export on its way. `pieces` is read once, by the thread that answers the browser."""

    asked: Asked
    person_id: str
    records: Records
    make: Callable[[], Iterator[tuple[bytes, int]]]
    interrupt: Callable[[], None]
    ended: Callable[[], None]
    written: Written = field(default_factory=Written)
    cancelled: threading.Event = field(default_factory=threading.Event)
    _pipe: Pipe[tuple[bytes, int]] | None = None

    def pieces(self) -> Generator[bytes, None, None]:
        """The bytes of the file; the records say how it ended."""
        digest, noted = hashlib.sha256(), time.monotonic()
        state: ExportState = "cancelled"
        self._pipe = Pipe(f"export-{self.asked.id[:8]}", self.make, self.interrupt)
        try:
            for content, rows in self._pipe:
                if self.cancelled.is_set():
                    break
                digest.update(content)
                self.written = Written(self.written.rows + rows, self.written.bytes + len(content))
                yield content
                if time.monotonic() - noted > NOTE_SECONDS:
                    noted = time.monotonic()
                    self._note()
            if self.cancelled.is_set():
                raise Cancelled
            state = "done"
            self.written = Written(self.written.rows, self.written.bytes, digest.hexdigest())
        except (GeneratorExit, Cancelled):
            raise
        except Exception as error:
            if self.cancelled.is_set():
                raise Cancelled from error
            state = "failed"
            raise
        finally:
            self._pipe.close()
            self.ended()
            self._end(state)

    def cancel(self) -> None:
        """Stop as soon as possible."""
        self.cancelled.set()
        if self._pipe:
            self._pipe.stop()

    def _note(self) -> None:
        if not exports.progress(self.records, self.asked.id, self.written):
            self.cancelled.set()
            raise Cancelled

    def _end(self, state: ExportState) -> None:
        """The browser has its file, or not: that the records cannot be told changes nothing."""
        try:
            exports.end(self.records, self.asked.id, state, self.written, datetime.now(UTC))
        except RecordsError:
            log.exception("export %s ended as %s, which is not recorded", self.asked.id, state)


class Registry:
    """The exports that run in this process."""

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()

    def start(
        self,
        records: Records,
        reader: Reader,
        scope: Scope,
        filters: TraceFilters,
        asked: Asked,
        format_: Format,
    ) -> Running:
        """An export that has taken its place. Raises TooMany."""
        making = Making(reader, scope, filters, format_)
        running = Running(
            asked,
            scope.person_id,
            records,
            making.pieces,
            making.interrupt,
            lambda: self._forget(asked.id),
        )
        with self._lock:
            self.refuse_too_many(scope.person_id)
            self._running[asked.id] = running
        return running

    def find(self, export_id: str) -> Running | None:
        return self._running.get(export_id)

    def __len__(self) -> int:
        return len(self._running)

    def refuse_too_many(self, person_id: str) -> None:
        """Raises TooMany when no other export of this person may begin now."""
        own = sum(running.person_id == person_id for running in self._running.values())
        if own >= MOST_OF_ONE:
            raise TooMany(
                f"{own} of your exports are running. Wait for one to finish, or cancel it."
            )
        if len(self._running) >= MOST_OF_ALL:
            raise TooMany("Many exports are running. Try again in a minute.")

    def _forget(self, export_id: str) -> None:
        with self._lock:
            self._running.pop(export_id, None)


@dataclass
class Making:
    """The file in the making: what its two threads do."""

    reader: Reader
    scope: Scope
    filters: TraceFilters
    format: Format
    _aside: Aside | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)

    def pieces(self) -> Iterator[tuple[bytes, int]]:
        """Bytes and how many rows are in them; nothing before the first question is answered."""
        begun = self.format.begin()
        pipe = Pipe("export-rows", self._batches, self.interrupt)
        try:
            for batch in pipe:
                yield begun + self.format.rows(batch), batch.num_rows
                begun = b""
            yield begun + self.format.end(), 0
        finally:
            pipe.close()

    def interrupt(self) -> None:
        """Stop the question that is being asked, and ask no other."""
        self._stopped.set()
        if self._aside:
            self._aside.interrupt()

    def _batches(self) -> Iterator[pa.RecordBatch]:
        question = export.values if isinstance(self.format, Parquet) else export.texts
        with self.reader.aside(self.scope) as self._aside:
            for batch in question(self.scope, self.filters, self._aside):
                yield batch
                if self._stopped.is_set():
                    return
        self._aside = None
