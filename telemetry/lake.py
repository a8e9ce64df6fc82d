"""The lake: the Delta tables of the data folder, and commits to them.

The one idea: whoever changes a table names the files it adds and removes, in one commit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence, Set
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from telemetry import parquet
from telemetry.schema import PARTITIONS, Table

LOG: Final = "_delta_log"
KEEP_HOURS: Final = 1
"""How long files stay after a commit removed them: readers may still hold the old list.

Those that a pin names stay longer, see `telemetry.pins`.
"""

LOG_HOURS: Final = 12
"""How long commits can be read one by one; older ones are only in the checkpoint."""

CHECKPOINT_EVERY: Final = 50
"""Commits between two checkpoints: what a reader has to read at most when it opens a table."""

APPEND_TRIES: Final = 20


def open_table(lake: Path, table: Table) -> DeltaTable:
    """The stored table, made when missing, with every column of the schema."""
    folder = lake / table.name
    if not DeltaTable.is_deltatable(str(folder)):
        _create(folder, table)
    stored = DeltaTable(str(folder))
    _add_missing_columns(stored, table)
    return stored


def append(stored: DeltaTable, adds: Sequence[AddAction], position: tuple[str, int]) -> None:
    """Add files, and remember `position` with them: whose they are, and how far they reach.

    Whatever others do to the table meanwhile does not matter: it is tried until it succeeds.
    """
    who, reached = position
    for _ in range(APPEND_TRIES):
        try:
            commit(stored, adds, (), [Transaction(who, reached)])
            return
        except CommitFailedError:
            stored.update_incremental()
            if stored.transaction_version(who) == reached:
                return
    raise CommitFailedError(f"{stored.table_uri} changes too often to append to it.")


def commit(
    stored: DeltaTable,
    adds: Sequence[AddAction],
    removes: Sequence[RemoveAction],
    transactions: list[Transaction] | None = None,
) -> None:
    """Add and remove files at once; the handle sees it afterwards.

    Raises CommitFailedError when somebody else removed files since the handle last looked.
    """
    before = stored.version()
    stored.create_write_transaction(
        [*adds, *removes],
        mode="append",
        schema=stored.schema(),
        partition_by=list(PARTITIONS),
        commit_properties=CommitProperties(app_transactions=transactions),
    )
    stored.update_incremental()
    _sync_log(folder_of(stored), range(before + 1, stored.version() + 1))


def files_of(stored: DeltaTable) -> list[dict[str, Any]]:
    """What the log says about each file."""
    return list(pa.table(stored.get_add_actions(flatten=True)).to_pylist())


def sweep(stored: DeltaTable, spared: Set[str] = frozenset()) -> int:
    """Delete files that no commit names any more, and were not written lately; how many.

    Those in `spared` stay, which is why it is not the vacuum itself that deletes.
    """
    doomed = [path for path in _unnamed(stored) if path not in spared]
    for path in doomed:
        (folder_of(stored) / path).unlink(missing_ok=True)
    return len(doomed)


def discard(stored: DeltaTable, files: Iterable[AddAction]) -> None:
    """Delete files that were written and never committed."""
    for file in files:
        (folder_of(stored) / file.path).unlink(missing_ok=True)


def _unnamed(stored: DeltaTable) -> list[str]:
    """Paths of the files that a vacuum would delete."""
    return stored.vacuum(
        retention_hours=KEEP_HOURS, dry_run=True, enforce_retention_duration=False, full=True
    )


def folder_of(stored: DeltaTable) -> Path:
    return Path(stored.table_uri.removeprefix("file://"))


def _create(folder: Path, table: Table) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    DeltaTable.create(
        str(folder),
        schema=table.arrow,
        mode="ignore",
        partition_by=list(PARTITIONS),
        configuration={
            "delta.dataSkippingStatsColumns": ",".join(table.pruned_by),
            "delta.checkpointInterval": str(CHECKPOINT_EVERY),
            "delta.logRetentionDuration": f"interval {LOG_HOURS} hours",
            "delta.deletedFileRetentionDuration": f"interval {KEEP_HOURS} hours",
        },
    )


def _add_missing_columns(stored: DeltaTable, table: Table) -> None:
    present = {field.name for field in stored.schema().fields}
    wanted = DeltaSchema.from_arrow(table.arrow)
    missing = [field for field in wanted.fields if field.name not in present]
    if missing:
        stored.alter.add_columns(missing)
        stored.update_incremental()


def _sync_log(folder: Path, versions: Iterable[int]) -> None:
    """Make commits durable before the spool forgets what is in them."""
    log = folder / LOG
    for version in versions:
        path = log / f"{version:020}.json"
        if path.exists():
            with path.open("rb") as file:
                os.fsync(file.fileno())
    parquet.sync_folder(log)
