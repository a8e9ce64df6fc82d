-- one row per trace with a matching span, older than the cursor, newest first
with started as (
    select
        trace_id,
        -- spans without a start do not say when the trace began
        coalesce(min(start_unix_ns(start_time, start_ns)) filter (where position > 0), 0) as position
    from listed($spans, $since, $until)
    where $condition
    group by trace_id
),
page as (
    select trace_id, position
    from started
    where position < $at or (position = $at and trace_id > unhex($at_trace))
    order by position desc, trace_id
    limit $rows
)
select page.position, facts.*
from page
inner join trace_facts($spans, (select list(trace_id) from page)) as facts using (trace_id)
order by position desc, trace_id, twin
