-- one row per run of more than $more_than equal consecutive values of one variable, newest first
with readings as (
    -- a span may carry several watched variables; its columns hold only the first
    -- distinct, because a delivery may be repeated, which is no further reading
    select distinct
        org_id,
        service_name,
        name as process,
        substr(variable.key, length('aeos.data.') + 1) as data_name,
        variable.value as data_value,
        'span' as source,
        start_unix_ns(start_time, start_ns) as at_ns,
        start_time as time,
        trace_id,
        span_id,
        null as series
    from spans($spans),
        unnest(
            list_filter(map_entries(attributes), lambda x: starts_with(x.key, 'aeos.data.'))
        ) as t (variable)
    where start_time >= $since and start_time < $until and data_name is not null
    union all
    select distinct
        org_id,
        service_name,
        name as process,
        name as data_name,
        cast(value as varchar) as data_value,
        'gauge' as source,
        start_unix_ns(time, time_ns) as at_ns,
        time,
        null as trace_id,
        null as span_id,
        cast(attributes as varchar) as series
    from metric_points($metric_points)
    -- a point without a value says nothing, but ends a run
    where time >= $since and time < $until and kind = 'gauge'
),
compared as (
    select
        *,
        data_value is distinct from lag(data_value) over variable as changed
    from readings
    window variable as (
        partition by org_id, source, service_name, process, data_name, series
        order by at_ns, trace_id, span_id, data_value
    )
),
numbered as (
    select
        *,
        sum(cast(changed as integer)) over variable as run,
        max(at_ns) over (
            partition by org_id, source, service_name, process, data_name, series
        ) as newest_ns
    from compared
    window variable as (
        partition by org_id, source, service_name, process, data_name, series
        order by at_ns, trace_id, span_id, data_value
        rows unbounded preceding
    )
)
select
    org_id,
    source,
    service_name,
    process,
    data_name,
    series,
    -- compared as JSON, shown as text
    any_value(if(starts_with(data_value, '"'), data_value ->> '$', data_value)) as data_value,
    count(*) as readings,
    min(time) as since,
    max(time) as until,
    max(at_ns) = any_value(newest_ns) as lasting,
    arg_max(trace_id, at_ns) as trace_id,
    arg_max(span_id, at_ns) as span_id
from numbered
group by org_id, source, service_name, process, data_name, series, run
having count(*) > $more_than and any_value(data_value) is not null
order by until desc, readings desc, service_name, data_name, series
