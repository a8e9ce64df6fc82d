-- one row: how many spans match, how many of them are errors
select
    count(*) as spans,
    count(*) filter (where status = 'error') as errors
from listed($spans, $since, $until)
where $condition
