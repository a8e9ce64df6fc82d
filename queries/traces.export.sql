-- one row per matching span, newest first, as an export writes it
select
    org_id,
    lower(hex(trace_id)) as trace_id,
    lower(hex(span_id)) as span_id,
    lower(hex(parent_span_id)) as parent_span_id,
    service_name,
    process_group,
    name as process,
    kind,
    data_name as data,
    data_type,
    data_value,
    -- written here, because a time costs Python more than all other columns together
    stamp(start_time, $zone) as timestamp,
    duration_ns / 1e6 as duration_ms,
    status,
    status_message,
    exception_type,
    exception_message,
    agent_name,
    model
from listed($spans, $since, $until)
where $condition
order by start_time desc, trace_id desc, span_id desc, twin desc
