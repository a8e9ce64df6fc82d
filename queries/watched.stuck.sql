-- one row per run of more than $more_than equal consecutive values of one variable, newest first
with watched as not materialized (
    select
        org_id,
        service_name,
        name as process,
        data_count,
        data_name,
        data_value,
        -- the number 1 is not the text "1"
        data_type = 'string' as quoted,
        attributes,
        start_unix_ns(start_time, start_ns) as at_ns,
        start_time as time,
        trace_id,
        span_id
    from spans($spans)
    where start_time >= $since and start_time < $until and data_name is not null
),
-- materialized, or the filter would stay above the unnesting and every map be read
several as materialized (
    select *
    from watched
    where data_count is distinct from 1
),
readings as (
    select * exclude (data_count, attributes), 'span' as source, null as series
    from watched
    where data_count = 1
    union all
    -- a span's columns hold the first of its variables; the map, slower to read, holds all
    select
        * exclude (data_count, attributes, variable)
            replace (
                substr(variable.key, length('aeos.data.') + 1) as data_name,
                if(
                    starts_with(variable.value, '"'), variable.value ->> '$', variable.value
                ) as data_value,
                starts_with(variable.value, '"') as quoted
            ),
        'span' as source,
        null as series
    from several,
        unnest(
            list_filter(map_entries(attributes), lambda x: starts_with(x.key, 'aeos.data.'))
        ) as t (variable)
    union all
    select
        org_id,
        service_name,
        name as process,
        name as data_name,
        cast(value as varchar) as data_value,
        false as quoted,
        start_unix_ns(time, time_ns) as at_ns,
        time,
        null as trace_id,
        null as span_id,
        'gauge' as source,
        cast(attributes as varchar) as series
    from metric_points($metric_points)
    -- a point without a value says nothing, but ends a run
    where time >= $since and time < $until and kind = 'gauge'
),
compared as (
    select
        *,
        (data_value, quoted) is distinct from lag((data_value, quoted)) over variable as changed,
        -- a delivery may be repeated, which is no further reading
        not changed
            and at_ns = lag(at_ns) over variable
            and span_id is not distinct from lag(span_id) over variable
            and trace_id is not distinct from lag(trace_id) over variable as repeated
    from readings
    window variable as (
        partition by org_id, source, service_name, process, data_name, series
        order by at_ns, trace_id, span_id, data_value
    )
),
numbered as (
    select
        *,
        sum(cast(changed as integer)) over variable as run
    from compared
    window variable as (
        partition by org_id, source, service_name, process, data_name, series
        order by at_ns, trace_id, span_id, data_value
        rows unbounded preceding
    )
),
runs as (
    select
        org_id,
        source,
        service_name,
        process,
        data_name,
        series,
        run,
        any_value(data_value) as data_value,
        count(*) filter (where repeated is distinct from true) as readings,
        min(time) as since,
        max(time) as until,
        arg_max(trace_id, (at_ns, trace_id, span_id)) as trace_id,
        arg_max(span_id, (at_ns, trace_id, span_id)) as span_id
    from numbered
    group by org_id, source, service_name, process, data_name, series, run
),
placed as (
    select
        * exclude (run),
        run = max(run) over (
            partition by org_id, source, service_name, process, data_name, series
        ) as lasting
    from runs
)
select *
from placed
where readings > $more_than and data_value is not null
order by until desc, trace_id desc, span_id desc, readings desc, service_name, data_name, series
