-- one row per trace in which a function took longest, the longest call of each
select
    org_id,
    trace_id,
    arg_max(span_id, duration_ns) as span_id,
    arg_max(start_time, duration_ns) as start_time,
    max(duration_ns) as duration_ns,
    arg_max(status, duration_ns) as status
from (
    select org_id, trace_id, span_id, start_time, duration_ns, status
    from spans($spans)
    where start_time >= $since
        and start_time < $until
        and duration_ns >= 0
        and coalesce(code_function, name) = $function
        and ($service is null or service_name = $service)
    order by duration_ns desc, start_time desc
    -- a trace may call it often
    limit 20 * $top
) as longest
group by org_id, trace_id
order by duration_ns desc, start_time desc
limit $top
