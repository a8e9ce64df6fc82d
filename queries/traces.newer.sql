-- one row: how many matching spans are newer than the cursor
select count(*) as spans
from listed($spans, $since, $until)
where $condition
    and start_time >= make_timestamptz(cast($at as bigint))
    and (
        start_time > make_timestamptz(cast($at as bigint))
        or (trace_id, span_id, twin) > (unhex($at_trace), unhex($at_span), $at_twin)
    )
