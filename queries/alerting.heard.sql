-- one row per watched variable and time step: when it was last read in it
with readings as (
    select
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
)
select
    service_name,
    process,
    data_name,
    series,
    slot_of(time, $origin_us, $step_us) as slot,
    max(time) as latest
from readings
group by all
order by service_name, process, data_name, series, slot
