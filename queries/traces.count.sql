-- one row: how many spans match, how many of them are errors
select
    count(*) as spans,
    count(*) filter (where status = 'error') as errors
from matching($spans, $since, $until, $group, $errors_only, $process)
