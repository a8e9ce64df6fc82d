"""Exporting: how fast a file comes, how much memory it takes, and what a page feels of it.

The one idea: the file is read back by DuckDB and must hold the very rows of the lake; beside it
stands DuckDB's own COPY of the same rows to a file, without a zone and with live formulas.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import duckdb

from benchmarks import table, timing
from benchmarks.answers import DifferenceError
from benchmarks.stage import DAY, Stage
from benchmarks.table import Line
from dashboards.export import formats
from dashboards.export.pipe import Pipe
from dashboards.export.running import Making
from queries import export, reader, traces
from queries.filters import FIRST_PAGE, TimeRange, TraceFilters

EVERYTHING = TraceFilters(DAY)
RATE = 200_000
"""Rows a second that are promised for CSV."""

SLOWER = 1.5
"""How many times as long another person's page may take."""

LOOKS = 60
NAMES = ("CSV export", "NDJSON export", "Parquet export")
MEMORY = "CSV export: memory"
FELT = "CSV export: another person's page"

_READERS = {
    "csv": "read_csv('{}', all_varchar = true, header = true)",
    "ndjson": "read_json('{}', format = 'newline_delimited', maximum_object_size = 100000000)",
    "parquet": "read_parquet('{}')",
}
_DIGEST = "count(*), bit_xor(hash(trace_id || span_id || name || cast(duration_ns as varchar)))"


@dataclass
class Exported:
    """A file that was made: its size, its rows, and the memory that it took at most."""

    seconds: float = 0.0
    rows: int = 0
    bytes: int = 0
    memory: list[int] = field(default_factory=list)

    @property
    def growth(self) -> int:
        """Bytes of the process beyond those it began with."""
        return max(self.memory) - self.memory[0]


def run(stage: Stage, folder: Path, wanted: list[str]) -> Iterator[Line]:
    """Time what is wanted. Raises DifferenceError."""
    for name in NAMES:
        if name in wanted:
            yield _format_line(stage, folder, name, name.split()[0].lower())
    if MEMORY in wanted:
        yield _memory_line(stage)
    if FELT in wanted:
        yield _felt_line(stage)


def exported(stage: Stage, format_: str, range_: TimeRange, path: Path | None = None) -> Exported:
    """Export the range as a browser would get it; to `path`, or to nowhere."""
    found = Exported(memory=[_memory()])
    making = Making(
        reader.the_reader(),
        stage.scope,
        replace(EVERYTHING, range=range_),
        formats.of(format_, ZoneInfo("Europe/Berlin")),
    )
    pipe = Pipe("export", making.pieces, making.interrupt)
    started = time.perf_counter()
    with path.open("wb") if path else nullcontext() as file:
        for content, rows in pipe:
            found.rows += rows
            found.bytes += len(content)
            found.memory.append(_memory())
            if file:
                file.write(content)
    found.seconds = time.perf_counter() - started
    pipe.close()
    return found


def _format_line(stage: Stage, folder: Path, name: str, format_: str) -> Line:
    path = folder / f"export.{format_}"
    found = exported(stage, format_, DAY, path)
    _refuse_difference(stage, name, format_, path)
    path.unlink()
    best = min(found.seconds, *(exported(stage, format_, DAY).seconds for _ in range(2)))
    copied = timing.once(lambda: _copy(stage, path, format_))
    path.unlink()
    rate, speed = found.rows / best, found.bytes / best / 1e6
    promised = format_ == "csv"
    return Line(
        what=f"{name}, all {len(export.COLUMNS)} columns",
        ours=f"{table.milliseconds(best)} ({rate:,.0f} rows/s, {speed:,.0f} MB/s)",
        cold=table.milliseconds(found.seconds),
        sqlite=f"DuckDB's COPY {table.milliseconds(copied)}",
        ratio=f"{copied / best:.2f}",
        target=f"> {RATE:,} rows/s" if promised else "",
        met=table.verdict(rate > RATE) if promised else "",
    )


def _memory_line(stage: Stage) -> Line:
    third = TimeRange(DAY.until - DAY.length / 3, DAY.until)
    part, whole = exported(stage, "csv", third), exported(stage, "csv", DAY)
    return Line(
        what=f"{MEMORY} beyond the process's own, {part.rows:,} and {whole.rows:,} rows",
        ours=f"{part.growth / 2**20:,.0f} MiB and {whole.growth / 2**20:,.0f} MiB",
        target="no more for more rows",
        met=table.verdict(whole.growth < part.growth * 1.5 + 32 * 2**20),
    )


def _felt_line(stage: Stage) -> Line:
    """In turns with and without an export, so that a busy moment hits both."""
    alone: list[float] = []
    beside: list[float] = []
    _look(stage)
    for _ in range(3):
        alone += [_look(stage) for _ in range(LOOKS // 3)]
        ended = threading.Event()
        exporting = threading.Thread(target=_export_until, args=(stage, ended))
        exporting.start()
        # until the rows flow
        time.sleep(0.5)
        beside += [_look(stage) for _ in range(LOOKS // 3)]
        ended.set()
        exporting.join()
    ratio = median(beside) / median(alone)
    return Line(
        what=f"{FELT} meanwhile, alone and beside it",
        ours=f"{table.milliseconds(median(alone))} and {table.milliseconds(median(beside))}",
        ratio=f"{ratio:.2f}",
        target=f"≤ {SLOWER} times",
        met=table.verdict(ratio <= SLOWER),
    )


def _look(stage: Stage) -> float:
    return timing.once(lambda: traces.search(stage.scope, EVERYTHING, FIRST_PAGE))


def _export_until(stage: Stage, ended: threading.Event) -> None:
    while not ended.is_set():
        exported(stage, "csv", DAY)


def _copy(stage: Stage, path: Path, format_: str) -> None:
    """The same rows by DuckDB alone, with one thread, as an export has."""
    kind = {"csv": "csv, header", "ndjson": "json", "parquet": "parquet, compression zstd"}[format_]
    with duckdb.connect(config={"threads": 1, "memory_limit": "4GB"}) as db:
        db.execute(
            f"copy (from read_parquet({_files(stage)}) order by start_time desc, trace_id desc, "
            f"span_id desc) to '{path}' (format {kind})"
        )


def _refuse_difference(stage: Stage, name: str, format_: str, path: Path) -> None:
    with duckdb.connect() as db:
        ours = db.sql(f"select {_DIGEST} from {_READERS[format_].format(path)}").fetchall()
        stored = db.sql(
            f"select {_DIGEST} from (select * replace (lower(hex(trace_id)) as trace_id, "
            f"lower(hex(span_id)) as span_id) from read_parquet({_files(stage)}))"
        ).fetchall()
    if ours != stored:
        raise DifferenceError(f"{name}: the file has {ours}, the lake {stored}.")


def _files(stage: Stage) -> list[str]:
    found = reader.the_reader().files(stage.scope, "spans", DAY.since, DAY.until)
    return [file.path for file in found.files]


def _memory() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
