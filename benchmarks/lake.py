"""A lake of generated spans, written straight into Delta tables so that size is cheap to vary.

Its files are those that compaction leaves. Deterministic: row i of n is always the same but for the
end of its time range. Traces have 20 spans in a chain of three levels, 2 % errors, log-normal
durations, and the newest span starts just before `end`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from telemetry import lake, parquet, writer
from telemetry.schema import SPANS

CHUNK = 500_000

_ROWS = """
-- one row per generated span: numbers lo to hi of n
with numbered as (
    select
        i,
        i // 20 as trace,
        i % 20 as step,
        cast(hash(i) >> 2 as bigint) as h,
        cast(hash(i // 20) >> 2 as bigint) as th,
        $end - to_microseconds(
            cast((i // 20) * $gap as bigint) * 20 + (20 - i % 20) * 900
        ) as moment
    from range($lo, $hi) as t(i)
)
select
    $org as org_id,
    cast(moment as date) as date,
    unhex(md5('t' || trace)) as trace_id,
    unhex(substr(md5('s' || i), 1, 16)) as span_id,
    case
        when step = 0 then null
        else unhex(
            substr(md5('s' || (trace * 20 + case when step < 7 then 0 else step // 3 end)), 1, 16)
        )
    end as parent_span_id,
    case step
        when 0 then 'run ' || ['triage', 'forecast', 'inspect', 'settle', 'reorder'][1 + th % 5]
        else ['chat gpt-4o', 'execute_tool search', 'plan.step', 'vector_search kb', 'memory.read',
              'policy.check', 'usage.record', 'ingest.batch', 'parse.frame', 'score'][1 + h % 10]
    end as name,
    case when step = 0 then 'server' else 'internal' end as kind,
    moment as start_time,
    cast(h % 1000 as integer) as start_ns,
    cast(
        exp(13 + 4 * ((h // 1000) % 1000) / 1000.0 + 3 * ((h // 1000000) % 1000) / 1000.0) as bigint
    ) as duration_ns,
    case when h % 50 = 7 then 'error' else 'ok' end as status,
    case when h % 50 = 7 then 'upstream timed out' end as status_message,
    'service-' || ((th + step) % 12) as service_name,
    'group-' || ((th + step) % 6) as process_group,
    ['MOSAIC', 'DAMN', 'UCE', 'SYSTEM'][1 + step % 4] as subsystem,
    'agent-' || (th % 40) as agent_name,
    case when h % 10 = 0 then 'chat' end as operation,
    case when h % 10 = 0 then 'gpt-4o' end as model,
    case when h % 10 = 0 then cast(h % 4000 as bigint) end as input_tokens,
    case when h % 10 = 0 then cast(h % 700 as bigint) end as output_tokens,
    case when h % 10 = 0 then (h % 4000) * 2.5e-6 + (h % 700) * 1e-5 end as cost_usd,
    case when h % 50 = 7 then ['TimeoutError', 'ValueError', 'RateLimitError'][1 + h % 3] end
        as exception_type,
    case when h % 50 = 7 then 'upstream timed out after 30000 ms' end as exception_message,
    case when h % 20 = 3 then 1 end as data_count,
    case when h % 20 = 3 then 'pressure' end as data_name,
    case when h % 20 = 3 then 'double' end as data_type,
    case when h % 20 = 3 then ((i // 4000) % 90) || '.0' end as data_value,
    case when step % 2 = 1 then 'svc.module_' || (h % 25) || '.handle' end as code_function,
    map_from_entries(list_filter([
        {key: 'session.id', value: '"s-' || (trace % 5000) || '"'},
        {key: 'thread.id', value: cast(h % 64 as varchar)},
        {key: 'aeos.process_group', value: '"' || process_group || '"'},
        {key: 'aeos.subsystem', value: '"' || subsystem || '"'},
        {key: 'gen_ai.agent.name', value: '"' || agent_name || '"'},
        {key: 'gen_ai.operation.name', value: '"' || operation || '"'},
        {key: 'gen_ai.request.model', value: '"' || model || '"'},
        {key: 'code.function.name', value: '"' || code_function || '"'},
        {key: 'aeos.data.' || data_name, value: data_value}
    ], lambda x: x.value is not null)) as attributes,
    map {
        'service.name': '"' || service_name || '"',
        'service.version': '"2.4.1"',
        'host.name': '"node-' || (th % 16) || '"'
    } as resource,
    moment + interval 1 second as ingest_time
from numbered
"""


def build(folder: Path, org: str, spans: int, end: datetime, hours: float = 24.0) -> None:
    """Write `spans` spans of `org` into a lake, spread evenly over the `hours` before `end`."""
    stored = lake.open_table(folder, SPANS)
    root = lake.folder_of(stored)
    files = [
        parquet.write_file(root, SPANS, org, day, parquet.MERGED, [part])
        for rows in _chunks(org, spans, end, hours)
        for _, day, part in writer.partitions(rows, SPANS)
    ]
    lake.commit(stored, files, ())


def digest() -> str:
    """Names what `build` writes, so that data kept from an older generator is not taken for it."""
    return hashlib.sha256(_ROWS.encode()).hexdigest()[:8]


def _chunks(org: str, spans: int, end: datetime, hours: float) -> Iterator[pa.Table]:
    """The spans, newest first, half a million at a time."""
    engine = duckdb.connect()
    engine.execute("set timezone = 'UTC'")
    gap_us = hours * 3600 * 1e6 / max(spans, 1)
    for lo in range(0, spans, CHUNK):
        hi = min(lo + CHUNK, spans)
        values = {"lo": lo, "hi": hi, "org": org, "end": end, "gap": gap_us}
        yield conform(engine.sql(_ROWS, params=values).to_arrow_table())


def conform(rows: pa.Table) -> pa.Table:
    """`rows` with every column of the spans table, in order; absent ones are null."""
    present = set(rows.column_names)
    return pa.table(
        [
            rows[field.name].cast(field.type)
            if field.name in present
            else pa.nulls(rows.num_rows, field.type)
            for field in SPANS.arrow
        ],
        schema=SPANS.arrow,
    )
