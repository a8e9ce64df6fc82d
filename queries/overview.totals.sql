-- one row: the range in numbers
select
    coalesce(spans, 0) as spans,
    coalesce(errors, 0) as errors,
    coalesce(roots, 0) as traces,
    (select count(key) from rolled_sums('agent', $rolled, agent_name)) as agents,
    if(p50_ns is null, null, [p50_ns, p95_ns, p99_ns]) as quantiles_ns,
    latest as newest
from (select 1)
left join rolled_by('all', $rolled, null) on true
