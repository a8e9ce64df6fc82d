-- one row per time bucket and process group with spans in it
select
    -- integer arithmetic: time_bucket on time zones costs a pass of its own
    cast((epoch_us(start_time) - $origin_us) // $step_us as integer) as bucket,
    process_group,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors
from spans($spans)
where start_time >= $since and start_time < $until
group by bucket, process_group
order by bucket, process_group
