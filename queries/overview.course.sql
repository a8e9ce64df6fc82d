-- one row per time bucket with spans in it
with sums as (
    select *
    from rolled_of(
        ['all', 'agent'],
        $rolled,
        {bar: bar, agent: if(grain = 'agent', agent_name, null), counted: grain = 'agent'},
        kept := grain = 'all' or agent_name is not null,
        timely := grain = 'all'
    )
)
select
    cast((epoch_us(key.bar) - $origin_us) // $step_us as integer) as bucket,
    coalesce(max(spans) filter (where not key.counted), 0) as spans,
    coalesce(max(errors) filter (where not key.counted), 0) as errors,
    coalesce(max(roots) filter (where not key.counted), 0) as traces,
    count(key.agent) as agents,
    max([p50_ns, p95_ns, p99_ns]) filter (where p50_ns is not null) as quantiles_ns
from sums
group by key.bar
order by bucket
