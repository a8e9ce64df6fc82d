"""Snapshots: which Parquet files a table consists of, at one version of its Delta log.

The one idea: a question never lists folders; it opens the files that the snapshot names for its
orgs and its time range, and no other.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from telemetry.schema import Table

LOOK_SECONDS = 30.0
"""Seconds after which the log is read again, whatever its newest entry seems to be."""


@dataclass(frozen=True)
class File:
    """A Parquet file of one org, with the times of its earliest and latest row."""

    path: str
    org: str
    rows: int
    earliest: datetime | None
    latest: datetime | None

    def overlaps(self, since: datetime | None, until: datetime | None) -> bool:
        """Whether it may hold rows in [since, until); true when its times are not known."""
        too_old = since is not None and self.latest is not None and self.latest < since
        too_new = until is not None and self.earliest is not None and self.earliest >= until
        return not (too_old or too_new)


@dataclass(frozen=True)
class Snapshot:
    """A table at one version; version -1 is a table that does not exist yet."""

    version: int = -1
    by_org: dict[str, tuple[File, ...]] = field(default_factory=dict)

    def files(
        self, orgs: Iterable[str], since: datetime | None = None, until: datetime | None = None
    ) -> list[File]:
        """Files of `orgs` that may hold rows in [since, until)."""
        return [
            file
            for org in sorted(orgs)
            for file in self.by_org.get(org, ())
            if file.overlaps(since, until)
        ]


class Snapshots:
    """The newest snapshot of one table, read again only when its log has grown."""

    def __init__(self, table: Table, path: Path) -> None:
        self._table = table
        self._path = path
        self._delta: DeltaTable | None = None
        self._snapshot = Snapshot()
        self._look_at = 0.0
        self._lock = threading.Lock()

    def newest(self) -> Snapshot:
        with self._lock:
            if self._grown():
                self._refresh()
            return self._snapshot

    def _grown(self) -> bool:
        """Whether there may be a newer version; cheap, because every question asks it.

        The next version's log entry may have come and been cleaned up since the last look.
        """
        if time.monotonic() >= self._look_at or self._delta is None:
            self._look_at = time.monotonic() + LOOK_SECONDS
            return True
        following = f"{self._snapshot.version + 1:020d}.json"
        return (self._path / "_delta_log" / following).exists()

    def _refresh(self) -> None:
        if self._delta is None:
            try:
                self._delta = DeltaTable(self._path)
            except TableNotFoundError:
                return
        else:
            self._delta.update_incremental()
        if self._delta.version() != self._snapshot.version:
            self._snapshot = _snapshot(self._delta, self._table.time)


def _snapshot(delta: DeltaTable, moment: str) -> Snapshot:
    root = delta.table_uri.removeprefix("file://").rstrip("/")
    actions = pa.table(delta.get_add_actions(flatten=True)).to_pylist()
    by_org: dict[str, list[File]] = defaultdict(list)
    for action in actions:
        org = action["partition.org_id"]
        by_org[org].append(
            File(
                path=f"{root}/{action['path']}",
                org=org,
                rows=action["num_records"] or 0,
                earliest=action.get(f"min.{moment}"),
                latest=action.get(f"max.{moment}"),
            )
        )
    return Snapshot(delta.version(), {org: tuple(files) for org, files in by_org.items()})
