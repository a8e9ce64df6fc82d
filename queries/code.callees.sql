-- one row per callee of a function's newest calls: what the spans below them ran, the longest first
with mine as materialized (
    select org_id, trace_id, span_id
    from spans($spans)
    where start_time >= $since
        and start_time < $end
        and coalesce(code_function, name) = $function
        and ($service is null or service_name = $service)
    order by start_time desc
    limit $rows
),
below as (
    select *
    from spans($spans)
    where start_time >= $since
        and start_time < $until
        and parent_span_id <> span_id
        and trace_id in (select trace_id from mine)
)
select
    below.service_name,
    coalesce(below.code_function, below.name) as function,
    count(*) as calls,
    count(*) filter (where below.status = 'error') as errors,
    quantile_cont(below.duration_ns, 0.95) filter (where below.duration_ns >= 0) as p95_ns,
    sum(below.duration_ns) filter (where below.duration_ns >= 0) as total_ns,
    count(*) over () as callees
from below
-- each child once, although both halves of a call share their id
semi join mine
    on mine.org_id = below.org_id
    and mine.trace_id = below.trace_id
    and mine.span_id = below.parent_span_id
group by below.service_name, function
order by total_ns desc nulls last, calls desc, below.service_name, function
limit $top
