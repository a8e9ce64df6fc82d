-- one row: how many traces have a matching span that starts from `$newest_from` on
select
    -- two orgs may use one trace id, and are two traces
    count(distinct (org_id, trace_id)) as rows,
    count(distinct (org_id, trace_id)) filter (where status = 'error') as errors
from listed($spans, $since, $until)
where start_time >= $newest_from and $condition
