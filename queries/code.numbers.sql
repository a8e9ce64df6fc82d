-- one row: a function in numbers, and in those of the period before that it is compared with
with ran as (
    select
        code_function is not null as named,
        code_file,
        code_line,
        code_revision,
        start_time,
        if(duration_ns >= 0, duration_ns, null) as lasts,
        status = 'error' as failed,
        memory_delta_bytes,
        start_time >= $begin as present
    from spans($spans)
    where start_time >= $since
        and start_time < $until
        and coalesce(code_function, name) = $function
        and ($service is null or service_name = $service)
)
select
    count(*) filter (where present and named) as named,
    count(*) filter (where present and not named) as unnamed,
    -- the newest call that tells its place
    arg_max(code_file, start_time) as file,
    arg_max(code_line, start_time) as line,
    arg_max(code_revision, start_time) as revision,
    count(*) filter (where present) as calls,
    count(*) filter (where present and failed) as errors,
    avg(lasts) filter (where present) as average_ns,
    sum(lasts) filter (where present) as total_ns,
    quantile_cont(lasts, [0.5, 0.95, 0.99]) filter (where present) as quantiles_ns,
    count(memory_delta_bytes) filter (where present) as measured,
    avg(memory_delta_bytes) filter (where present) as memory_bytes,
    max(start_time) as newest,
    count(*) filter (where not present) as calls_before,
    count(*) filter (where not present and failed) as errors_before,
    avg(lasts) filter (where not present) as average_before_ns,
    quantile_cont(lasts, [0.5, 0.95, 0.99]) filter (where not present) as quantiles_before_ns,
    avg(memory_delta_bytes) filter (where not present) as memory_before_bytes
from ran
