"""Opening: one large trace among many spans, from its id to the first window of its waterfall.

The one idea: each opening is by a reader that has not seen the trace, so that nothing that is kept
in memory helps.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb

from benchmarks import lake, table, timing
from benchmarks.stage import DAY, END, ORG, Stage
from benchmarks.table import Line
from queries import critical, integrity, reader, trace, traces, waterfall
from queries.filters import FIRST_PAGE, TraceFilters
from queries.waterfall import View
from telemetry import lake as tables
from telemetry import parquet, writer
from telemetry.schema import SPANS

SIZES = {100: 150, 10_000: 400, 100_000: 1_000}
"""Spans of a trace → milliseconds that opening it may take."""

WINDOW = 150
"""Rows that the browser asks for at once."""

NAMES = tuple(f"Open a trace of {spans:,} spans" for spans in SIZES)

_ROWS = """
-- one row per span of a trace of n: every seventh a parent of the seven after it
select
    $org as org_id,
    cast($start as date) as date,
    unhex(md5('opening ' || $n)) as trace_id,
    unhex(substr(md5($n || ' ' || i), 1, 16)) as span_id,
    case when i > 0 then unhex(substr(md5($n || ' ' || ((i - 1) // 7)), 1, 16)) end
        as parent_span_id,
    ['chat gpt-4o', 'execute_tool search', 'plan.step', 'memory.read', 'score'][1 + i % 5] as name,
    'internal' as kind,
    $start + to_microseconds(i * 50) as start_time,
    cast(0 as integer) as start_ns,
    case when i = 0 then cast($n as bigint) * 60000 else 40000 + 1000 * (i % 97) end as duration_ns,
    case when i % 50 = 7 then 'error' else 'ok' end as status,
    'service-' || (i % 12) as service_name,
    'agent-' || (i % 5) as agent_name,
    map {'step': cast(i as varchar)} as attributes,
    map {'service.name': '"service-' || (i % 12) || '"'} as resource,
    $start + interval 1 second as ingest_time
from range($n) as t(i)
"""


def trace_id(spans: int) -> str:
    """Id of the trace of that many spans."""
    row = duckdb.execute("select md5('opening ' || $n)", {"n": spans}).fetchone()
    return str(row[0]) if row else ""


def build(folder: Path) -> None:
    """Add one trace of each size to the spans in `folder`, each in a file of its own."""
    stored = tables.open_table(folder, SPANS)
    root = tables.folder_of(stored)
    engine = duckdb.connect()
    engine.execute("set timezone = 'UTC'")
    for spans in SIZES:
        values = {"org": ORG, "n": spans, "start": END}
        rows = lake.conform(engine.sql(_ROWS, params=values).to_arrow_table())
        files = [
            parquet.write_file(root, SPANS, ORG, day, parquet.MERGED, [part])
            for _, day, part in writer.partitions(rows, SPANS)
        ]
        tables.commit(stored, files, ())


def run(stage: Stage, rounds: int) -> Iterator[Line]:
    """Time each size, by a reader that is awake and has not seen the trace."""
    build(stage.settings.lake_dir)
    for (spans, target), name in zip(SIZES.items(), NAMES, strict=True):
        opening = partial(open_trace, stage, trace_id(spans))
        stage.cool()
        cold = timing.once(opening)
        seconds = timing.alone(opening, rounds, before=partial(forget, stage))
        yield Line(
            what=name,
            ours=table.milliseconds(seconds),
            cold=table.milliseconds(cold),
            target=f"< {target:,} ms",
            met=table.verdict(seconds * 1000 < target),
        )


def forget(stage: Stage) -> None:
    """A new reader, which has answered a question of the list before."""
    reader.connect(stage.settings)
    traces.search(stage.scope, TraceFilters(DAY), FIRST_PAGE)


def open_trace(stage: Stage, wanted: str) -> int:
    """What the page asks for: the spans, what is odd, what it waited for, and the first rows."""
    opened = trace.spans(stage.scope, wanted)
    integrity.findings(opened)
    critical.path(opened)
    waterfall.activity(opened)
    shown = waterfall.visible(opened, View())
    return len(waterfall.window(opened, shown, 0, WINDOW))
