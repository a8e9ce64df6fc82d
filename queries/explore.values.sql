-- one row per value of a facet among the `$top` most frequent that hold the text `$looking`
with counted as (
    select
        -- the facet is known before the files are opened, so only its column is read
        case $facet
            when 'service' then service_name
            when 'group' then process_group
            when 'name' then name
            when 'status' then status
            when 'subsystem' then subsystem
            when 'agent' then agent_name
            when 'model' then model
            when 'exception' then exception_type
        end as value,
        count(*) as spans,
        count(*) filter (where status = 'error') as errors
    from listed($spans, $since, $until)
    where $condition
    group by value
)
select
    $facet as facet,
    value,
    spans,
    errors,
    count(*) over () as known
from counted
where $looking is null or contains(lower(value), lower($looking))
qualify row_number() over (order by spans desc, value nulls last) <= $top
    -- values that the search names are there to be taken back
    or list_contains($named, lower(coalesce(value, '')))
order by spans desc, value nulls last
