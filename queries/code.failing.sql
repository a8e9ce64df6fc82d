-- one row per trace in which a function failed, the latest failure of each
select
    org_id,
    trace_id,
    arg_max(span_id, start_time) as span_id,
    max(start_time) as start_time,
    arg_max(duration_ns, start_time) as duration_ns,
    arg_max(coalesce(exception_type, status_message, 'error'), start_time) as failure
from (
    select
        org_id, trace_id, span_id, start_time, duration_ns, exception_type, status_message
    from spans($spans)
    where start_time >= $since
        and start_time < $until
        and status = 'error'
        and coalesce(code_function, name) = $function
        and ($service is null or service_name = $service)
    order by start_time desc
    limit 20 * $top
) as latest
group by org_id, trace_id
order by start_time desc, trace_id
limit $top
