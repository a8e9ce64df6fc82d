-- one row per caller of a function's newest calls: what the spans above them ran, the busiest first
with mine as materialized (
    select org_id, trace_id, parent_span_id, span_id, duration_ns, status
    from spans($spans)
    where start_time >= $begin
        and start_time < $until
        and coalesce(code_function, name) = $function
        and ($service is null or service_name = $service)
    order by start_time desc
    limit $rows
),
above as (
    -- both halves of a call share an id; the server's half made the children
    select
        org_id,
        trace_id,
        span_id,
        arg_min(service_name, kind <> 'server') as service_name,
        arg_min(coalesce(code_function, name), kind <> 'server') as function
    from spans($spans)
    where start_time < $until
        and trace_id in (select trace_id from mine)
        and span_id in (select parent_span_id from mine)
    group by org_id, trace_id, span_id
)
select
    above.service_name,
    above.function,
    mine.parent_span_id is null as root,
    count(*) as calls,
    count(*) filter (where mine.status = 'error') as errors,
    quantile_cont(mine.duration_ns, 0.95) filter (where mine.duration_ns >= 0) as p95_ns,
    count(*) over () as callers
from mine
left join above
    on mine.org_id = above.org_id
    and mine.trace_id = above.trace_id
    and mine.parent_span_id = above.span_id
    and mine.parent_span_id <> mine.span_id
group by above.service_name, above.function, root
order by calls desc, above.service_name, above.function
limit $top
