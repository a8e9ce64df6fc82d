-- one row: how many traces have a matching span
select count(distinct trace_id) as traces
from listed($spans, $since, $until)
where $condition
