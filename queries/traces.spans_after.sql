-- one row per matching span older than the cursor, newest first
select *
from matching($spans, $since, $until, $group, $errors_only, $process)
-- spelled out because the tuple form of a keyset reads every row group
where start_time <= make_timestamptz(cast($at as bigint))
    and (
        start_time < make_timestamptz(cast($at as bigint))
        or (trace_id, span_id, twin) < (unhex($at_trace), unhex($at_span), $at_twin)
    )
order by start_time desc, trace_id desc, span_id desc, twin desc
limit $rows
