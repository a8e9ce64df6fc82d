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
select exists (
    select 1
    from members as mine
    join members as other
        on mine.org_id = other.org_id
        and mine.trace_id = other.trace_id
        and mine.span_id = other.span_id
    where mine.own and not other.own
) as halved
