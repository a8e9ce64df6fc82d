-- one row: how long the spans of one service and name took, and how many were quicker than one
with durations as materialized (
    select duration_ns
    from spans($spans)
    where start_time >= $since
        and start_time < $until
        and org_id = $org
        and service_name = $service
        and name = $name
        and duration_ns >= 0
),
buckets as (
    -- eight buckets to a power of ten; a duration of 0 counts as 1 ns
    select floor(log10(greatest(duration_ns, 1)) * 8)::integer as bucket, count(*) as spans
    from durations
    group by bucket
)
select
    count(*) as spans,
    count(*) filter (where duration_ns < $duration) as quicker,
    count(*) filter (where duration_ns = $duration) as equal,
    quantile_cont(duration_ns, [0.5, 0.95, 0.99]) as quantiles_ns,
    (select map_from_entries(list((bucket, spans) order by bucket)) from buckets) as buckets
from durations
