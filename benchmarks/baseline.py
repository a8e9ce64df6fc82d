"""The baseline: the same spans in a SQLite table with one index, as a simple tool would keep them.

SQLite gets what helps it: a cache that holds the whole file, statistics, its own percentiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import duckdb

from settings import Settings

Row = dict[str, Any]

COLUMNS = {
    "timestamp": "epoch_us(start_time)",
    "start_ns": "start_ns",
    "trace_id": "trace_id",
    "span_id": "span_id",
    "parent_span_id": "parent_span_id",
    "org_id": "org_id",
    "name": "name",
    "kind": "kind",
    "service_name": "service_name",
    "process_group": "process_group",
    "subsystem": "subsystem",
    "agent_name": "agent_name",
    "operation": "operation",
    "model": "model",
    "provider": "provider",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cost_usd": "cost_usd",
    "data_name": "data_name",
    "data_type": "data_type",
    "data_value": "data_value",
    "duration_ns": "duration_ns",
    "status": "status",
    "status_message": "status_message",
    "exception_type": "exception_type",
    "exception_message": "exception_message",
    "code_function": "code_function",
    "code_file": "code_file",
    "code_line": "code_line",
}
"""Column of the table, and what of the lake's row is in it."""

_PAGE = 50_000

_SETTINGS = (
    "pragma cache_size = -4194304",
    "pragma mmap_size = 17179869184",
    "pragma temp_store = memory",
)


class Baseline:
    """The SQLite table in one file."""

    def __init__(self, path: Path) -> None:
        self._db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        for pragma in _SETTINGS:
            self._db.execute(pragma)

    def ask(self, sql: str, **params: Any) -> list[Row]:
        """Rows of a SELECT by column name, ids as hex."""
        cursor = self._db.execute(sql, params)
        return [_row(_names(cursor), row) for row in cursor]

    def stream(self, sql: str, **params: Any) -> Iterator[tuple[Any, ...]]:
        """Rows of a SELECT one by one, as SQLite gives them."""
        return iter(self._db.execute(sql, params))

    def close(self) -> None:
        self._db.close()


@contextmanager
def over(settings: Settings) -> Iterator[Baseline]:
    """The table of the spans in a data folder, made when it is not there from an earlier run."""
    path = settings.data_dir / "baseline.sqlite"
    if not path.exists():
        fresh = path.with_suffix(".new")
        build(fresh, settings.lake_dir)
        fresh.rename(path)
    baseline = Baseline(path)
    try:
        yield baseline
    finally:
        baseline.close()


def build(path: Path, lake: Path) -> None:
    """Copy the spans of a lake into a new table, in the order in which they would have come."""
    path.unlink(missing_ok=True)
    db = apsw.Connection(str(path))
    try:
        db.execute("pragma journal_mode = off; pragma synchronous = off")
        db.execute(f"create table spans ({', '.join(COLUMNS)})")
        marks = ", ".join("?" * len(COLUMNS))
        with db:
            db.executemany(f"insert into spans values ({marks})", _spans(lake))
        db.execute("create index newest on spans (timestamp desc, status, process_group)")
        # only for the line that says what a second index would bring; the others do without it
        db.execute("create index by_trace on spans (trace_id)")
        db.execute("analyze")
    finally:
        db.close()


def _spans(lake: Path) -> Iterator[tuple[Any, ...]]:
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        cursor = engine.execute(
            f"select {', '.join(COLUMNS.values())} "
            "from read_parquet($files, hive_partitioning = true) "
            "order by start_time, trace_id, span_id",
            {"files": f"{lake}/spans/*/*/*.parquet"},
        )
        while rows := cursor.fetchmany(_PAGE):
            yield from rows


def _names(cursor: apsw.Cursor) -> list[str]:
    return [column[0] for column in cursor.get_description()]


def _row(names: list[str], values: tuple[Any, ...]) -> Row:
    return {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in zip(names, values, strict=True)
    }
