-- one row per span of a trace that meets the condition
select
    lower(hex(span_id)) as span_id,
    twin
from listed($spans, $since, $until)
where trace_id = unhex($trace_id) and $condition
