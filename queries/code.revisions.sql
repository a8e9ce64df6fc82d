-- one row per release in which a function ran, the newest first
select
    coalesce(code_revision, service_version) as revision,
    code_revision is not null as by_revision,
    arg_max(service_version, start_time) as version,
    -- also in the time before the range, so that what is new can be told from what was there
    min(start_time) as oldest,
    max(start_time) as newest,
    count(*) filter (where start_time >= $begin) as calls,
    count(code_function) filter (where start_time >= $begin) as named,
    calls - named as unnamed,
    count(*) filter (where start_time >= $begin and status = 'error') as errors,
    avg(duration_ns) filter (where start_time >= $begin and duration_ns >= 0) as average_ns,
    quantile_cont(duration_ns, [0.5, 0.95, 0.99])
        filter (where start_time >= $begin and duration_ns >= 0) as quantiles_ns,
    avg(memory_delta_bytes) filter (where start_time >= $begin) as memory_bytes
from spans($spans)
where start_time >= $since
    and start_time < $until
    and coalesce(code_function, name) = $function
    and ($service is null or service_name = $service)
group by revision, by_revision
order by oldest desc, revision
