-- one row per interval of durations, eight to each power of ten, with its shortest and longest
select
    cast(floor(8 * log10(greatest(duration_ns, 1))) as integer) as bucket,
    count(*) as calls,
    count(*) filter (where status = 'error') as errors,
    min(duration_ns) as shortest_ns,
    max(duration_ns) as longest_ns
from spans($spans)
where start_time >= $since
    and start_time < $until
    and duration_ns >= 0
    and coalesce(code_function, name) = $function
    and ($service is null or service_name = $service)
group by bucket
order by bucket
