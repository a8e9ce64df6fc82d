-- one row per pair of services, or of agents with $grain = 'handoffs', of which one called the other,
-- the busiest first
select
    key.caller as caller,
    key.callee as callee,
    spans as calls,
    errors,
    p95_ns,
    count(*) over () as of
from called_by($grain, $rolled, {caller: caller, callee: callee})
order by calls desc, caller, callee
limit $most
