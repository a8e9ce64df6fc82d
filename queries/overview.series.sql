-- one row per time bucket of the range, empty ones included, oldest first
with counted as (
    select
        time_bucket($step, start_time, $since) as bucket,
        count(*) as spans,
        count(*) filter (where status = 'error') as errors,
        approx_quantile(duration_ns, 0.95) filter (where duration_ns >= 0) as p95_ns
    from spans($spans)
    where start_time >= $since and start_time < $until
    group by bucket
),
buckets as (
    select unnest(generate_series($since, $until - interval 1 microsecond, $step)) as bucket
)
select
    buckets.bucket,
    coalesce(spans, 0) as spans,
    coalesce(errors, 0) as errors,
    p95_ns
from buckets
left join counted using (bucket)
order by buckets.bucket
