-- one row per matching span of a slice of time, newest first, with ids as text
select
    * exclude (position) replace (
        lower(hex(trace_id)) as trace_id,
        lower(hex(span_id)) as span_id,
        lower(hex(parent_span_id)) as parent_span_id
    )
from listed($spans, $slice_since, $slice_until)
where $condition
order by start_time desc, trace_id desc, span_id desc, twin desc
