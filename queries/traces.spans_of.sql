-- one row per span of a trace, by start
select
    trace_id,
    span_id,
    parent_span_id,
    org_id,
    name,
    kind,
    service_name,
    process_group,
    subsystem,
    agent_name,
    model,
    operation,
    input_tokens,
    output_tokens,
    cost_usd,
    data_name,
    data_type,
    data_value,
    start_time,
    start_unix_ns(start_time, start_ns) as start_unix_ns,
    duration_ns,
    status,
    status_message,
    exception_type,
    exception_message,
    code_function,
    code_file,
    code_line
from spans($spans)
where trace_id = unhex($trace_id)
order by start_unix_ns, span_id, kind
