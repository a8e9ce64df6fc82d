"""Compaction: many small files of an org's day become few, sorted, without repeats.

The one idea: `chosen` decides which files, `merging` makes their successors, and one commit swaps
them. Whoever changed one of them in between wins; the merge is then dropped and tried again later.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import duckdb
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from settings import Settings
from telemetry import lake, merging, parquet, pins
from telemetry.merging import File, Folder
from telemetry.schema import METRIC_ROLLUPS, ROLLUPS, TABLES, Table

MIB: Final = 1024 * 1024
TINY_BYTES: Final = 4 * MIB
SMALL_BYTES: Final = 32 * MIB
SMALL_ROWS: Final = merging.FILE_GROUPS * parquet.ROW_GROUP // 2
"""Half of what a merge puts into a file, so that merging always leaves fewer files."""

MANY_TINY: Final = 30
MANY_SMALL: Final = 8
SETTLED: Final = timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass
class Summary:
    """What a round did: files merged, written and deleted, repeats removed, merges not made."""

    merged: int = 0
    written: int = 0
    repeats: int = 0
    conflicts: int = 0
    failed: int = 0
    deleted: int = 0


def compact(settings: Settings, now: datetime, *, force: bool = False) -> Summary:
    """One round over all tables. `force` merges all files of every org's day, old or new."""
    summary = Summary()
    with merging.engine(settings.data_dir / "spill") as db:
        for table in TABLES.values():
            stored = lake.open_table(settings.lake_dir, table)
            for folder, files in folders(stored, table).items():
                picked = files if force else chosen(files, now)
                if len(picked) > 1 or any(file.raw for file in picked):
                    others = [file for file in files if file not in picked]
                    picked = picked + merging.sharers(db, folder, picked, others)
                    _merge(db, stored, folder, picked, summary)
            summary.deleted += _sweep(settings, stored, table, now)
        for table in (ROLLUPS, METRIC_ROLLUPS):
            stored = lake.open_table(settings.lake_dir, table)
            summary.deleted += _sweep(settings, stored, table, now)
    return summary


def chosen(files: list[File], now: datetime) -> list[File]:
    """The files of one org's day that are worth merging now; none is a good answer."""
    small = [f for f in files if f.size < SMALL_BYTES and f.rows < SMALL_ROWS]
    closed = [file for file in small if file.written_at <= now - SETTLED]
    tiny = [file for file in small if file.size < TINY_BYTES]
    if len(closed) >= MANY_SMALL:
        return closed
    if len(tiny) > MANY_TINY:
        return tiny
    at_rest = all(file.written_at <= now - SETTLED for file in files)
    raw = [file for file in files if file.raw]
    # A raw file may repeat what another holds, so a day at rest is merged once more.
    return list({*small, *raw}) if at_rest and raw and len(files) > 1 else []


def folders(stored: DeltaTable, table: Table) -> dict[Folder, list[File]]:
    """The files of each org's day."""
    root = lake.folder_of(stored)
    found: dict[Folder, list[File]] = defaultdict(list)
    for action in lake.files_of(stored):
        folder = Folder(table, root, action["partition.org_id"], action["partition.date"])
        found[folder].append(
            File(
                path=action["path"],
                size=action["size_bytes"],
                rows=action["num_records"],
                written_at=datetime.fromtimestamp(action["modification_time"] / 1000, UTC),
                least=action[f"min.{table.time}"],
                most=action[f"max.{table.time}"],
            )
        )
    return found


def _merge(
    db: duckdb.DuckDBPyConnection,
    stored: DeltaTable,
    folder: Folder,
    files: list[File],
    summary: Summary,
) -> None:
    """Swap files for their successors, or leave everything as it was."""
    adds: list[AddAction] = []
    try:
        adds.extend(merging.merge(db, folder, files))
        lake.commit(stored, adds, [_removal(folder, file) for file in files])
    except CommitFailedError as error:
        log.info("A merge of %s %s was overtaken: %s", folder.org, folder.day, error)
        lake.discard(stored, adds)
        stored.update_incremental()
        summary.conflicts += 1
    except Exception:
        log.exception("Files of %s %s could not be merged.", folder.org, folder.day)
        lake.discard(stored, adds)
        summary.failed += 1
    else:
        summary.merged += len(files)
        summary.written += len(adds)
        summary.repeats += sum(file.rows for file in files) - sum(map(parquet.rows_of, adds))


def _sweep(settings: Settings, stored: DeltaTable, table: Table, now: datetime) -> int:
    """Delete what was replaced and no link or receipt of the last days is pinned to."""
    pins.end(settings.lake_dir, table.name, now - timedelta(days=settings.pin_days), now)
    return lake.sweep(stored, pins.held(settings.lake_dir, table.name))


def _removal(folder: Folder, file: File) -> RemoveAction:
    return RemoveAction(
        path=file.path,
        data_change=True,
        deletion_timestamp=time.time_ns() // 10**6,
        size=file.size,
        partition_values={"org_id": folder.org, "date": folder.day.isoformat()},
    )
