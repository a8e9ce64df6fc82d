-- one row per time bucket and level of duration with matching spans in it
select
    cast((position - $origin_us) // $step_us as integer) as bucket,
    -- level 0 lies below 1 µs; from there each factor of ten has four levels; null is unknown
    case
        when duration_ns is null then null
        when duration_ns < 1000 then 0
        else least(
            cast(floor(log10(duration_ns)) as integer) * 4 - 11
            + cast(duration_ns / pow(10, floor(log10(duration_ns))) >= 1.8 as integer)
            + cast(duration_ns / pow(10, floor(log10(duration_ns))) >= 3.2 as integer)
            + cast(duration_ns / pow(10, floor(log10(duration_ns))) >= 5.6 as integer),
            $top
        )
    end as level,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors
from listed($spans, $since, $until)
where $condition
group by bucket, level
order by bucket, level nulls first
