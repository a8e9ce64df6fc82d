-- one row per service and function (or operation, where no function is named), the busiest first
with places as (
    select
        service_name,
        function,
        arg_max(code_file, latest) as file,
        sum(memory_delta_bytes) as memory_delta_bytes,
        sum(measured) as measured
    from rolled('function', $rolled)
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
    places.memory_delta_bytes / nullif(places.measured, 0) as memory_bytes,
    latest as newest,
    -- how many there are, however few of them fit into one answer
    count(*) over () as functions,
    false as exact
from rolled_by(
    'function',
    $rolled,
    {service: service_name, function: function},
    kept := $search is null or contains(lower(function), $search)
)
inner join places
    on key.service = places.service_name
    and key.function = places.function
order by calls desc, service_name, function
