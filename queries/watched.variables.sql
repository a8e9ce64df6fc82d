-- one row per watched variable of one process: its present value and how it came to it, newest first
with watched as not materialized (
    select
        org_id,
        service_name,
        name as process,
        data_count,
        data_name,
        data_value,
        data_type,
        attributes,
        start_unix_ns(start_time, start_ns) as at_ns,
        start_time as time,
        trace_id,
        span_id
    from listed($spans, $since, $until)
    where $condition and data_name is not null
),
-- materialized, or the filter would stay above the unnesting and every map be read
several as materialized (
    select *
    from watched
    where data_count is distinct from 1
),
readings as (
    select * exclude (data_count, attributes), 'span' as source, null as series, true as alone
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
                case
                    when starts_with(variable.value, '"') then 'string'
                    when variable.value in ('true', 'false') then 'bool'
                    when starts_with(variable.value, '[') then 'array'
                    when starts_with(variable.value, '{') then 'map'
                    when regexp_full_match(variable.value, '-?\d+') then 'int'
                    else 'double'
                end as data_type
            ),
        'span' as source,
        null as series,
        false as alone
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
        'double' as data_type,
        start_unix_ns(time, time_ns) as at_ns,
        time,
        null as trace_id,
        null as span_id,
        'gauge' as source,
        cast(attributes as varchar) as series,
        true as alone
    from metric_points($metric_points)
    -- a search speaks of spans, so gauges are left out of one
    where $gauges and time >= $since and time < $until and kind = 'gauge'
),
compared as (
    select
        *,
        -- the number 1 is not the text "1"
        (data_value, data_type = 'string')
            is distinct from lag((data_value, data_type = 'string')) over variable as changed,
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
        sum(cast(changed as integer)) over variable as run,
        row_number() over variable as place,
        count(*) over (
            partition by org_id, source, service_name, process, data_name, series
        ) as places
    from compared
    where repeated is distinct from true
    window variable as (
        partition by org_id, source, service_name, process, data_name, series
        order by at_ns, trace_id, span_id, data_value
        rows unbounded preceding
    )
),
variables as (
    select
        org_id,
        source,
        service_name,
        process,
        data_name,
        series,
        any_value(data_value) filter (where place = places) as data_value,
        any_value(data_type) filter (where place = places) as data_type,
        count(*) as readings,
        count(distinct (data_value, data_type = 'string')) as distinct_values,
        -- the first value is no change
        max(run) - 1 as changes,
        max(run) as last_run,
        max(time) as last_reading,
        -- whether no span carried it together with others
        bool_and(alone) as alone,
        any_value(trace_id) filter (where place = places) as trace_id,
        any_value(span_id) filter (where place = places) as span_id
    from numbered
    group by org_id, source, service_name, process, data_name, series
),
present as (
    select
        org_id,
        source,
        service_name,
        process,
        data_name,
        series,
        run as last_run,
        count(*) as run_length,
        min(time) as since
    from numbered
    group by org_id, source, service_name, process, data_name, series, run
)
select
    variables.* exclude (last_run),
    present.run_length,
    present.since,
    count(*) over () as variables
from variables
inner join present
    on variables.org_id = present.org_id
    and variables.source = present.source
    and variables.service_name = present.service_name
    and variables.process = present.process
    and variables.data_name = present.data_name
    and variables.series is not distinct from present.series
    and variables.last_run = present.last_run
order by
    last_reading desc,
    variables.org_id,
    variables.service_name,
    variables.process,
    variables.data_name,
    variables.series
limit $rows
