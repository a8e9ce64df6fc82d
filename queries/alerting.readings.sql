-- one row per reading of one watched variable, the newest first
with readings as (
    select
        data_value,
        quoted,
        at_ns,
        start_time as time,
        ingest_time,
        trace_id,
        span_id
    from variables($spans, $since, $until)
    where service_name = $service and name = $process and data_name = $data and $series = ''
    union all
    select
        cast(value as varchar) as data_value,
        false as quoted,
        start_unix_ns(time, time_ns) as at_ns,
        time,
        ingest_time,
        null as trace_id,
        null as span_id
    from metric_points($metric_points)
    where kind = 'gauge' and time >= $since and time < $until
        and service_name = $service and name = $process and name = $data
        and if(cardinality(attributes) = 0, '', cast(attributes as varchar)) = $series
)
select
    data_value,
    quoted,
    time,
    ingest_time,
    trace_id,
    span_id,
    count(*) over () as readings
from readings
order by at_ns desc, trace_id, span_id, data_value
limit $rows
