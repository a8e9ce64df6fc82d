-- one row per process group, the busiest first
select
    process_group,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors
from spans($spans)
where start_time >= $since and start_time < $until
group by process_group
order by spans desc, process_group
