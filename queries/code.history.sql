-- one row per interval in which a function was called
select
    cast((epoch_us(start_time) - $origin_us) // $step_us as integer) as bucket,
    count(*) as calls,
    count(*) filter (where status = 'error') as errors,
    quantile_cont(duration_ns, 0.95) filter (where duration_ns >= 0) as p95_ns
from spans($spans)
where start_time >= $since
    and start_time < $until
    and coalesce(code_function, name) = $function
    and ($service is null or service_name = $service)
group by bucket
order by bucket
