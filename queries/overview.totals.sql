-- one row: the range in numbers, agents counted
with sums as (
    select *
    from rolled_of(
        ['all', 'agent'],
        $rolled,
        {grain: grain, agent: if(grain = 'agent', agent_name, null)},
        kept := grain = 'all' or agent_name is not null,
        timely := grain = 'all'
    )
)
select
    coalesce(max(spans) filter (where key.grain = 'all'), 0) as spans,
    coalesce(max(errors) filter (where key.grain = 'all'), 0) as errors,
    coalesce(max(roots) filter (where key.grain = 'all'), 0) as traces,
    count(key.agent) as agents,
    max([p50_ns, p95_ns, p99_ns]) filter (where p50_ns is not null) as quantiles_ns,
    max(latest) filter (where key.grain = 'all') as newest
from sums
