-- one row: the start of the newest span
select max(start_time) as newest
from spans($spans)
where start_time >= $since and start_time < $until
