"""Snapshots: which Parquet files a table consists of, at one version of its Delta log.

The one idea: a question never lists folders; it opens the files that the snapshot names for its
orgs and its time range, and no other. An older version is found in its pin, or in the log.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from queries.errors import Gone
from queries.filters import EPOCH
from telemetry import grains, pins
from telemetry.pins import Pin, PinnedFile
from telemetry.schema import Table

LOOK_SECONDS = 30.0
"""Seconds after which the log is read again, whatever its newest entry seems to be."""

OLD_VERSIONS = 16
"""Versions besides the newest that are kept in memory."""

MOST_COMMITS = 100
"""Commits that `Snapshots.fresh` looks through at most."""


@dataclass(frozen=True)
class File:
    """A Parquet file of one org, with the times of its earliest and latest row."""

    path: str
    org: str
    rows: int
    earliest: datetime | None
    latest: datetime | None
    size: int = 0

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
    reached: int | None = None
    """Of rollups: the version of the spans that they are sums of."""

    edges_until: datetime = EPOCH
    """Of rollups: the time up to which they know who called whom."""

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
        self._old: OrderedDict[tuple[str, int], Snapshot] = OrderedDict()
        self._old_lock = threading.Lock()
        self._fresh: tuple[int, int, Snapshot | None] | None = None

    def newest(self) -> Snapshot:
        with self._lock:
            if self._grown():
                self._refresh()
            return self._snapshot

    def at(self, version: int, org: str | None) -> Snapshot:
        """The table as `org`, or who sees all, saw it at `version`. Raises Gone.

        The files that a question is going to open must still be there: see `refuse_missing`.
        """
        newest = self.newest()
        if version == newest.version:
            return newest
        key = (org or pins.EVERY_ORG, version)
        with self._old_lock:
            found = self._old.pop(key, None) or self._older(version, org)
            self._old[key] = found
            while len(self._old) > OLD_VERSIONS:
                self._old.popitem(last=False)
            return found

    def fresh(self, after: int) -> Snapshot | None:
        """The files that were written to the table after a version, whatever became of them since.

        None when they are many, or not all there any more. A commit that also removes files of the
        org's day rearranges its rows, and adds none.
        """
        newest = self.newest()
        if newest.version - after > MOST_COMMITS:
            return None
        with self._old_lock:
            if self._fresh is None or self._fresh[:2] != (after, newest.version):
                found = _written(self._path, range(after + 1, newest.version + 1), self._table.time)
                self._fresh = (after, newest.version, found)
            return self._fresh[2]

    def refuse_missing(self, version: int, org: str | None, files: Iterable[File]) -> None:
        """Raises Gone unless all these files of an older version are still there."""
        if all(Path(file.path).exists() for file in files):
            return
        with self._old_lock:
            self._old.pop((org or pins.EVERY_ORG, version), None)
            self._older(version, org)
        raise Gone(GONE)

    def hold(self, version: int | None, org: str | None, now: datetime) -> int:
        """Pin `version`, or else the newest, for `org`; which one it is. Raises Gone."""
        snapshot = self.newest() if version is None else self.at(version, org)
        mine = [org] if org else list(snapshot.by_org)
        files = [self._pinned(file) for file in snapshot.files(mine)]
        pins.hold(
            self._path.parent, self._table.name, org or pins.EVERY_ORG, snapshot.version, files, now
        )
        return snapshot.version

    def _older(self, version: int, org: str | None) -> Snapshot:
        """From the pin of the org, the pin of all orgs, or the log, as long as it reaches back."""
        for holder in (org or pins.EVERY_ORG, pins.EVERY_ORG):
            pin = pins.find(self._path.parent, self._table.name, holder, version)
            if pin is not None:
                return self._of(pin)
        if version > self._snapshot.version:
            raise Gone(
                "This link is pinned to a version that the table does not have. "
                "Open it without the pin."
            )
        try:
            return _snapshot(DeltaTable(self._path, version=version), self._table.time)
        except DeltaError as error:
            raise Gone(GONE) from error

    def _of(self, pin: Pin) -> Snapshot:
        if pin.ended_at:
            raise Gone(
                "The rows this link was pinned to were removed by retention on "
                f"{pin.ended_at:%-d %B %Y}. Open it without the pin."
            )
        by_org: dict[str, list[File]] = defaultdict(list)
        for file in pin.files:
            path = str(self._path / file.path)
            by_org[file.org].append(
                File(path, file.org, file.rows, file.earliest, file.latest, file.size)
            )
        return Snapshot(pin.version, {org: tuple(files) for org, files in by_org.items()})

    def _pinned(self, file: File) -> PinnedFile:
        path = str(Path(file.path).relative_to(self._path))
        return PinnedFile(path, file.org, file.rows, file.size, file.earliest, file.latest)

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


GONE = "The rows this link was pinned to are no longer kept. Open it without the pin."


def _written(root: Path, versions: range, moment: str) -> Snapshot | None:
    """The files of commits that only add some, from the log: one JSON object a line."""
    by_org: dict[str, list[File]] = defaultdict(list)
    for version in versions:
        try:
            lines = (root / "_delta_log" / f"{version:020d}.json").read_bytes().splitlines()
        except FileNotFoundError:
            return None
        entries = [orjson.loads(line) for line in lines]
        removed = [_partition(entry["remove"]) for entry in entries if "remove" in entry]
        for entry in entries:
            if "add" in entry and _partition(entry["add"]) not in removed:
                file = _added(root, entry["add"], moment)
                by_org[file.org].append(file)
    if not all(Path(file.path).exists() for files in by_org.values() for file in files):
        return None
    return Snapshot(versions.stop - 1, {org: tuple(files) for org, files in by_org.items()})


def _partition(action: dict[str, Any]) -> tuple[str, str]:
    return action["partitionValues"]["org_id"], action["partitionValues"]["date"]


def _added(root: Path, action: dict[str, Any], moment: str) -> File:
    stats = orjson.loads(action["stats"])
    return File(
        path=f"{root}/{unquote(action['path'])}",
        org=action["partitionValues"]["org_id"],
        rows=stats["numRecords"],
        earliest=datetime.fromisoformat(stats["minValues"][moment]),
        latest=datetime.fromisoformat(stats["maxValues"][moment]),
        size=action["size"],
    )


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
                size=action["size_bytes"] or 0,
            )
        )
    files = {org: tuple(found) for org, found in by_org.items()}
    edges_until = timedelta(minutes=delta.transaction_version(grains.EDGES_UNTIL) or 0)
    reached = delta.transaction_version(grains.WHO)
    return Snapshot(delta.version(), files, reached, EPOCH + edges_until)
