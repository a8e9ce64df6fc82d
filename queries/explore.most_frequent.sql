-- one row per facet and value among its `$top` most frequent; `known` is how many values it has
with counted as (
    select
        -- one reading of the files counts every facet
        case
            when grouping(service_name) = 0 then 'service'
            when grouping(process_group) = 0 then 'group'
            when grouping(name) = 0 then 'name'
            when grouping(status) = 0 then 'status'
            when grouping(subsystem) = 0 then 'subsystem'
            when grouping(agent_name) = 0 then 'agent'
            when grouping(model) = 0 then 'model'
            else 'exception'
        end as facet,
        coalesce(
            service_name, process_group, name, status, subsystem, agent_name, model, exception_type
        ) as value,
        count(*) as spans,
        count(*) filter (where status = 'error') as errors
    from listed($spans, $since, $until)
    where $condition
    group by grouping sets (
        (service_name), (process_group), (name), (status),
        (subsystem), (agent_name), (model), (exception_type)
    )
)
select
    facet,
    value,
    spans,
    errors,
    count(*) over (partition by facet) as known
from counted
qualify row_number() over (partition by facet order by spans desc, value nulls last) <= $top
order by facet, spans desc, value nulls last
