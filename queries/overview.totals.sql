-- one row: the range in numbers
with ends as materialized (
    select status, parent_span_id, agent_name, duration_ns, start_time
    from spans($spans)
    where start_time >= $since and start_time < $minutes_since
    union all
    select status, parent_span_id, agent_name, duration_ns, start_time
    from spans($spans)
    where start_time >= $minutes_until and start_time < $until
),
whole as materialized (
    select spans, errors, roots, durations, shortest_ns, longest_ns, latest
    from summed(
        $rollups, 'all', $minutes_since, $minutes_until,
        $hours_since, $hours_until, $days_since, $days_until
    )
),
buckets as (
    select bucket, cast(sum(durations) as bigint) as durations
    from (
        select e.key as bucket, e.value as durations
        from (select unnest(map_entries(durations)) as e from whole)
        union all
        select bucket_of(duration_ns), 1 from ends where duration_ns >= 0
    )
    group by bucket
),
agents as (
    select agent_name
    from summed(
        $rollups, 'agent', $minutes_since, $minutes_until,
        $hours_since, $hours_until, $days_since, $days_until
    )
    group by agent_name
    having sum(spans) > 0
    union
    select agent_name from ends
),
counted as (
    select
        cast(coalesce((select sum(spans) from whole), 0) as bigint) + count(*) as spans,
        cast(coalesce((select sum(errors) from whole), 0) as bigint)
            + count(*) filter (where status = 'error') as errors,
        cast(coalesce((select sum(roots) from whole), 0) as bigint)
            + count(*) filter (where parent_span_id is null) as traces,
        (select count(agent_name) from agents) as agents,
        greatest((select max(latest) from whole), max(start_time)) as newest
    from ends
)
select
    counted.*,
    quantiles_of((select list({bucket: bucket, n: durations} order by bucket) from buckets), [0.5, 0.95, 0.99]) as quantiles_ns
from counted
