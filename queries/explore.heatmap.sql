-- one row per time bucket and level of duration with matching spans in it
select
    cast((position - $origin_us) // $step_us as integer) as bucket,
    level_of(duration_ns) as level,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors
from listed($spans, $since, $until)
where $condition
group by bucket, level
order by bucket, level nulls first
