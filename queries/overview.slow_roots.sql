-- one row per root span among the `$top` slowest of the `$rows` newest
with newest as materialized (
    select org_id, trace_id, start_time, duration_ns
    from spans($spans)
    where start_time >= $since
        and start_time < $until
        and parent_span_id is null
        and duration_ns >= 0
    order by start_time desc, trace_id desc
    limit $rows
)
select
    org_id,
    trace_id,
    start_time,
    duration_ns,
    cast((select count(*) from newest) as bigint) as traces,
    (select min(start_time) from newest) as since
from newest
order by duration_ns desc, start_time desc, trace_id
limit $top
