-- one row per operation and exception at the root of errors, the most frequent first
with failed as materialized (
    select
        org_id, trace_id, span_id, parent_span_id, start_time, name, service_name, exception_type,
        coalesce(exception_message, status_message) as message
    from spans($spans)
    where start_time >= $since and start_time < $until and status = 'error'
    order by start_time desc, trace_id desc, span_id desc
    limit $rows
),
causes as (
    select *
    from failed as cause
    where not exists (
        select 1
        from failed as child
        where child.org_id = cause.org_id
            and child.trace_id = cause.trace_id
            and child.parent_span_id = cause.span_id
    )
)
select
    service_name,
    name as operation,
    exception_type,
    count(*) as spans,
    max(start_time) as last,
    arg_max(message, start_time) as message,
    arg_max(org_id, start_time) as org_id,
    arg_max(trace_id, start_time) as trace_id,
    arg_max(span_id, start_time) as span_id,
    cast((select count(*) from failed) as bigint) as errors,
    (select min(start_time) from failed) as since
from causes
group by service_name, operation, exception_type
order by spans desc, last desc, service_name, operation, exception_type
