-- one row per org, the highest error rate first
select
    org_id,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors,
    quantile_cont(duration_ns, 0.95) filter (where duration_ns >= 0) as p95_ns,
    max(start_time) as newest
from spans($spans)
where start_time >= $since and start_time < $until
group by org_id
order by errors / spans desc, spans desc, org_id
