-- one row: how many traces have a matching span
select count(distinct trace_id) as traces
from matching($spans, $since, $until, $group, $errors_only, $process)
