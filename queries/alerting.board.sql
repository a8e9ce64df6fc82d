-- one row per watched variable: its present value, how it came to it and when it is due again
with readings as (
    select
        org_id,
        service_name,
        name as process,
        data_name,
        '' as series,
        data_value,
        quoted,
        at_ns,
        start_time as time,
        ingest_time,
        trace_id,
        span_id
    from variables($spans, $since, $until)
    where ($process is null or name glob $process)
        and ($data is null or data_name glob $data)
        and $condition
    union all
    select
        org_id,
        service_name,
        name as process,
        name as data_name,
        if(cardinality(attributes) = 0, '', cast(attributes as varchar)) as series,
        cast(value as varchar) as data_value,
        false as quoted,
        start_unix_ns(time, time_ns) as at_ns,
        time,
        ingest_time,
        null as trace_id,
        null as span_id
    from metric_points($metric_points)
    -- a point without a value says nothing, but ends a run
    where $gauges and kind = 'gauge' and time >= $since and time < $until
        and ($process is null or name glob $process)
        and ($data is null or name glob $data)
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
        partition by org_id, service_name, process, data_name, series
        order by at_ns, trace_id, span_id, data_value
    )
),
numbered as (
    select
        *,
        sum(cast(changed as integer)) over variable as run,
        epoch_us(time) - epoch_us(lag(time) over variable) as gap_us,
        row_number() over variable as place,
        count(*) over (partition by org_id, service_name, process, data_name, series) as places
    from compared
    where repeated is distinct from true
    window variable as (
        partition by org_id, service_name, process, data_name, series
        order by at_ns, trace_id, span_id, data_value
        rows unbounded preceding
    )
),
latest as (
    select
        *,
        max(run) over (partition by org_id, service_name, process, data_name, series) as last_run
    from numbered
)
select
    org_id,
    service_name,
    process,
    data_name,
    series,
    any_value(data_value) filter (where place = places) as data_value,
    count(*) as readings,
    count(*) filter (where run = last_run) as run_length,
    min(time) filter (where run = last_run) as since,
    max(time) as last_reading,
    -- the first value is no change
    if(max(run) > 1, min(time) filter (where run = last_run), null) as last_change,
    cast(median(gap_us) as bigint) as cadence_us,
    any_value(epoch_us(ingest_time) - epoch_us(time)) filter (where place = places) as lag_us,
    any_value(trace_id) filter (where place = places) as trace_id,
    any_value(span_id) filter (where place = places) as span_id,
    count(*) over () as variables
from latest
group by org_id, service_name, process, data_name, series
order by last_reading desc, org_id, service_name, process, data_name, series
limit $rows
