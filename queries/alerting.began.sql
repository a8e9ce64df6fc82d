-- one row: when the earliest span of the range began
select min(start_time) as began
from spans($spans)
where start_time >= $since and start_time < $until
