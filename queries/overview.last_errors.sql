-- one row per error span, the newest first
select
    start_time,
    org_id,
    trace_id,
    span_id,
    name,
    service_name,
    exception_type,
    coalesce(exception_message, status_message) as message
from spans($spans)
where start_time >= $since and start_time < $until and status = 'error'
order by start_time desc, trace_id desc, span_id desc
limit $rows
