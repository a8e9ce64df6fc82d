-- one row per service, or per agent with $grain = 'agent', the one with most spans first
select
    key as name,
    spans,
    errors,
    p95_ns,
    count(*) over () as of
from rolled_by(
    $grain, $rolled, if($grain = 'agent', agent_name, service_name),
    kept := $grain = 'service' or agent_name is not null
)
order by spans desc, name
limit $most
