-- one row per step of time that has spans: when it begins, and how many spans begin in it
select
    $origin_us + (epoch_us(start_time) - $origin_us) // $step_us * $step_us as begins_us,
    count(*) as spans
from spans($spans)
where start_time >= $since and start_time < $until
group by begins_us
order by begins_us desc
