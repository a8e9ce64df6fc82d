-- one row per run of an operation that began in a given time, the latest first: its whole trace
with candidates as materialized (
    select trace_id
    from spans($spans)
    where org_id = $org
        and start_time >= $begun_since
        and start_time < $begun_until
        and name = $name
        and service_name = $service
        -- a trace whose root never arrived is known by its earliest span
        and ($rootless or parent_span_id is null)
        and trace_id <> unhex($trace_id)
    group by trace_id
    order by max(start_time) desc, trace_id
    limit $rows
),
members as (
    select
        trace_id,
        name,
        service_name,
        parent_span_id is not null as below,
        start_time,
        start_unix_ns(start_time, start_ns) as starts,
        greatest(coalesce(duration_ns, 0), 0) as lasts,
        status = 'error' as failed
    from spans($spans)
    where org_id = $org
        and trace_id in (select trace_id from candidates)
),
facts as (
    select
        trace_id,
        arg_min(name, (below, starts)) as name,
        arg_min(service_name, (below, starts)) as service_name,
        bool_and(below) as rootless,
        -- a span without a start says nothing about the trace's time
        min(start_time) filter (where starts > 0) as start_time,
        -- an end that nobody lives to see must not overflow
        max(starts + least(lasts, 9223372036854775807 - starts)) filter (where starts > 0)
            - min(starts) filter (where starts > 0) as duration_ns,
        count(*) as spans,
        count(*) filter (where failed) as errors
    from members
    group by trace_id
)
select
    trace_id,
    start_time,
    duration_ns,
    spans,
    errors,
    sum(spans) over (order by start_time desc, trace_id) as spans_so_far,
    (select count(*) from candidates) as candidates
from facts
where name = $name
    and service_name = $service
    and rootless = $rootless
    and start_time < $begun_until
order by start_time desc, trace_id
