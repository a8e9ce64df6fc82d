-- one row per watched variable and time step of its arrival: how far behind the freshest of them was
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
    from variables($spans, $oldest, $newest)
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
    where $gauges and kind = 'gauge' and time >= $oldest and time < $newest
        and ($process is null or name glob $process)
        and ($data is null or name glob $data)
)
select
    service_name,
    process,
    data_name,
    series,
    slot_of(ingest_time, $origin_us, $step_us) as slot,
    min(epoch_us(ingest_time) - epoch_us(time)) as lag_us,
    max(ingest_time) as latest
from readings
where ingest_time >= $arrived_since and ingest_time < $arrived_until
group by all
order by service_name, process, data_name, series, slot
