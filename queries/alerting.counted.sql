-- one row per group, time step and bucket of durations: what its spans add up to
with labelled as (
    select
        *,
        label_of(
            $by0, $key0, service_name, process_group, agent_name, agent_id, fleet, task_id,
            task_run_id, session_id, user_id, subsystem, service_version, attributes, resource,
            name, model, provider, operation, exception_type, code_function, code_revision,
            http_route
        ) as label0,
        label_of(
            $by1, $key1, service_name, process_group, agent_name, agent_id, fleet, task_id,
            task_run_id, session_id, user_id, subsystem, service_version, attributes, resource,
            name, model, provider, operation, exception_type, code_function, code_revision,
            http_route
        ) as label1,
        label_of(
            $by2, $key2, service_name, process_group, agent_name, agent_id, fleet, task_id,
            task_run_id, session_id, user_id, subsystem, service_version, attributes, resource,
            name, model, provider, operation, exception_type, code_function, code_revision,
            http_route
        ) as label2,
        $tokens and is_model_call(operation) as priced
    from spans($spans)
    where start_time >= $since and start_time < $until and $condition
)
select
    label0,
    label1,
    label2,
    slot_of(start_time, $origin_us, $step_us) as slot,
    if($timed and duration_ns >= 0, bucket_of(duration_ns), null) as bucket,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors,
    count(*) filter (where parent_span_id is null) as roots,
    count(*) filter (where parent_span_id is null and status = 'error') as failed_roots,
    cast(sum(if(priced, input_tokens, null)) as bigint) as input_tokens,
    cast(sum(if(priced, output_tokens, null)) as bigint) as output_tokens,
    sum(if(priced, cost_usd, null)) as cost_usd,
    min(if($timed and duration_ns >= 0, duration_ns, null)) as shortest_ns,
    max(if($timed and duration_ns >= 0, duration_ns, null)) as longest_ns,
    count(*) filter (where bucket is not null) as timed
from labelled
-- what lacks a label is in no group
where ($by0 is null or label0 is not null)
    and ($by1 is null or label1 is not null)
    and ($by2 is null or label2 is not null)
group by all
order by slot
