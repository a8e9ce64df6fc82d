-- one row per time bucket with matching spans in it
select
    -- integer arithmetic: time_bucket on time zones costs a pass of its own
    cast((position - $origin_us) // $step_us as integer) as bucket,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors
from listed($spans, $since, $until)
where $condition
group by bucket
order by bucket
