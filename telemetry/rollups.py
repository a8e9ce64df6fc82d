"""Rollups: spans summed by minute, hour and day, for questions that need not read each of them.

The one idea: a rollup is a sum. Each commit to the spans table is rolled once, by adding what it
added and taking away what it took, so that at every version the rollups equal a count over the
spans of that version, however late or often these came.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import duckdb
import pyarrow.parquet as pq
from deltalake import DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from settings import Settings
from telemetry import changes, lake, merging, parquet
from telemetry.changes import Change, Partition
from telemetry.grains import EDGES, EDGES_UNTIL, WHO
from telemetry.schema import ROLLUPS, SPANS
from telemetry.sums import Sums

MANY: Final = 12
"""Files of an org's day that are folded into one, and those of about their size with them."""

GREATER: Final = 3
"""How many times as large as all smaller ones a file may be to be folded with them."""

MEMORY: Final = "1GB"
"""What DuckDB may use to roll; there is no more than one roll at a time."""

SMALL_BYTES: Final = 16 * 1024 * 1024
"""Files of an org's day that are smaller are counted together with those of others."""

TOGETHER_BYTES: Final = 4 * SMALL_BYTES
"""Files that are counted together have about this much: their sums must fit into memory."""

SLICE_ROWS: Final = 1_000_000
"""Spans that are counted at once, about."""

BATCH: Final = 200
"""Commits rolled at once, at most."""

log = logging.getLogger(__name__)


def roll(settings: Settings) -> int | None:
    """Bring the rollups to the newest version of the spans; the version they are at.

    Any number of processes may ask at once: one of them commits, the others see it.
    """
    if not DeltaTable.is_deltatable(str(settings.lake_dir / SPANS.name)):
        return None
    spans = DeltaTable(str(settings.lake_dir / SPANS.name))
    rollups = lake.open_table(settings.lake_dir, ROLLUPS)
    done = rollups.transaction_version(WHO)
    while done is None or done < spans.version():
        reached = _roll_next(settings, spans, rollups, done)
        if reached is None:
            break
        done = reached
    fold(settings, rollups)
    return done


def _roll_next(
    settings: Settings, spans: DeltaTable, rollups: DeltaTable, done: int | None
) -> int | None:
    """Roll the next commits; the version then reached, None when somebody else is at it."""
    if done is None:
        return _rebuild(settings, spans, rollups)
    until = min(spans.version(), done + BATCH)
    try:
        changed = changes.between(lake.folder_of(spans), range(done + 1, until + 1))
        adds = _summed(settings, lake.folder_of(spans), changed)
    except (FileNotFoundError, duckdb.IOException) as error:
        log.warning("Rollups are made anew, because commits are gone: %s", error)
        return _rebuild(settings, spans, rollups)
    return _commit(rollups, adds, [], until)


def _rebuild(settings: Settings, spans: DeltaTable, rollups: DeltaTable) -> int | None:
    """All rollups anew, from the files of the spans as they are now."""
    there: dict[Partition, Change] = defaultdict(Change)
    for action in lake.files_of(spans):
        partition = (action["partition.org_id"], action["partition.date"])
        there[partition].added.append(action["path"])
    adds = _summed(settings, lake.folder_of(spans), there)
    # what was rolled of days whose spans retention removed can be had from nowhere else
    stale = [
        _removal(action)
        for action in lake.files_of(rollups)
        if (action["partition.org_id"], action["partition.date"]) in there
    ]
    nowhere = [Transaction(EDGES, 0), Transaction(EDGES_UNTIL, 0)]
    return _commit(rollups, adds, stale, spans.version(), nowhere)


def _commit(
    rollups: DeltaTable,
    adds: list[AddAction],
    removes: list[RemoveAction],
    version: int,
    others: Sequence[Transaction] = (),
) -> int | None:
    try:
        lake.commit(rollups, adds, removes, [Transaction(WHO, version), *others])
    except CommitFailedError as error:
        log.info("Rolling was overtaken: %s", error)
        lake.discard(rollups, adds)
        rollups.update_incremental()
        return None
    return version


def _summed(settings: Settings, folder: Path, changed: dict[Partition, Change]) -> list[AddAction]:
    """One file of sums for each org and day that changed."""
    root = settings.lake_dir / ROLLUPS.name
    adds: list[AddAction] = []
    for some, one_day in _portions(folder, changed):
        # a large portion is a rebuild, which questions wait for
        threads = 1 if len(some) == 1 else settings.query_threads
        with merging.engine(settings.data_dir / "spill", MEMORY, threads) as db:
            sums = Sums(db)
            for files, sign in some:
                sums.count(files, sign)
            if len(some) > 1 and one_day:
                sums.settle()
            adds.extend(sums.written(root, parquet.RAW))
    return adds


def _portions(
    folder: Path, changed: dict[Partition, Change]
) -> Iterator[tuple[list[tuple[list[str], int]], bool]]:
    """Files to be counted at once, and their sign: many small ones, or one day's in slices, which
    is what the second says."""
    small: dict[int, list[str]] = {1: [], -1: []}
    together = 0
    for change in changed.values():
        paths = {
            sign: [str(folder / unquote(path)) for path in each]
            for sign, each in ((1, change.added), (-1, change.removed))
        }
        size = sum(Path(path).stat().st_size for each in paths.values() for path in each)
        if size < SMALL_BYTES:
            for sign, each in paths.items():
                small[sign] += each
            together += size
            if together >= TOGETHER_BYTES:
                yield _parts(small), False
                small, together = {1: [], -1: []}, 0
        else:
            yield _parts(paths), True
    if any(small.values()):
        yield _parts(small), False


def _parts(paths: dict[int, list[str]]) -> list[tuple[list[str], int]]:
    return [(part, sign) for sign, each in paths.items() for part in _sliced(each)]


def _sliced(paths: list[str]) -> Iterator[list[str]]:
    """Paths of files that together have about SLICE_ROWS rows."""
    part: list[str] = []
    rows = 0
    for path in paths:
        part.append(path)
        rows += pq.read_metadata(path).num_rows
        if rows >= SLICE_ROWS:
            yield part
            part, rows = [], 0
    if part:
        yield part


# folding


def fold(settings: Settings, rollups: DeltaTable) -> int:
    """Make one file of the many of an org's day, its parts added up; how many files went."""
    by_partition: dict[Partition, list[dict[str, Any]]] = defaultdict(list)
    for action in lake.files_of(rollups):
        partition = (action["partition.org_id"], action["partition.date"])
        by_partition[partition].append(action)
    folded = 0
    for files in by_partition.values():
        if few := _chosen(files):
            _fold_one(settings, rollups, few)
            folded += len(few)
    return folded


def _chosen(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The small files of an org's day, when they are many; large ones are not written again and
    again."""
    ordered = sorted(files, key=lambda file: int(file["size_bytes"]))
    chosen: list[dict[str, Any]] = []
    size = 0
    for file in ordered:
        if len(chosen) >= MANY and file["size_bytes"] > GREATER * size:
            break
        chosen.append(file)
        size += file["size_bytes"]
    return chosen if len(chosen) > MANY else []


def _fold_one(settings: Settings, rollups: DeltaTable, files: list[dict[str, Any]]) -> None:
    root = lake.folder_of(rollups)
    with merging.engine(settings.data_dir / "spill", MEMORY) as db:
        sums = Sums(db)
        sums.take([str(root / action["path"]) for action in files])
        adds = list(sums.written(root, parquet.MERGED))
    try:
        lake.commit(rollups, adds, [_removal(action) for action in files])
    except CommitFailedError as error:
        log.info("A fold was overtaken: %s", error)
        lake.discard(rollups, adds)
        rollups.update_incremental()


def _removal(action: dict[str, Any]) -> RemoveAction:
    return RemoveAction(
        path=action["path"],
        data_change=True,
        deletion_timestamp=time.time_ns() // 10**6,
        size=action["size_bytes"],
        partition_values={
            "org_id": action["partition.org_id"],
            "date": action["partition.date"].isoformat(),
        },
    )
