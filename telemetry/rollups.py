"""Rollups: spans summed by minute, hour and day, for questions that need not read each of them.

The one idea: a rollup is a sum. Each commit to the spans table is rolled once, by adding what it
added and taking away what it took, so that at every version the rollups equal a count over the
spans of that version, however late or often these came.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import duckdb
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from settings import Settings
from telemetry import lake, merging, parquet, semconv
from telemetry.grains import GAMMA, GRAINS, KEYS, LEVELS, SKIPPED, WHO
from telemetry.schema import ROLLUPS, SPANS

BUCKET_OF: Final = f"if(ns <= 0, 0, 1 + cast(ceil(ln(ns) / ln({GAMMA})) as integer))"
"""SQL of the bucket of a duration in ns: 0 for none at all, else 1 for up to 1 ns and so on."""

MANY: Final = 24
"""Files of an org's day that are folded into one."""

BATCH: Final = 200
"""Commits rolled at once, at most."""

log = logging.getLogger(__name__)

Partition = tuple[str, date]


@dataclass
class Change:
    """Files of one org's day that came and went."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


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
        changes = _changes(lake.folder_of(spans), range(done + 1, until + 1))
        adds = _summed(settings, lake.folder_of(spans), changes)
    except (FileNotFoundError, duckdb.IOException) as error:
        log.warning("Rollups are made anew, because commits are gone: %s", error)
        return _rebuild(settings, spans, rollups)
    return _commit(rollups, adds, [], until)


def _rebuild(settings: Settings, spans: DeltaTable, rollups: DeltaTable) -> int | None:
    """All rollups anew, from the files of the spans as they are now."""
    changes: dict[Partition, Change] = defaultdict(Change)
    for action in lake.files_of(spans):
        partition = (action["partition.org_id"], action["partition.date"])
        changes[partition].added.append(action["path"])
    adds = _summed(settings, lake.folder_of(spans), changes)
    # what was rolled of days whose spans retention removed can be had from nowhere else
    stale = [
        _removal(action)
        for action in lake.files_of(rollups)
        if (action["partition.org_id"], action["partition.date"]) in changes
    ]
    return _commit(rollups, adds, stale, spans.version())


def _commit(
    rollups: DeltaTable, adds: list[AddAction], removes: list[RemoveAction], version: int
) -> int | None:
    try:
        lake.commit(rollups, adds, removes, [Transaction(WHO, version)])
    except CommitFailedError as error:
        log.info("Rolling was overtaken: %s", error)
        lake.discard(rollups, adds)
        rollups.update_incremental()
        return None
    return version


def _changes(folder: Path, versions: range) -> dict[Partition, Change]:
    """What commits did to the rows, by org and day.

    A commit that only rearranged rows, as compaction without repeats does, changes nothing.
    """
    changes: dict[Partition, Change] = defaultdict(Change)
    for version in versions:
        for partition, (added, removed) in _actions(folder, version).items():
            if removed and added and _rows(folder, added) == _rows(folder, removed):
                continue
            if removed and not added:
                # spans that retention removed stay counted
                continue
            changes[partition].added += [each["path"] for each in added]
            changes[partition].removed += [each["path"] for each in removed]
    return changes


def _actions(
    folder: Path, version: int
) -> dict[Partition, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Files that one commit added and removed, by org and day.

    The log is a public format: one JSON object a line, `add` and `remove` among them.
    """
    found: dict[Partition, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    path = folder / lake.LOG / f"{version:020}.json"
    for line in path.read_bytes().splitlines():
        for place, kind in enumerate(("add", "remove")):
            if action := orjson.loads(line).get(kind):
                values = action["partitionValues"]
                partition = (values["org_id"], date.fromisoformat(values["date"]))
                found[partition][place].append(action)
    return found


def _rows(folder: Path, actions: Sequence[dict[str, Any]]) -> int:
    """Rows of files, which may be gone from the table, but not yet from the disk."""
    return sum(pq.read_metadata(folder / unquote(action["path"])).num_rows for action in actions)


def _summed(settings: Settings, folder: Path, changes: dict[Partition, Change]) -> list[AddAction]:
    """One file of sums for each org and day that changed."""
    root = settings.lake_dir / ROLLUPS.name
    with merging.engine(settings.data_dir / "spill") as db:
        _prepare(db)
        found = []
        for (org, day), change in changes.items():
            parts = [
                _sums(db, [str(folder / unquote(path)) for path in paths], sign)
                for paths, sign in ((change.added, 1), (change.removed, -1))
                if paths
            ]
            if parts:
                found.append(_written(root, org, day, parts))
        return found


def _written(root: Path, org: str, day: date, parts: list[pa.Table]) -> AddAction:
    return parquet.write_file(root, ROLLUPS, org, day, parquet.RAW, parts)


def _prepare(db: duckdb.DuckDBPyConnection) -> None:
    """What the sums speak of: the bucket of a duration, and what a model call is."""
    calls = ", ".join(f"'{name}'" for name in semconv.MODEL_CALLS)
    db.execute(f"create macro is_model_call(operation) as operation in ({calls})")
    db.execute(f"create macro bucket_of(ns) as {BUCKET_OF}")


def _sums(db: duckdb.DuckDBPyConnection, files: list[str], sign: int) -> pa.Table:
    """The rows of `files` summed at every level and grain, counted as often as `sign` says."""
    levels = " union all ".join(_at_level(level) for level in LEVELS)
    found = db.sql(levels, params={"files": files, "sign": sign})
    return _conformed(found.to_arrow_table())


_AT_LEVEL: Final = """
select
    '{level}' as level,
    case grouping({keys}) {grains} end as grain,
    date_trunc('{level}', start_time) as start,
    {columns},
    $sign * count(*) as spans,
    $sign * count(*) filter (where status = 'error') as errors,
    $sign * count(*) filter (where parent_span_id is null) as roots,
    $sign * count(*) filter (where duration_ns >= 0) as timed,
    $sign * coalesce(sum(duration_ns) filter (where duration_ns >= 0), 0) as duration_ns,
    -- what is taken away is there a second time, so it is neither the least nor the greatest
    if($sign > 0, min(duration_ns) filter (where duration_ns >= 0), null) as shortest_ns,
    if($sign > 0, max(duration_ns) filter (where duration_ns >= 0), null) as longest_ns,
    map_from_entries(list_transform(
        map_entries(histogram(bucket_of(duration_ns)) filter (where duration_ns >= 0)),
        lambda e: {{key: e.key, value: $sign * e.value}}
    )) as durations,
    $sign * count(*) filter (where is_model_call(kind_of_call)) as calls,
    $sign * sum(input_tokens) filter (where is_model_call(kind_of_call)) as input_tokens,
    $sign * sum(output_tokens) filter (where is_model_call(kind_of_call)) as output_tokens,
    $sign * sum(cached_tokens) filter (where is_model_call(kind_of_call)) as cached_tokens,
    $sign * sum(cost_usd) filter (where is_model_call(kind_of_call)) as cost_usd,
    $sign * sum(memory_delta_bytes) as memory_delta_bytes,
    $sign * count(memory_delta_bytes) as measured,
    if($sign > 0, min(start_time), null) as earliest,
    if($sign > 0, max(start_time), null) as latest
from (
    select
        start_time, duration_ns, status, parent_span_id, service_name, process_group,
        name as operation, subsystem, agent_name, model, exception_type, service_version,
        code_revision, coalesce(code_function, name) as function, code_file,
        operation as kind_of_call, input_tokens, output_tokens, cached_tokens, cost_usd,
        memory_delta_bytes
    from read_parquet($files, union_by_name = true, hive_partitioning = false)
)
group by grouping sets ({sets})
"""


def _at_level(level: str) -> str:
    """The question for one level: a row for each of its times and each grain."""
    grains = {grain: keys for grain, keys in GRAINS.items() if (level, grain) not in SKIPPED}
    present = [key for key in KEYS if any(key in keys for keys in grains.values())]
    start = f"date_trunc('{level}', start_time)"
    sets = (", ".join([start, *keys]) for keys in grains.values())
    words = (f"when {_mask(keys, present)} then '{grain}'" for grain, keys in grains.items())
    return _AT_LEVEL.format(
        level=level,
        keys=", ".join(present),
        grains=" ".join(words),
        columns=", ".join(f"{key if key in present else 'null'} as {key}" for key in KEYS),
        sets=", ".join(f"({each})" for each in sets),
    )


def _mask(keys: Sequence[str], among: Sequence[str]) -> int:
    """What SQL's grouping() gives for a grain: a bit for each key that it leaves out."""
    return sum(1 << place for place, key in enumerate(reversed(among)) if key not in keys)


def _conformed(rows: pa.Table) -> pa.Table:
    """The rows with the columns of the table, in its order and types, by level, grain and time."""
    schema = parquet.stored_schema(ROLLUPS)
    ordered = rows.sort_by([("level", "ascending"), ("grain", "ascending"), ("start", "ascending")])
    return pa.table([ordered[f.name].cast(f.type) for f in schema], schema=schema)


# folding


def fold(settings: Settings, rollups: DeltaTable) -> int:
    """Make one file of the many of an org's day, its parts added up; how many files went."""
    by_partition: dict[Partition, list[dict[str, Any]]] = defaultdict(list)
    for action in lake.files_of(rollups):
        partition = (action["partition.org_id"], action["partition.date"])
        by_partition[partition].append(action)
    many = {where: files for where, files in by_partition.items() if len(files) > MANY}
    for (org, day), files in many.items():
        _fold_one(settings, rollups, org, day, files)
    return sum(map(len, many.values()))


def _fold_one(
    settings: Settings, rollups: DeltaTable, org: str, day: date, files: list[dict[str, Any]]
) -> None:
    root = lake.folder_of(rollups)
    with merging.engine(settings.data_dir / "spill") as db:
        paths = [str(root / action["path"]) for action in files]
        rows = _conformed(db.sql(_FOLD, params={"files": paths}).to_arrow_table())
    add = parquet.write_file(root, ROLLUPS, org, day, parquet.MERGED, [rows])
    try:
        lake.commit(rollups, [add], [_removal(action) for action in files])
    except CommitFailedError as error:
        log.info("A fold of %s %s was overtaken: %s", org, day, error)
        lake.discard(rollups, [add])
        rollups.update_incremental()


_NAMES: Final = f"level, grain, start, {', '.join(KEYS)}"
_FOLD: Final = f"""
with parts as materialized (
    select * from read_parquet($files, union_by_name = true, hive_partitioning = false)
),
buckets as (
    select {_NAMES}, e.key as bucket, sum(e.value) as durations
    from (select {_NAMES}, unnest(map_entries(durations)) as e from parts)
    group by all
    having sum(e.value) != 0
),
histograms as (
    select {_NAMES}, map(list(bucket order by bucket), list(durations order by bucket)) as durations
    from buckets
    group by all
),
sums as (
    select
        {_NAMES},
        sum(spans) as spans,
        sum(errors) as errors,
        sum(roots) as roots,
        sum(timed) as timed,
        sum(duration_ns) as duration_ns,
        min(shortest_ns) as shortest_ns,
        max(longest_ns) as longest_ns,
        sum(calls) as calls,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(cached_tokens) as cached_tokens,
        sum(cost_usd) as cost_usd,
        sum(memory_delta_bytes) as memory_delta_bytes,
        sum(measured) as measured,
        min(earliest) as earliest,
        max(latest) as latest
    from parts
    group by all
)
select sums.*, histograms.durations
from sums
left join histograms on {{same}}
where spans != 0
""".format(
    same=" and ".join(
        f"sums.{name} is not distinct from histograms.{name}"
        for name in ("level", "grain", "start", *KEYS)
    )
)


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
