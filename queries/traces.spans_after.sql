-- one row per matching span older than the cursor, newest first
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
    -- spelled out because the tuple form of a keyset reads every row group
    and start_time <= make_timestamptz(cast($at as bigint))
    and (
        start_time < make_timestamptz(cast($at as bigint))
        or (trace_id, span_id, twin) < (unhex($at_trace), unhex($at_span), $at_twin)
    )
order by start_time desc, trace_id desc, span_id desc, twin desc
limit $rows
