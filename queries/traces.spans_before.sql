-- one row per matching span newer than the cursor, oldest first
select
    position,
    trace_id,
    span_id,
    parent_span_id,
    twin,
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
    start_time,
    start_ns,
    duration_ns,
    status,
    status_message,
    exception_type,
    exception_message
from listed($spans, $since, $until)
where $condition
    and start_time >= make_timestamptz(cast($at as bigint))
    and (
        start_time > make_timestamptz(cast($at as bigint))
        or (trace_id, span_id, twin) > (unhex($at_trace), unhex($at_span), $at_twin)
    )
order by start_time, trace_id, span_id, twin
limit $rows
