-- one row per group and time step: what the points of a metric and the variables of its name say
with pointed as (
    select
        time,
        time_ns,
        start_time,
        value,
        count,
        sum,
        min,
        max,
        temporality,
        kind,
        -- what a share is told in; a metric of another unit, such as bytes, is not meant
        if(unit in ('%', 'percent'), 0.01, 1.0) as scale,
        concat_ws('|', name, service_name, kind, temporality, attributes, resource) as series,
        label_of(
            $by0, $key0, service_name, process_group, agent_name, agent_id, fleet, task_id,
            task_run_id, session_id, user_id, subsystem, service_version, attributes, resource,
            name, null, null, null, null, null, null, null
        ) as label0,
        label_of(
            $by1, $key1, service_name, process_group, agent_name, agent_id, fleet, task_id,
            task_run_id, session_id, user_id, subsystem, service_version, attributes, resource,
            name, null, null, null, null, null, null, null
        ) as label1,
        label_of(
            $by2, $key2, service_name, process_group, agent_name, agent_id, fleet, task_id,
            task_run_id, session_id, user_id, subsystem, service_version, attributes, resource,
            name, null, null, null, null, null, null, null
        ) as label2
    from metric_points($metric_points)
    -- a counter grows from the point before, which may lie before the range
    where time >= $since and time < $until
        and list_contains($named, name)
        and (value is not null or count is not null)
        and (
            not $share
            or coalesce(unit, '') in ('', '1', '%', 'percent')
                -- memory is told by state, and only what is used counts
                and coalesce(
                    attributes['system.memory.state'], attributes['state'], '"used"'
                ) = '"used"'
        )
        and $condition
),
-- a repeated delivery is one point
seen as (
    select distinct *
    from pointed
),
stepped as (
    select
        *,
        lag(time) over line >= time - interval 1 hour as follows,
        lag(start_time) over line is distinct from start_time as restarted,
        coalesce(value, count) as total,
        lag(coalesce(value, count)) over line as total_before,
        lag(sum) over line as sum_before
    from seen
    window line as (partition by series order by time, time_ns, value, count)
),
grown as (
    select
        *,
        case
            when kind = 'gauge' then null
            when temporality = 'delta' then total
            when not coalesce(follows, false) then 0
            when restarted or total < total_before then total
            else total - total_before
        end as growth,
        case
            when value is not null then null
            when temporality = 'delta' then sum
            when not coalesce(follows, false) then 0
            when restarted or total < total_before then sum
            else sum - sum_before
        end as sum_growth
    from stepped
    where time >= $since + interval 1 hour
),
said as (
    select
        start_time as time,
        start_ns as time_ns,
        try_cast(data_value as double) as value,
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
        ) as label2
    from variables($spans, $since + interval 1 hour, $until)
    where list_contains($named, data_name) and not coalesce(quoted, false) and $condition
),
readings as (
    select
        label0, label1, label2, time, time_ns,
        if(value is null, sum_growth, value * scale) as value,
        if(value is null, growth, 1) as weight,
        if(value is null, min, value * scale) as least,
        if(value is null, max, value * scale) as greatest,
        growth
    from grown
    union all
    select label0, label1, label2, time, time_ns, value, 1, value, value, null
    from said
    where isfinite(value)
)
select
    label0,
    label1,
    label2,
    slot_of(time, $origin_us, $step_us) as slot,
    cast(sum(weight) as bigint) as readings,
    -- in whatever order the readings come, nearly the same
    fsum(value) as total,
    min(least) as least,
    max(greatest) as greatest,
    arg_max(value, (time, time_ns, value)) as last,
    max(time) as latest,
    fsum(growth) as growth
from readings
where ($by0 is null or label0 is not null)
    and ($by1 is null or label1 is not null)
    and ($by2 is null or label2 is not null)
group by all
order by slot
