-- one row per service and function (or operation, where no function is named), the busiest first
select
    service_name,
    coalesce(code_function, name) as function,
    -- the newest place the function was seen at
    arg_max(code_file, start_time) as file,
    count(*) as calls,
    count(*) filter (where status = 'error') as errors,
    quantile_cont(duration_ns, [0.5, 0.95, 0.99]) filter (where duration_ns >= 0) as quantiles_ns,
    sum(duration_ns) filter (where duration_ns >= 0) as total_ns,
    avg(memory_delta_bytes) as memory_bytes,
    max(start_time) as newest,
    -- how many there are, however few of them fit into one answer
    count(*) over () as functions,
    true as exact
from spans($spans)
where start_time >= $since
    and start_time < $until
    and ($search is null or contains(lower(coalesce(code_function, name)), $search))
    and ($service is null or service_name = $service)
group by service_name, function
order by calls desc, service_name, function
