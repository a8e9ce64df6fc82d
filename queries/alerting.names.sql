-- one row per metric or watched variable with a number: what it is called, its unit and its kind
with sent as (
    select name, unit, kind, time
    from metric_points($metric_points)
    where time >= $since and time < $until
    union all
    select data_name as name, null as unit, 'variable' as kind, start_time as time
    from variables($spans, $since, $until)
    where try_cast(data_value as double) is not null and not coalesce(quoted, false)
)
select
    name,
    coalesce(arg_max(unit, time), '') as unit,
    arg_max(kind, time) as kind
from sent
group by name
order by name
limit $rows
