-- one row per type of exception and the frames it came through, the most frequent first
select
    exception_type,
    -- a frame is an indented line with a number in it; messages, which differ each time, are not
    regexp_extract_all(
        left(exception_stacktrace, 20000), '(?m)^[ \t]+\S[^\n]*(?:, line |:)\d+[^\n]*$'
    ) as frames,
    count(*) as calls,
    count(code_function) as named,
    count(*) - count(code_function) as unnamed,
    min(start_time) as oldest,
    max(start_time) as newest,
    arg_max(exception_message, start_time) as message,
    arg_max(code_file, start_time) as file,
    arg_max(code_line, start_time) as line,
    arg_max(org_id, start_time) as org_id,
    arg_max(trace_id, start_time) as trace_id,
    arg_max(span_id, start_time) as span_id,
    count(*) over () as kinds
from spans($spans)
where start_time >= $since
    and start_time < $until
    and exception_type is not null
    and coalesce(code_function, name) = $function
    and ($service is null or service_name = $service)
group by exception_type, frames
order by calls desc, newest desc, exception_type
limit $rows
