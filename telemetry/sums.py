"""Sums: rows of the rollups from rows that each count for something, level by level.

The one idea: each grain is grouped once, by its finest level and by bucket of duration; each level
is made of the one before, and a histogram is what the buckets of a row are called together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
from deltalake.transaction import AddAction

from telemetry import parquet, semconv
from telemetry.grains import (
    EPOCH,
    FINEST,
    GAMMA,
    GRAINS,
    KEYS,
    LEVELS,
    MINUTE,
    SPAN_GRAINS,
    levels,
    place_of,
)
from telemetry.schema import ROLLUPS

BUCKET_OF: Final = f"if(ns <= 0, 0, 1 + cast(ceil(ln(ns) / ln({GAMMA})) as integer))"
"""SQL of the bucket of a duration in ns: 0 for none at all, else 1 for up to 1 ns and so on."""

ADDED: Final = {
    "spans": "sum(sign)",
    "errors": "sum(sign) filter (where failed)",
    "roots": "sum(sign) filter (where root)",
    "timed": "sum(sign) filter (where ns is not null)",
    "duration_ns": "sum(sign * ns)",
    "calls": "sum(sign) filter (where called)",
    "input_tokens": "sum(sign * input_tokens) filter (where called)",
    "output_tokens": "sum(sign * output_tokens) filter (where called)",
    "cached_tokens": "sum(sign * cached_tokens) filter (where called)",
    "cost_usd": "sum(sign * cost_usd) filter (where called)",
    "memory_delta_bytes": "sum(sign * memory_delta_bytes)",
    "measured": "sum(sign) filter (where memory_delta_bytes is not null)",
}
"""Measures that add up, and how each is counted; `sign` is -1 for what is taken away."""

LEAST: Final = {
    "shortest_ns": "min(ns) filter (where sign > 0)",
    "earliest": "min(start_time) filter (where sign > 0)",
}
MOST: Final = {
    "longest_ns": "max(ns) filter (where sign > 0)",
    "latest": "max(start_time) filter (where sign > 0)",
}
"""What is taken away is there a second time, so it is neither the least nor the greatest."""

NEVER_NULL: Final = ("spans", "errors", "roots", "timed", "duration_ns", "calls", "measured")

MERGED: Final = ", ".join(
    [
        *(f"sum({name}) as {name}" for name in ADDED),
        *(f"min({name}) as {name}" for name in LEAST),
        *(f"max({name}) as {name}" for name in MOST),
    ]
)
COUNTED: Final = ", ".join(f"{sql} as {name}" for name, sql in {**ADDED, **LEAST, **MOST}.items())

_LOAD: Final = """
create or replace temp table counted as
select
    org_id, date, $sign as sign, start_time, status = 'error' as failed,
    parent_span_id is null as root, if(duration_ns >= 0, duration_ns, null) as ns,
    cast(bucket_of(ns) as smallint) as bucket, service_name, process_group, name as operation,
    subsystem, agent_name, model, exception_type, service_version, code_revision,
    coalesce(code_function, name) as function, code_file, is_model_call(operation) as called,
    input_tokens, output_tokens, cached_tokens, cost_usd, memory_delta_bytes
from read_parquet(
    $files,
    union_by_name = true,
    hive_partitioning = true,
    hive_types = {'org_id': varchar, 'date': date}
)
"""


_NAMED: Final = ("org_id", "date", "level", "grain", "start", "place", *KEYS)
_NAMES: Final = ", ".join(_NAMED)
_SAME: Final = " and ".join(f"sums.{n} is not distinct from histograms.{n}" for n in _NAMED)

_MERGE: Final = f"""
with buckets as (
    select {_NAMES}, e.key as bucket, sum(e.value) as durations
    from (select {_NAMES}, unnest(map_entries(durations)) as e from {{parts}})
    group by all
    having sum(e.value) != 0
),
histograms as (
    select {_NAMES}, map(list(bucket), list(durations)) as durations
    from buckets
    group by all
),
sums as (
    select {_NAMES}, {MERGED}
    from {{parts}}
    group by all
)
select sums.*, histograms.durations
from sums
left join histograms on {_SAME}
-- parts may take away more than they add
where {" or ".join(f"{name} != 0" for name in ADDED)} or histograms.durations is not null
"""

_PARTITIONED: Final = (
    "union_by_name = true, hive_partitioning = true, hive_types = {'org_id': varchar, 'date': date}"
)


_OF_A_GRAIN: Final = "(grain != 'asking' or called and model is not null)"

FEW: Final = 20_000
"""Spans that are counted for all grains at once."""


class Sums:
    """Rows on their way to the rollups, in a DuckDB of its own."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db
        calls = ", ".join(f"'{name}'" for name in semconv.MODEL_CALLS)
        db.execute(f"create macro is_model_call(operation) as operation in ({calls})")
        db.execute(f"create macro bucket_of(ns) as {BUCKET_OF}")
        db.register("empty_rollups", ROLLUPS.arrow.empty_table())
        db.execute("create temp table rolled as from empty_rollups")

    def count(self, files: Sequence[str], sign: int) -> None:
        """Count the spans of `files`, or take them away."""
        self._db.execute(_LOAD, {"files": list(files), "sign": sign})
        (rows,) = self._db.sql("select count(*) from counted").fetchall()[0]
        # a question for each grain takes milliseconds, and grains together take more memory
        for grains in [[*SPAN_GRAINS]] if rows < FEW else [[grain] for grain in SPAN_GRAINS]:
            self._db.execute(
                f"create or replace temp table grouped as select org_id, date, {_named(grains)}, "
                f"{start_of('start_time', _finest(grains))} as start, bucket, {COUNTED} "
                f"from {_source(grains)} where {_OF_A_GRAIN} group by all"
            )
            self.add(grains)

    def add(self, grains: Sequence[str]) -> None:
        """Add the table `grouped`, by bucket and the finest level of these grains, at every level
        that they have."""
        names = f"org_id, date, {', '.join(_columns(grains))}"
        finest = _finest(grains)
        for level in (level for level, length in LEVELS.items() if length >= LEVELS[finest]):
            if level != finest:
                self._db.execute(
                    f"create or replace temp table grouped as select {names}, "
                    f"{start_of('start', level)} as start, bucket, {MERGED} "
                    "from grouped group by all"
                )
            having = [grain for grain in grains if level in levels(grain)]
            self._db.execute(
                f"insert into rolled by name select {names}, '{level}' as level, start, "
                f"{_place_of(level)} as place, {_SUMMED} "
                f"from grouped where list_contains({having}, grain) group by all"
            )

    def take(self, files: Sequence[str]) -> None:
        """Add up the rows of `files` of the rollups, parts of one sum together."""
        self._merge(f"read_parquet($files, {_PARTITIONED})", {"files": list(files)})

    def settle(self) -> None:
        """Add up parts that were counted one after the other; minutes have hardly any."""
        self._db.execute(
            "create or replace temp table parts as from rolled where level != 'minute'"
        )
        self._db.execute("delete from rolled where level != 'minute'")
        self._merge("parts")

    def _merge(self, parts: str, params: dict[str, object] | None = None) -> None:
        self._db.execute(f"insert into rolled by name {_MERGE.format(parts=parts)}", params or {})

    def written(self, root: Path, kind: str) -> Iterator[AddAction]:
        """A file for each org and day."""
        partitions = self._db.sql(
            "select distinct org_id, date from rolled order by all"
        ).fetchall()
        for org, day in partitions:
            yield parquet.write_file(root, ROLLUPS, org, day, kind, self._rows(org, day))

    def _rows(self, org: str, day: date) -> Iterator[pa.Table]:
        """Level by level and grain by grain, so that a question reads only those it is about."""
        of_day = {"org": org, "day": day}
        for level, grain, rows in self._db.sql(_SORTS, params=of_day).fetchall():
            chunk = self._db.sql(
                "from rolled where org_id = $org and date = $day "
                "and ($grain is null or level = $level and grain = $grain) "
                "order by level, grain, start",
                params={**of_day, "level": level, "grain": grain},
            )
            for batch in chunk.to_arrow_reader(min(rows, CHUNK)):
                yield pa.Table.from_batches([batch]).cast(ROLLUPS.arrow)


CHUNK: Final = 4_096
"""Rows of a row group; a histogram is as large as a hundred spans."""

_TOGETHER: Final = 2_000
"""Rows of a day that are not worth keeping apart."""

_SORTS: Final = f"""
select
    if(sum(count(*)) over () < {_TOGETHER}, null, level) as part,
    if(part is null, null, grain) as of,
    max(count(*)) over () as rows
from rolled
where org_id = $org and date = $day
group by level, grain
qualify part is not null or row_number() over () = 1
order by level, grain
"""


_SUMMED: Final = ", ".join(
    [
        *(
            f"coalesce(sum({name}), 0) as {name}"
            if name in NEVER_NULL
            else f"sum({name}) as {name}"
            for name in ADDED
        ),
        *(f"min({name}) as {name}" for name in LEAST),
        *(f"max({name}) as {name}" for name in MOST),
        "map(list(bucket) filter (where timed != 0), list(timed) filter (where timed != 0)) "
        "as durations",
    ]
)


def _place_of(level: str) -> str:
    """SQL of `grains.place_of` for rows of a level."""
    minute = MINUTE // timedelta(microseconds=1)
    return f"{place_of(level, EPOCH)} + epoch_us(start) // {minute}"


def start_of(moment: str, level: str) -> str:
    """SQL of the start of the minute, hour and so on that a moment lies in, in UTC."""
    us = LEVELS[level] // timedelta(microseconds=1)
    return f"make_timestamptz(cast(epoch_us({moment}) // {us} * {us} as bigint))"


def _finest(grains: Sequence[str]) -> str:
    """The finest level that any of these grains has."""
    least = min(FINEST[grain] for grain in grains)
    return next(level for level, length in LEVELS.items() if length == least)


def _columns(grains: Sequence[str]) -> list[str]:
    """What tells rows of these grains apart."""
    return ["grain", *dict.fromkeys(key for grain in grains for key in GRAINS[grain])]


def _source(grains: Sequence[str]) -> str:
    """The counted rows, once for each grain."""
    return f"counted, (select unnest({list(grains)}) as grain)"


def _named(grains: Sequence[str]) -> str:
    """The columns of grains, each null where a row's grain has none of its name."""
    first, *keys = _columns(grains)
    having = {key: [grain for grain in grains if key in GRAINS[grain]] for key in keys}
    everywhere = {key for key in keys if len(having[key]) == len(grains)}
    return ", ".join(
        [
            first,
            *(
                key
                if key in everywhere
                else f"if(list_contains({having[key]}, grain), {key}, null) as {key}"
                for key in keys
            ),
        ]
    )
