"""Edges: who called whom, services by services and agents by agents, as grains of the rollups.

The one idea: a caller may be stored before or after those it called, so the edges of a quarter of
an hour are found anew whenever spans came into it, and the difference to what was rolled is added.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import duckdb
from deltalake import DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction

from settings import Settings
from telemetry import changes, lake, merging, parquet
from telemetry.grains import EDGE_GRAINS, EDGES, EDGES_UNTIL, QUARTER_HOUR, WHO
from telemetry.schema import ROLLUPS, SPANS
from telemetry.sums import ADDED, COUNTED, LEAST, MERGED, MOST, Sums, start_of

SLOT: Final = QUARTER_HOUR
"""What is found anew at once, at least."""

SETTLED: Final = timedelta(minutes=2)
"""How long after its end a slot is first looked at; until then questions look into the spans."""

REACH: Final = timedelta(hours=6)
"""How long before its spans a caller may have begun."""

LATER: Final = timedelta(hours=1)
"""How long after its spans a caller may have begun, by a clock that is wrong."""

LONGEST: Final = timedelta(days=1)
MOST_ROWS: Final = 2_000_000
"""What is found anew at once, at most."""

MEMORY: Final = "1GB"

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stretch:
    """Some time of an org whose edges are found at once."""

    org: str
    since: datetime
    until: datetime
    rows: int


def roll(settings: Settings, now: datetime) -> bool:
    """Find the edges of all slots that spans came into since the last time; whether any did.

    Any number of processes may ask at once: one of them commits, the others see it.
    """
    if not DeltaTable.is_deltatable(str(settings.lake_dir / SPANS.name)):
        return False
    rollups = lake.open_table(settings.lake_dir, ROLLUPS)
    if rollups.transaction_version(WHO) is None:
        return False
    spans = DeltaTable(str(settings.lake_dir / SPANS.name))
    before = EPOCH + timedelta(minutes=rollups.transaction_version(EDGES_UNTIL) or 0)
    until = max(before, EPOCH + (now - SETTLED - EPOCH) // SLOT * SLOT)
    with merging.engine(settings.data_dir / "spill", MEMORY) as db:
        stretches = _stretches(db, spans, rollups, before, until)
        if not stretches:
            return False
        sums = Sums(db)
        for stretch in stretches:
            _find(db, _files(spans), _files(rollups), stretch)
            sums.add(tuple(EDGE_GRAINS))
        sums.settle()
        adds = list(sums.written(settings.lake_dir / ROLLUPS.name, parquet.RAW))
    return _commit(rollups, adds, spans.version(), until)


def _commit(rollups: DeltaTable, adds: list[AddAction], version: int, until: datetime) -> bool:
    reached = Transaction(EDGES, version)
    settled = Transaction(EDGES_UNTIL, (until - EPOCH) // timedelta(minutes=1))
    try:
        lake.commit(rollups, adds, [], [reached, settled])
    except CommitFailedError as error:
        log.info("Finding edges was overtaken: %s", error)
        lake.discard(rollups, adds)
        return False
    return True


@dataclass(frozen=True)
class _File:
    org: str
    path: str
    least: datetime
    most: datetime


def _files(stored: DeltaTable) -> list[_File]:
    root = lake.folder_of(stored)
    moment = SPANS.time if root.name == SPANS.name else ROLLUPS.time
    return [
        _File(
            file["partition.org_id"],
            str(root / file["path"]),
            file[f"min.{moment}"],
            file[f"max.{moment}"],
        )
        for file in lake.files_of(stored)
    ]


def _within(files: Iterable[_File], org: str, since: datetime, until: datetime) -> list[str]:
    """Paths of an org's files that may hold rows from `since` to `until`."""
    return [f.path for f in files if f.org == org and f.least < until and f.most >= since]


_SLOTS: Final = """
select org_id, epoch_us(start_time) // $slot as slot, count(*) as rows
from read_parquet($files, hive_partitioning = true, hive_types = {'org_id': varchar})
where start_time >= $since and start_time < $until
group by all
"""


def _stretches(
    db: duckdb.DuckDBPyConnection,
    spans: DeltaTable,
    rollups: DeltaTable,
    before: datetime,
    until: datetime,
) -> list[Stretch]:
    """Where spans came before `until`: new files in slots that were looked at, and newer slots."""
    arrived = _arrived(spans, rollups.transaction_version(EDGES))
    newer = [f.path for f in _files(spans) if f.least < until and f.most >= before]
    slots: dict[tuple[str, int], int] = {}
    for files, since in ((arrived, EPOCH), (newer, before)):
        if files and since < until:
            values = {"files": files, "since": since, "until": until, "slot": SLOT // _MICROSECOND}
            for org, slot, rows in db.execute(_SLOTS, values).fetchall():
                slots[org, slot] = max(rows, slots.get((org, slot), 0))
    for org, slot, rows in _below(db, _files(spans), arrived, before):
        slots.setdefault((org, slot), rows)
    return _joined(slots)


_BELOW: Final = """
select org_id, epoch_us(start_time) // $slot as slot, count(*) as rows
from read_parquet($files, hive_partitioning = true, hive_types = {'org_id': varchar})
where start_time >= $since
    and start_time < $until
    and (org_id, trace_id, parent_span_id) in (
        select (org_id, trace_id, span_id)
        from read_parquet($arrived, hive_partitioning = true, hive_types = {'org_id': varchar})
    )
group by all
"""


def _below(
    db: duckdb.DuckDBPyConnection, files: list[_File], arrived: list[str], before: datetime
) -> list[tuple[str, int, int]]:
    """Slots that were looked at and hold calls by what arrived since, with their number."""
    if not arrived:
        return []
    ends = "select min(start_time), max(start_time) from read_parquet($arrived)"
    ((first, last),) = db.execute(ends, {"arrived": arrived}).fetchall()
    since, until = first - LATER, min(last + REACH, before)
    around = [f.path for f in files if f.least < until and f.most >= since]
    if not around or since >= until:
        return []
    values = {"files": around, "arrived": arrived, "since": since, "until": until}
    return db.execute(_BELOW, {**values, "slot": SLOT // _MICROSECOND}).fetchall()


_MICROSECOND: Final = timedelta(microseconds=1)


def _arrived(spans: DeltaTable, reached: int | None) -> list[str]:
    """Files that came after a version; all files when it is not known any more."""
    root = lake.folder_of(spans)
    try:
        if reached is None:
            raise FileNotFoundError
        found = changes.between(root, range(reached + 1, spans.version() + 1))
    except FileNotFoundError:
        return [file.path for file in _files(spans)]
    paths = [root / unquote(path) for change in found.values() for path in change.added]
    if all(Path(path).exists() for path in paths):
        return [str(path) for path in paths]
    return [file.path for file in _files(spans)]


def _joined(slots: dict[tuple[str, int], int]) -> list[Stretch]:
    """Slots of an org together, as long as they are not too many."""
    found: list[Stretch] = []
    for (org, slot), rows in sorted(slots.items()):
        since = EPOCH + slot * SLOT
        last = found[-1] if found else None
        if (
            last
            and last.org == org
            and since + SLOT - last.since <= LONGEST
            and last.rows + rows <= MOST_ROWS
        ):
            found[-1] = Stretch(org, last.since, since + SLOT, last.rows + rows)
        else:
            found.append(Stretch(org, since, since + SLOT, rows))
    return found


_COLUMNS: Final = (
    "trace_id, span_id, parent_span_id, kind, name, service_name, agent_name, start_time, "
    "start_ns, duration_ns, status"
)

_FOUND: Final = f"""
create or replace temp table counted as
with seen as (
    -- a repeat that compaction has not found yet is one call
    select distinct
        trace_id, span_id, parent_span_id, kind, name, service_name, agent_name, start_time,
        start_ns, duration_ns, status
    from read_parquet($spans, union_by_name = true, hive_partitioning = false)
    where start_time >= $since and start_time < $until and parent_span_id is not null
),
called as materialized (
    select *, row_number() over () as number
    from seen
),
callers as materialized (
    select
        trace_id, span_id, service_name, agent_name, kind in ('server', 'consumer') as answering
    from read_parquet($around, union_by_name = true, hive_partitioning = false)
    where start_time >= $reach
        and start_time < $later
        and (trace_id, span_id) in (select (trace_id, parent_span_id) from called)
),
met as (
    select
        'calls' as grain, number, called.service_name as callee, callers.service_name as caller,
        answering
    from called
    join callers on called.trace_id = callers.trace_id and parent_span_id = callers.span_id
    union all
    select
        'handoffs' as grain, number, called.agent_name as callee, callers.agent_name as caller,
        answering
    from called
    join callers on called.trace_id = callers.trace_id and parent_span_id = callers.span_id
    where called.agent_name is not null
),
crossing as (
    select
        grain,
        number,
        callee,
        -- two halves of a call may share its id: the one that answers it calls on
        arg_min(caller, (not answering, caller)) filter (where caller is not null) as caller
    from met
    group by grain, number, callee
    having not coalesce(bool_or(caller = callee), true)
)
select
    $org as org_id,
    cast(start_time as date) as date,
    grain,
    caller,
    callee,
    1 as sign,
    start_time,
    {start_of("start_time", "quarter_hour")} as start,
    status = 'error' as failed,
    false as root,
    if(duration_ns >= 0, duration_ns, null) as ns,
    cast(bucket_of(ns) as smallint) as bucket,
    false as called,
    cast(null as bigint) as input_tokens,
    cast(null as bigint) as output_tokens,
    cast(null as bigint) as cached_tokens,
    cast(null as double) as cost_usd,
    cast(null as bigint) as memory_delta_bytes
from crossing
join called using (number)
"""

_NAMES: Final = "org_id, date, grain, caller, callee, start"

_SIGNED: Final = ", ".join(f"{'0' if n == 'timed' else f'-{n}'} as {n}" for n in ADDED)
_BUCKETS: Final = ", ".join(f"{'-e.value' if n == 'timed' else 'null'} as {n}" for n in ADDED)
_ENDS: Final = ", ".join(f"null as {name}" for name in (*LEAST, *MOST))

_LESS: Final = f"""
create or replace temp table less as
with rolled as (
    select $org as org_id, cast(start as date) as date, * exclude (date)
    from read_parquet($files, union_by_name = true, hive_partitioning = true)
    where level = 'quarter_hour'
        and grain in ('calls', 'handoffs')
        and start >= $since
        and start < $until
)
select {_NAMES}, null as bucket, {_SIGNED}, {_ENDS}
from rolled
union all
select {_NAMES}, e.key as bucket, {_BUCKETS}, {_ENDS}
from (select *, unnest(map_entries(durations)) as e from rolled)
"""
"""Edges that were rolled, taken away. Their number in each bucket comes apart from other sums."""

_LESS_NOTHING: Final = f"""
create or replace temp table less as
select {_NAMES}, bucket, {COUNTED} from counted where false group by all
"""

_DIFFERENCE: Final = f"""
create or replace temp table grouped as
select {_NAMES}, bucket, {MERGED}
from (
    select {_NAMES}, bucket, {COUNTED} from counted group by all
    union all by name
    from less
)
group by all
having {" or ".join(f"sum({name}) != 0" for name in ADDED)}
"""


def _find(
    db: duckdb.DuckDBPyConnection, spans: list[_File], rollups: list[_File], stretch: Stretch
) -> None:
    """Make the table `grouped`: edges of a stretch, less what was rolled of it."""
    since, until = stretch.since, stretch.until
    values = {
        "org": stretch.org,
        "spans": _within(spans, stretch.org, since, until),
        "around": _within(spans, stretch.org, since - REACH, until + LATER),
        "since": since,
        "until": until,
        "reach": since - REACH,
        "later": until + LATER,
    }
    db.execute(_FOUND, values)
    if rolled := _within(rollups, stretch.org, since, until):
        less = {"org": stretch.org, "files": rolled, "since": since, "until": until}
        db.execute(_LESS, less)
    else:
        db.execute(_LESS_NOTHING)
    db.execute(_DIFFERENCE)
