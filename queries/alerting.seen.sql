-- one row per agent or service and time step: when it was last seen in it, by whatever signal
with signals as (
    select if($agents, agent_name, service_name) as name, start_time as time
    from spans($spans)
    where start_time >= $since and start_time < $until and $condition
    union all
    select if($agents, agent_name, service_name) as name, time
    from metric_points($metric_points)
    -- a search speaks of spans
    where $everything and time >= $since and time < $until
    union all
    select if($agents, agent_name, service_name) as name, time
    from logs($logs)
    where $everything and time >= $since and time < $until
)
select
    name,
    slot_of(time, $origin_us, $step_us) as slot,
    max(time) as latest
from signals
where name is not null and ($pattern is null or name glob $pattern)
group by all
order by name, slot
