-- one row per line of a source file that spans name
select
    code_line as line,
    count(*) as calls,
    count(*) filter (where status = 'error') as errors,
    quantile_cont(duration_ns, 0.95) filter (where duration_ns >= 0) as p95_ns,
    avg(memory_delta_bytes) as memory_bytes
from spans($spans)
where start_time >= $since
    and start_time < $until
    and code_line is not null
    and code_file = $file
    and service_name = $service
    and ($revision is null or code_revision = $revision)
group by line
order by line
