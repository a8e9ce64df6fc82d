-- one row per pair of services, or of agents with $grain = 'agent', of which one called the other,
-- the busiest first
with members as materialized (
    select
        row_number() over () as number,
        org_id,
        trace_id,
        span_id,
        parent_span_id,
        if($grain = 'agent', agent_name, service_name) as party,
        status,
        duration_ns,
        start_time >= $since and start_time < $until as asked
    from spans($spans)
),
-- of spans that share an id any may be the parent, so a call may be found twice
crossing as (
    select distinct
        called.number,
        called.org_id,
        called.trace_id,
        called.parent_span_id,
        called.status,
        called.duration_ns,
        caller.party as caller,
        called.party as callee
    from members as called
    join members as caller
        on called.org_id = caller.org_id
        and called.trace_id = caller.trace_id
        and called.parent_span_id = caller.span_id
    where called.asked and caller.party != called.party
),
-- the server's half of a call may bear the client's id: what runs below it was not called from afar
handed as (
    select
        *,
        exists (
            select 1
            from members as own
            where own.org_id = crossing.org_id
                and own.trace_id = crossing.trace_id
                and own.span_id = crossing.parent_span_id
                and own.party = crossing.callee
        ) as inside
    from crossing
),
counted as (
    select
        caller,
        callee,
        bool_or(inside) as halved,
        count(*) filter (where not inside) as calls,
        count(*) filter (where not inside and status = 'error') as errors,
        quantile_cont(duration_ns, 0.95) filter (where not inside and duration_ns >= 0) as p95_ns
    from handed
    group by caller, callee
    having calls > 0
)
select
    *,
    count(*) over () as of
from counted
order by calls desc, caller, callee
limit $most
