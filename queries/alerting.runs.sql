-- one row per watched variable, run of equal consecutive values and time step that the run lies in
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
        -- which of the readings of one moment it is; one number is sorted faster than two ids
        hash(trace_id, span_id) as twin
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
        0 as twin
    from metric_points($metric_points)
    -- a point without a value says nothing, but ends a run
    where $gauges and kind = 'gauge' and time >= $since and time < $until
        and ($process is null or name glob $process)
        and ($data is null or name glob $data)
),
judged as (
    select
        *,
        if(quoted, null, try_cast(data_value as double)) as number,
        -- a value that may repeat begins no run
        data_value is null
            or (
                len(list_filter(
                    $ignored,
                    lambda x: x = data_value
                        or abs(try_cast(x as double) - number) <= $tolerance
                )) > 0
                and case
                    when $ignore_from is null then true
                    when $ignore_from <= $ignore_until
                        then cast(timezone($zone, time) as time) >= $ignore_from
                            and cast(timezone($zone, time) as time) < $ignore_until
                    else cast(timezone($zone, time) as time) >= $ignore_from
                        or cast(timezone($zone, time) as time) < $ignore_until
                end
            ) as ignored
    from readings
),
compared as (
    select
        *,
        (data_value, quoted) is distinct from lag((data_value, quoted)) over variable as differs,
        ignored is distinct from lag(ignored) over variable
            or not ignored
                and differs
                and not coalesce(
                    $tolerance > 0 and abs(number - lag(number) over variable) <= $tolerance, false
                ) as changed,
        -- a delivery may be repeated, which is no further reading
        not differs
            and at_ns = lag(at_ns) over variable
            and twin = lag(twin) over variable as repeated
    from judged
    window variable as (
        partition by service_name, process, data_name, series
        order by at_ns, twin, data_value
    )
),
numbered as (
    select
        *,
        sum(cast(changed as integer)) over variable as run
    from compared
    where repeated is distinct from true
    window variable as (
        partition by service_name, process, data_name, series
        order by at_ns, twin, data_value
        rows unbounded preceding
    )
)
select
    service_name,
    process,
    data_name,
    series,
    slot_of(time, $origin_us, $step_us) as slot,
    run,
    not ignored as counts,
    count(*) as readings,
    min(time) as since,
    max(time) as until,
    arg_max(data_value, (at_ns, twin)) as data_value
from numbered
group by all
order by service_name, process, data_name, series, slot, run
