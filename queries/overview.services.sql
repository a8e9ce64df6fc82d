-- one row per service, most errors first
select
    service_name,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors,
    quantile_cont(duration_ns, 0.95) filter (where duration_ns >= 0) as p95_ns
from spans($spans)
where start_time >= $since and start_time < $until
group by service_name
order by errors desc, spans desc, service_name
