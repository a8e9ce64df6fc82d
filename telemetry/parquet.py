"""Parquet files of the tables: newest first, small row groups, zstd, on the disk for certain.

The one idea: a file is written and flushed before any commit names it.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from telemetry.schema import PARTITIONS, Table

ROW_GROUP: Final = 20_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

RAW: Final = "raw"
"""How the name of a file begins that the writer wrote, and no compaction has seen."""

MERGED: Final = "merged"

UNIQUE: Final = frozenset({"span_id", "parent_span_id", "start_ns", "time_ns", "duration_ns"})
"""Columns whose values hardly repeat, so that a dictionary would only add to them."""

BULKY: Final = frozenset({"attributes", "resource", "events", "links", "body", "buckets"})
"""Columns whose least and greatest values help nobody to skip a row group."""


def stored_schema(table: Table) -> pa.Schema:
    """The columns inside a file: all but those that name its folder."""
    return pa.schema([field for field in table.arrow if field.name not in PARTITIONS])


def write_file(
    folder: Path, table: Table, org: str, day: date, kind: str, rows: Iterable[pa.Table]
) -> AddAction:
    """Write a file of one partition and describe it for a commit.

    `rows` come in the order of the file; `kind` begins the file's name.
    """
    name = f"org_id={org}/date={day.isoformat()}/{kind}-{uuid.uuid4()}.parquet"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    seen = _Seen(table)
    try:
        with path.open("wb") as file:
            with _writer(file, table) as writer:
                for chunk in rows:
                    inner = chunk.select(writer.schema.names)
                    writer.write_table(inner, row_group_size=ROW_GROUP)
                    seen.add(chunk)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    for parent in (path.parent, path.parent.parent, folder):
        sync_folder(parent)
    return AddAction(
        path=name,
        size=path.stat().st_size,
        partition_values={"org_id": org, "date": day.isoformat()},
        modification_time=time.time_ns() // 10**6,
        data_change=True,
        stats=seen.as_json(),
    )


def rows_of(file: AddAction) -> int:
    """How many rows a file has."""
    return int(json.loads(file.stats)["numRecords"])


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _writer(file: Any, table: Table) -> pq.ParquetWriter:
    schema = stored_schema(table)
    light = [name for name in schema.names if name not in BULKY]
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd",
        use_dictionary=[leaf for f in schema if f.name not in UNIQUE for leaf in _leaves(f)],
        write_statistics=light,
        store_schema=False,
    )


def _leaves(field: pa.Field) -> list[str]:
    """Paths of a column as Parquet names them."""
    if not pa.types.is_map(field.type):
        return [field.name]
    return [f"{field.name}.key_value.key", f"{field.name}.key_value.value"]


class _Seen:
    """What Delta's log tells about a file, so that readers can leave it unopened."""

    def __init__(self, table: Table) -> None:
        self._rows = 0
        self._least: dict[str, int] = {}
        self._most: dict[str, int] = {}
        self._columns = table.pruned_by

    def add(self, rows: pa.Table) -> None:
        self._rows += rows.num_rows
        for name in self._columns:
            ends = pc.min_max(rows[name].cast(pa.int64())).as_py()
            if ends["min"] is not None:
                self._least[name] = min(ends["min"], self._least.get(name, ends["min"]))
                self._most[name] = max(ends["max"], self._most.get(name, ends["max"]))

    def as_json(self) -> str:
        return json.dumps(
            {
                "numRecords": self._rows,
                "minValues": {name: _iso(us) for name, us in self._least.items()},
                "maxValues": {name: _iso(us) for name, us in self._most.items()},
                "nullCount": dict.fromkeys(self._columns, 0),
            }
        )


def _iso(microseconds: int) -> str:
    moment = EPOCH + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
