-- one row per exception among the `$top` most frequent; errors that name none are one row, null
with counted as (
    select
        key.exception as exception_type,
        key.service as service,
        cast((epoch_us(key.bar) - $origin_us) // $step_us as integer) as bucket,
        if(key.exception is null, errors, spans) as spans,
        -- spans that name no exception are mostly well, so their times say nothing about errors
        if(key.exception is null, null, earliest) as first,
        if(key.exception is null, null, latest) as last
    from rolled_sums(
        'exception', $rolled, {exception: exception_type, service: service_name, bar: bar}
    )
),
over_time as (
    select exception_type, bucket, cast(sum(spans) as bigint) as spans
    from counted
    where spans > 0
    group by exception_type, bucket
),
courses as (
    select exception_type, list({bucket: bucket, spans: spans} order by bucket) as over
    from over_time
    group by exception_type
)
select
    counted.exception_type,
    cast(sum(spans) as bigint) as spans,
    count(distinct service) as services,
    min(first) as first,
    max(last) as last,
    any_value(courses.over) as over,
    count(*) over () as known
from counted
join courses on counted.exception_type is not distinct from courses.exception_type
where spans > 0
group by counted.exception_type
order by spans desc, counted.exception_type nulls last
limit $top
