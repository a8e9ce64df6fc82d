-- one row per called service, run of calls with the same outcome and time step that the run lies in
with called as (
    select
        -- a call of something outside is told by the caller; without a caller, by who was called
        if(
            kind in ('client', 'producer'),
            coalesce(
                attributes['peer.service'], attributes['server.address'],
                attributes['net.peer.name'], attributes['url.domain'], attributes['http.host'],
                to_json(provider), attributes['db.system.name'], attributes['db.system'],
                attributes['messaging.system']
            ) ->> '$',
            null
        ) as peer,
        coalesce(
            peer,
            if(parent_span_id is null or kind in ('server', 'consumer'), service_name, null)
        ) as service,
        status = 'error' as failed,
        coalesce(exception_type, status_message, '') as reason,
        start_time as time,
        start_unix_ns(start_time, start_ns) as at_ns,
        trace_id,
        span_id,
        kind
    from spans($spans)
    where start_time >= $since and start_time < $until and $condition
),
-- a repeated delivery is one call
calls as (
    select distinct *
    from called
    where service is not null and service glob $service
),
compared as (
    select
        *,
        failed is distinct from lag(failed) over calls_of as changed
    from calls
    window calls_of as (partition by service order by at_ns, trace_id, span_id, kind, failed)
),
numbered as (
    select
        *,
        sum(cast(changed as integer)) over calls_of as run
    from compared
    window calls_of as (
        partition by service
        order by at_ns, trace_id, span_id, kind, failed
        rows unbounded preceding
    )
)
select
    service,
    slot_of(time, $origin_us, $step_us) as slot,
    run,
    failed as counts,
    count(*) as readings,
    min(time) as since,
    max(time) as until,
    arg_max(reason, (at_ns, trace_id, span_id)) as data_value
from numbered
group by all
order by service, slot, run
