-- one row per log record of a trace, or of one of its spans, in the order they were written
select
    org_id,
    trace_id,
    span_id,
    time,
    start_unix_ns(time, time_ns) as unix_ns,
    observed_time,
    severity_number,
    severity_text,
    event_name,
    body,
    service_name,
    scope_name,
    exception_type,
    exception_message,
    exception_stacktrace,
    code_function,
    code_file,
    code_line,
    attributes,
    resource,
    dropped_attributes,
    ingest_time
from logs($logs)
where trace_id = unhex($trace_id)
    and ($span_id is null or span_id = unhex($span_id))
    and ($since is null or time >= $since)
    and ($until is null or time < $until)
-- after the time, whatever tells records apart, so that ties come in one order every time
order by unix_ns, observed_time, span_id, severity_number, body
limit $rows
