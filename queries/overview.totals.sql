-- one row: the range in numbers
select
    count(*) as spans,
    count(*) filter (where status = 'error') as errors,
    count(distinct trace_id) as traces,
    count(distinct agent_name) as agents,
    -- a negative or unknown duration says nothing about speed
    quantile_cont(duration_ns, [0.5, 0.95, 0.99]) filter (where duration_ns >= 0) as quantiles_ns,
    max(start_time) as newest
from spans($spans)
where start_time >= $since and start_time < $until
