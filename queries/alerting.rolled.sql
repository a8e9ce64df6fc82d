-- one row per group, time step and bucket of durations: what its spans add up to, by rollups
with sums as (
    select
        key.label as label,
        -- without bars there is one step
        coalesce(slot_of(key.bar, $origin_us, $step_us), 0) as slot,
        null as bucket,
        spans,
        errors,
        roots,
        input_tokens,
        output_tokens,
        cost_usd,
        shortest_ns,
        longest_ns
    from rolled_sums(
        $grain,
        $rolled,
        {
            label: label_of(
                $by0, null, service_name, process_group, agent_name, null, null, null, null, null,
                null, subsystem, null, null, null, null, model, null, null, null, null, null, null
            ),
            bar: bar
        }
    )
),
durations as (
    select
        label_of(
            $by0, null, service_name, process_group, agent_name, null, null, null, null, null,
            null, subsystem, null, null, null, null, model, null, null, null, null, null, null
        ) as label,
        coalesce(slot_of(bar, $origin_us, $step_us), 0) as slot,
        bucket,
        n
    from rolled_durations($grain, $rolled)
    where $timed
)
select
    label as label0,
    cast(null as varchar) as label1,
    cast(null as varchar) as label2,
    slot,
    bucket,
    0 as spans,
    0 as errors,
    0 as roots,
    0 as failed_roots,
    0 as input_tokens,
    0 as output_tokens,
    0.0 as cost_usd,
    null as shortest_ns,
    null as longest_ns,
    cast(sum(n) as bigint) as timed
from durations
where $by0 is null or label is not null
group by all
union all
select
    label as label0,
    null as label1,
    null as label2,
    slot,
    null as bucket,
    spans,
    errors,
    roots,
    0 as failed_roots,
    input_tokens,
    output_tokens,
    cost_usd,
    if($timed, shortest_ns, null) as shortest_ns,
    if($timed, longest_ns, null) as longest_ns,
    0 as timed
from sums
where $by0 is null or label is not null
order by slot
