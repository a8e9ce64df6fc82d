-- one row per service and function (or operation, where no function is named), the busiest first
with places as (
    -- only the columns that say where; spans that no rollup counts yet have their place soon
    select service_name, function, arg_max(code_file, latest) as file
    from rolled_whole(['function'], $rolled)
    group by service_name, function
)
select
    key.service as service_name,
    key.function as function,
    places.file,
    spans as calls,
    errors,
    if(p50_ns is null, null, [p50_ns, p95_ns, p99_ns]) as quantiles_ns,
    if(timed > 0, duration_ns, null) as total_ns,
    memory_delta_bytes / nullif(measured, 0) as memory_bytes,
    sums.latest as newest,
    -- how many there are, however few of them fit into one answer
    count(*) over () as functions,
    false as exact
from rolled_by(
    'function',
    $rolled,
    {service: service_name, function: function},
    kept := ($search is null or contains(lower(function), $search))
        and ($service is null or service_name = $service)
) as sums
left join places
    on key.service = places.service_name
    and key.function = places.function
order by calls desc, key.service, key.function
