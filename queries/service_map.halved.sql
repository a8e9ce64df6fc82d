-- one row: whether spans of a service, or agent with $grain = 'agent', share their ids with others'
with members as materialized (
    select
        org_id,
        trace_id,
        span_id,
        coalesce(if($grain = 'agent', agent_name, service_name) = $name, false) as own
    from spans($spans)
    where start_time >= $since and start_time < $until
)
select count(*) > 0 as halved
from members
where not own
    and (org_id, trace_id, span_id) in (select (org_id, trace_id, span_id) from members where own)
