-- one row per span of a trace, by start, with the columns that fit a line
select
    lower(hex(trace_id)) as trace_id,
    org_id,
    lower(hex(span_id)) as span_id,
    lower(hex(parent_span_id)) as parent_span_id,
    -- what is longer stands in the span itself; here it would be held for every span at once
    left(name, 500) as name,
    kind,
    left(service_name, 500) as service_name,
    left(process_group, 500) as process_group,
    subsystem,
    left(agent_name, 500) as agent_name,
    left(agent_id, 500) as agent_id,
    left(model, 500) as model,
    left(operation, 500) as operation,
    input_tokens,
    output_tokens,
    cost_usd,
    -- whole numbers, because a time costs Python more than all other columns together
    epoch_us(start_time) as start_time,
    start_unix_ns(start_time, start_ns) as start_unix_ns,
    duration_ns,
    status,
    left(exception_type, 500) as exception_type,
    left(data_name, 200) as data_name,
    left(data_value, 200) as data_value,
    left(code_function, 500) as code_function,
    left(code_file, 500) as code_file,
    code_line,
    epoch_us(ingest_time) as ingest_time,
    hash(kind, name, service_name, parent_span_id, duration_ns, start_ns, status) as twin
from spans($spans)
where trace_id = unhex($trace_id)
order by start_unix_ns, span_id, kind, twin
