"""Merging: the rows of some files of one org's day as new files, sorted, each row once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from deltalake.transaction import AddAction

from telemetry import parquet
from telemetry.repeats import ARRIVAL
from telemetry.schema import Table

MEMORY: Final = "512MB"
THREADS: Final = 1
SLICE_ROWS: Final = 1_000_000
"""More rows than this are merged hour by hour, which bounds memory."""

FILE_GROUPS: Final = 50
"""Row groups in a new file: about a million rows."""

_ROWS: Final = "read_parquet($files, union_by_name = true, hive_partitioning = false)"


@dataclass(frozen=True)
class Folder:
    """The files of a table that belong to one org's day."""

    table: Table
    root: Path
    org: str
    day: date


@dataclass(frozen=True)
class File:
    """A stored file as the log describes it. `raw`: the writer's, not merged yet."""

    path: str
    size: int
    rows: int
    written_at: datetime
    least: datetime
    most: datetime

    @property
    def raw(self) -> bool:
        return Path(self.path).name.startswith(parquet.RAW)


@contextmanager
def engine(
    spill: Path, memory: str = MEMORY, threads: int = THREADS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own, small in memory; what does not fit goes to the folder `spill`."""
    config: dict[str, Any] = {
        "memory_limit": memory,
        "threads": threads,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=config) as db:
        db.execute("set timezone = 'UTC'")
        yield db


def sharers(
    db: duckdb.DuckDBPyConnection, folder: Folder, files: list[File], others: list[File]
) -> list[File]:
    """Those of `others` that hold a row named like one in `files`: it may be the same row."""
    first, last = min(file.least for file in files), max(file.most for file in files)
    near = [file for file in others if file.least <= last and file.most >= first]
    if not near or not folder.table.identity:
        return []
    names = ", ".join(folder.table.identity)
    found = db.execute(
        f"select distinct filename from (select filename, {names} from read_parquet($near)) "
        f"semi join {_ROWS} using ({names})",
        {"near": _paths(folder, near), "files": _paths(folder, files)},
    ).fetchall()
    shared = {name for (name,) in found}
    return [file for file in near if str(folder.root / file.path) in shared]


def merge(db: duckdb.DuckDBPyConnection, folder: Folder, files: list[File]) -> Iterator[AddAction]:
    """Write the rows of `files` as new files, each about a million rows, newest first."""
    groups = _row_groups(db, folder, files)
    for first in groups:
        rows = chain([first], islice(groups, FILE_GROUPS - 1))
        yield parquet.write_file(
            folder.root, folder.table, folder.org, folder.day, parquet.MERGED, rows
        )


def _row_groups(
    db: duckdb.DuckDBPyConnection, folder: Folder, files: list[File]
) -> Iterator[pa.Table]:
    schema = parquet.stored_schema(folder.table)
    paths = _paths(folder, files)
    sql = _sql(folder.table, db.sql(f"from {_ROWS}", params={"files": paths}).columns)
    for since, until in _slices(db, folder, files):
        values = {"files": paths, "since": since, "until": until}
        for batch in db.sql(sql, params=values).to_arrow_reader(parquet.ROW_GROUP):
            yield _fitted(batch, schema)


def _slices(
    db: duckdb.DuckDBPyConnection, folder: Folder, files: list[File]
) -> list[tuple[datetime, datetime]]:
    """Ranges of time that hold all rows, newest first; for many rows one an hour."""
    if sum(file.rows for file in files) <= SLICE_ROWS:
        return [(min(file.least for file in files), max(file.most for file in files))]
    time = folder.table.time
    return db.execute(
        f"select min({time}), max({time}) from {_ROWS} "
        f"group by date_trunc('hour', {time}) order by 1 desc",
        {"files": _paths(folder, files)},
    ).fetchall()


def _sql(table: Table, columns: list[str]) -> str:
    """Rows from $since to $until, newest first, each once: of repeats the first to arrive.

    Whole rows are compared only where two have the same name, which is rare.
    """
    order = ", ".join([f"{table.time} desc", *table.identity])
    within = f"from {_ROWS} where {table.time} between $since and $until"
    if not table.identity:
        return f"select * {within} order by {order}"
    names = ", ".join(table.identity)
    content = ", ".join(f'"{name}"' for name in columns if name != ARRIVAL)
    return f"""
        with shared as (select {names} {within} group by all having count(*) > 1)
        select {content}, {ARRIVAL} from (select * {within}) anti join shared using ({names})
        union all
        select {content}, min({ARRIVAL}) as {ARRIVAL}
        from (select * {within}) semi join shared using ({names}) group by all
        order by {order}
    """


def _fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """The batch with all columns of the schema; files from before a column have nulls there."""
    present = set(batch.schema.names)
    columns = [
        batch[field.name].cast(field.type)
        if field.name in present
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _paths(folder: Folder, files: list[File]) -> list[str]:
    return [str(folder.root / file.path) for file in files]
