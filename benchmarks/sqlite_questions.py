"""The questions of the pages, asked of the SQLite table: one function each, its SQL above it.

SQLite is asked as who knows it would: only the conditions that are meant, and the plan that turned
out quickest. Rows have the names they have in our answers, so that both can be compared.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from benchmarks.baseline import Baseline, Row
from queries.filters import EPOCH, Cursor, TimeRange, TraceFilters

_MICROSECOND = timedelta(microseconds=1)
_NEWEST = Cursor(time=2**62, trace_id="")

_QUANTILES = """
    -- SQLite's own; three passes of it are quicker than one sort in Python
    percentile_cont(duration_ns, 0.5) filter (where duration_ns >= 0) as p50,
    percentile_cont(duration_ns, 0.95) filter (where duration_ns >= 0) as p95,
    percentile_cont(duration_ns, 0.99) filter (where duration_ns >= 0) as p99
"""

_IN_RANGE = "timestamp >= :since and timestamp < :until"

_SPANS_AFTER = """
select
    timestamp as position,
    trace_id,
    span_id,
    parent_span_id,
    org_id,
    name,
    kind,
    service_name,
    process_group,
    subsystem,
    agent_name,
    model,
    data_name,
    data_type,
    data_value,
    timestamp as start_time,
    start_ns,
    duration_ns,
    status,
    status_message,
    exception_type,
    exception_message
from spans {plan}
where {matching}
    and timestamp <= :at
    and (timestamp < :at or (trace_id, span_id) < (:at_trace, :at_span))
order by timestamp desc, trace_id desc, span_id desc
limit :rows
"""


def spans_after(
    table: Baseline, filters: TraceFilters, after: Cursor | None, rows: int, *, rare: bool = False
) -> list[Row]:
    """A page of spans older than the cursor.

    Along the index, which left to itself SQLite does not take for so wide a range; but it is the
    longer way to `rare` rows, for which the whole table is read.
    """
    at = after or _NEWEST
    return table.ask(
        _SPANS_AFTER.format(
            matching=_matching(filters), plan="not indexed" if rare else "indexed by newest"
        ),
        **_conditions(filters),
        at=at.time,
        at_trace=bytes.fromhex(at.trace_id),
        at_span=bytes.fromhex(at.span_id),
        rows=rows,
    )


_TRACES_AFTER = f"""
with page as (
    select trace_id, min(timestamp * 1000 + start_ns) as position
    -- without the index on trace_id, here and below: a tool with the one index has none
    from spans not indexed
    where {_IN_RANGE}
    group by trace_id
    order by position desc, trace_id
    limit :rows
)
select
    page.position,
    page.trace_id,
    max(org_id) as org_id,
    max(name) filter (where parent_span_id is null) as name,
    max(service_name) filter (where parent_span_id is null) as service_name,
    min(timestamp) as start_time,
    max(timestamp * 1000 + start_ns + max(coalesce(duration_ns, 0), 0))
        - min(timestamp * 1000 + start_ns) as duration_ns,
    count(*) as spans,
    count(distinct service_name) as services,
    count(*) filter (where status = 'error') as errors
from page
inner join spans not indexed on page.trace_id = spans.trace_id
group by page.trace_id
order by page.position desc, page.trace_id
"""


def traces_after(table: Baseline, range_: TimeRange, rows: int) -> list[Row]:
    """The first page of traces."""
    return table.ask(_TRACES_AFTER, **_bounds(range_), rows=rows)


_COUNT = """
select
    count(*) as spans,
    count(*) filter (where status = 'error') as errors
from spans
where {matching}
"""


def count(table: Baseline, filters: TraceFilters) -> list[Row]:
    return table.ask(_COUNT.format(matching=_matching(filters)), **_conditions(filters))


_SPANS_OF = """
select
    trace_id,
    span_id,
    parent_span_id,
    org_id,
    name,
    kind,
    service_name,
    process_group,
    subsystem,
    agent_name,
    model,
    operation,
    input_tokens,
    output_tokens,
    cost_usd,
    data_name,
    data_value,
    timestamp as start_time,
    timestamp * 1000 + start_ns as start_unix_ns,
    duration_ns,
    status,
    exception_type,
    code_function,
    code_file,
    code_line
from spans {plan}
where trace_id = :trace_id
order by start_unix_ns, span_id, kind
"""


def spans_of(table: Baseline, trace_id: str, *, indexed: bool) -> list[Row]:
    """The spans of a trace, with the help of an index on trace_id or without."""
    plan = "indexed by by_trace" if indexed else "not indexed"
    return table.ask(_SPANS_OF.format(plan=plan), trace_id=bytes.fromhex(trace_id))


_FUNCTIONS = f"""
select
    service_name,
    coalesce(code_function, name) as function,
    max(code_function is not null) as named,
    count(*) as calls,
    count(*) filter (where status = 'error') as errors,
    {_QUANTILES},
    max(timestamp) as newest
from spans
where {_IN_RANGE}
group by service_name, function
order by calls desc, service_name, function
"""


def functions(table: Baseline, range_: TimeRange) -> list[Row]:
    return [_with_quantiles(row) for row in table.ask(_FUNCTIONS, **_bounds(range_))]


_STUCK = f"""
with readings as (
    select
        org_id,
        service_name,
        name as process,
        data_name,
        data_value,
        timestamp,
        timestamp * 1000 + start_ns as at_ns,
        trace_id,
        span_id
    from spans
    where {_IN_RANGE} and data_name is not null
),
compared as (
    select *, data_value is not lag(data_value) over variable as changed
    from readings
    window variable as (
        partition by org_id, service_name, process, data_name order by at_ns, trace_id, span_id
    )
),
numbered as (
    select
        *,
        sum(changed) over variable as run,
        max(at_ns) over (partition by org_id, service_name, process, data_name) as newest_ns
    from compared
    window variable as (
        partition by org_id, service_name, process, data_name order by at_ns, trace_id, span_id
        rows unbounded preceding
    )
)
select
    org_id,
    service_name,
    process,
    data_name,
    max(data_value) as data_value,
    count(*) as readings,
    min(timestamp) as since,
    max(timestamp) as until,
    max(at_ns) = newest_ns as lasting
from numbered
group by org_id, service_name, process, data_name, run
having count(*) > :more_than
order by until desc, readings desc, service_name, data_name
"""


def stuck(table: Baseline, range_: TimeRange, more_than: int) -> list[Row]:
    """Runs of equal values; the table keeps one variable a span, as the generated spans have."""
    return table.ask(_STUCK, **_bounds(range_), more_than=more_than)


def microseconds(moment: datetime) -> int:
    """A time as the table keeps it."""
    return (moment - EPOCH) // _MICROSECOND


_TEXTS = (
    "name",
    "service_name",
    "exception_type",
    "exception_message",
    "status_message",
    "data_name",
    "data_value",
)


def _holds(text: str) -> str:
    return "(" + " or ".join(f"instr(lower({column}), '{text}')" for column in _TEXTS) + ")"


_MEANINGS = {
    "": "true",
    "status:error": "status = 'error'",
    "group:group-3": "process_group = 'group-3'",
    "vector_search": _holds("vector_search"),
    '"no such process"': _holds("no such process"),
}
"""What the searches of the cases mean to SQLite."""


def _matching(filters: TraceFilters) -> str:
    """The range and the search, as SQLite plans best."""
    return f"{_IN_RANGE} and {_MEANINGS[filters.condition.text]}"


def _bounds(range_: TimeRange) -> dict[str, int]:
    return {name: microseconds(moment) for name, moment in range_.params.items()}


def _conditions(filters: TraceFilters) -> dict[str, Any]:
    return _bounds(filters.range)


def _with_quantiles(row: Row) -> Row:
    return row | {"quantiles_ns": [row.pop(name) for name in ("p50", "p95", "p99")]}
