-- one row: how many spans that start from `$newest_from` on match, how many of them are errors
select
    count(*) as rows,
    count(*) filter (where status = 'error') as errors
from listed($spans, $since, $until)
where start_time >= $newest_from and $condition
