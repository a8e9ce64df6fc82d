-- one row per time bucket with spans in it
with agents as (
    select key.bar as bar, count(key.agent) as agents
    from rolled_sums('agent', $rolled, {agent: agent_name, bar: bar})
    group by bar
)
select
    cast((epoch_us(key) - $origin_us) // $step_us as integer) as bucket,
    spans,
    errors,
    roots as traces,
    coalesce(agents, 0) as agents,
    if(p50_ns is null, null, [p50_ns, p95_ns, p99_ns]) as quantiles_ns
from rolled_by('all', $rolled, bar)
left join agents on key = agents.bar
order by bucket
