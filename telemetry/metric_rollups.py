"""Metric rollups: metric points by minute, hour and day, as gauges, counters or histograms.

The one idea: what a counter grew by depends on the point before, whenever that came, so a day is
rolled anew as a whole when points came into it, and its file replaced in one commit.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from settings import Settings
from telemetry import changes, lake, merging, parquet
from telemetry.changes import Partition
from telemetry.schema import METRIC_POINTS, METRIC_ROLLUPS

BEFORE: Final = timedelta(hours=1)
"""How long before a day the point may lie that its first points grew from."""

DAY: Final = timedelta(days=1)

log = logging.getLogger(__name__)


def roll(settings: Settings) -> int:
    """Roll the days that points came into since the last time; how many there were.

    Any number of processes may ask at once: one of them commits, the others see it.
    """
    if not DeltaTable.is_deltatable(str(settings.lake_dir / METRIC_POINTS.name)):
        return 0
    points = DeltaTable(str(settings.lake_dir / METRIC_POINTS.name))
    rollups = lake.open_table(settings.lake_dir, METRIC_ROLLUPS)
    if rollups.transaction_version(WHO) == points.version():
        return 0
    files = _by_partition(points)
    days = sorted(_dirty(points, rollups.transaction_version(WHO), files))
    adds = _rolled(settings, lake.folder_of(points), files, days)
    old = _by_partition(rollups)
    removes = [_removal(action) for each in days for action in old.get(each, ())]
    try:
        lake.commit(rollups, adds, removes, [Transaction(WHO, points.version())])
    except CommitFailedError as error:
        log.info("Rolling metrics was overtaken: %s", error)
        lake.discard(rollups, adds)
        return 0
    return len(days)


def _dirty(
    points: DeltaTable, reached: int | None, files: dict[Partition, list[Any]]
) -> set[Partition]:
    """Days with new points, and those after them, whose first points grow from the last ones."""
    changed: set[Partition] = set(files)
    if reached is not None:
        try:
            found = changes.between(
                lake.folder_of(points), range(reached + 1, points.version() + 1)
            )
            changed = set(found)
        except FileNotFoundError:
            log.warning("All metrics are rolled anew, because commits are gone.")
    return {(org, day + step) for org, day in changed for step in (timedelta(), DAY)} & set(files)


def _rolled(
    settings: Settings,
    folder: Path,
    files: dict[Partition, list[dict[str, Any]]],
    days: list[Partition],
) -> list[AddAction]:
    """A file for each of the days."""
    adds: list[AddAction] = []
    if not days:
        return adds
    with merging.engine(settings.data_dir / "spill") as db:
        for org, day in days:
            near = [*files.get((org, day - DAY), ()), *files[org, day]]
            paths = [str(folder / unquote(action["path"])) for action in near]
            rows = _rows(db, paths, day)
            adds.append(
                parquet.write_file(
                    folder.parent / METRIC_ROLLUPS.name,
                    METRIC_ROLLUPS,
                    org,
                    day,
                    parquet.MERGED,
                    [rows],
                )
            )
    return adds


def _rows(db: duckdb.DuckDBPyConnection, paths: list[str], day: date) -> pa.Table:
    since = datetime(day.year, day.month, day.day, tzinfo=UTC)
    values = {"files": paths, "since": since, "until": since + DAY, "before": since - BEFORE}
    rows = db.sql(_ROLL, params=values).to_arrow_table()
    schema = parquet.stored_schema(METRIC_ROLLUPS)
    return pa.table([rows[field.name].cast(field.type) for field in schema], schema=schema)


_ROLL: Final = """
with seen as (
    -- a repeat is one point
    select distinct
        time, time_ns, start_time, name, service_name, kind, temporality, monotonic, unit, value,
        count, sum, min, max, buckets,
        concat_ws('|', name, service_name, kind, temporality, monotonic, attributes, resource)
            as series
    from read_parquet($files, union_by_name = true, hive_partitioning = false)
    where time >= $before and time < $until
        and (value is not null or kind not in ('gauge', 'sum'))
),
parsed as (
    select
        *,
        if(
            kind = 'histogram',
            from_json(buckets, '{"bounds": ["DOUBLE"], "counts": ["BIGINT"]}'),
            null
        ) as explicit,
        if(
            kind = 'exponential_histogram',
            from_json(
                buckets,
                '{"scale": "INTEGER", "zero_count": "BIGINT", "zero_threshold": "DOUBLE",
                  "positive": {"offset": "INTEGER", "counts": ["BIGINT"]},
                  "negative": {"offset": "INTEGER", "counts": ["BIGINT"]}}'
            ),
            null
        ) as exponential
    from seen
),
ordered as (
    select
        *,
        row_number() over line as number,
        lag(start_time) over line as start_before,
        lag(coalesce(value, count)) over line as before,
        lag(sum) over line as sum_before,
        lag(explicit.bounds) over line as bounds_before,
        -- buckets of a finer scale fall into those of a coarser one, so the coarsest compares all
        min(exponential.scale) over (partition by series) as scale
    from parsed
    window line as (partition by series order by time, time_ns, start_time, value, count)
),
points as (
    select
        *,
        -- what a point adds to: nothing when it stands for itself, or began anew
        coalesce(
            temporality = 'delta'
            or before is not null and (
                start_before is distinct from start_time
                or coalesce(value, count) < before
                or explicit.bounds is distinct from bounds_before
            ),
            false
        ) as whole,
        before is null and not coalesce(temporality = 'delta', false)
            and not coalesce(start_time >= $before, false) as unknown
    from ordered
),
exploded as (
    select series, number, bound as upper, sum(n) as n
    from (
        select
            series, number,
            unnest(list_append(explicit.bounds, 'infinity'::double)) as bound,
            unnest(explicit.counts) as n
        from points
        where explicit is not null
        union all
        select series, number, 0 as bound, exponential.zero_count as n
        from points
        where exponential is not null
        union all
        select
            series, number,
            pow(2, ((index >> (wide - scale)) + 1) * pow(2, -scale)) as bound,
            n
        from (
            select
                series, number, scale, exponential.scale as wide,
                unnest(range(
                    exponential.positive.offset,
                    exponential.positive.offset + len(exponential.positive.counts)
                )) as index,
                unnest(exponential.positive.counts) as n
            from points
            where len(exponential.positive.counts) > 0
        )
        union all
        select
            series, number,
            -pow(2, (index >> (wide - scale)) * pow(2, -scale)) as bound,
            n
        from (
            select
                series, number, scale, exponential.scale as wide,
                unnest(range(
                    exponential.negative.offset,
                    exponential.negative.offset + len(exponential.negative.counts)
                )) as index,
                unnest(exponential.negative.counts) as n
            from points
            where len(exponential.negative.counts) > 0
        )
    )
    group by all
),
gained as (
    select
        points.time, points.name, points.service_name, points.kind, points.unit, exploded.upper,
        exploded.n - if(points.whole, 0, coalesce(previous.n, 0)) as n
    from points
    join exploded using (series, number)
    left join exploded as previous
        on previous.series = points.series
        and previous.number = points.number - 1
        and previous.upper = exploded.upper
    where not points.unknown and points.time >= $since
),
grown as (
    select
        *,
        case
            when unknown then 0
            when whole or before is null then coalesce(value, count)
            else coalesce(value, count) - before
        end as gain,
        case
            when unknown then 0
            when whole or before is null then sum
            else sum - coalesce(sum_before, 0)
        end as sum_gain
    from points
    where time >= $since
),
levels as (
    select unnest(['minute', 'hour', 'day']) as level
),
summed as (
    select
        level,
        date_trunc(level, time) as start,
        name,
        service_name,
        kind,
        unit,
        count(*) as points,
        count(distinct series) as series,
        arg_max(value, (time, time_ns, value)) as last,
        min(coalesce(value, min)) as least,
        max(coalesce(value, max)) as greatest,
        sum(value) as total,
        count(value) as valued,
        sum(gain) filter (where kind = 'sum' and (monotonic or temporality = 'delta')) as growth,
        sum(gain) filter (where value is null) as count,
        sum(sum_gain) filter (where value is null) as sum
    from grown, levels
    group by all
),
histograms as (
    select
        level, start, name, service_name, kind, unit, map(list(upper), list(n)) as buckets
    from (
        select
            level, date_trunc(level, time) as start, name, service_name, kind, unit, upper,
            sum(greatest(n, 0)) as n
        from gained, levels
        group by all
        having sum(greatest(n, 0)) > 0
        order by upper
    )
    group by all
)
select summed.*, histograms.buckets
from summed
left join histograms
    on summed.level = histograms.level
    and summed.start = histograms.start
    and summed.name = histograms.name
    and summed.service_name is not distinct from histograms.service_name
    and summed.kind = histograms.kind
    and summed.unit is not distinct from histograms.unit
order by level, name, start
"""

WHO: Final = f"points-{sha256((_ROLL + repr(METRIC_ROLLUPS)).encode()).hexdigest()[:12]}"
"""The transaction that says up to which version of the points the rollups reach."""


def _by_partition(stored: DeltaTable) -> dict[Partition, list[dict[str, Any]]]:
    found: dict[Partition, list[dict[str, Any]]] = defaultdict(list)
    for action in lake.files_of(stored):
        found[action["partition.org_id"], action["partition.date"]].append(action)
    return dict(found)


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
