-- one row per operation of a service among the `$top` busiest; `known` counts them all
with busiest as materialized (
    select key, spans, errors, count(*) over () as known
    from rolled_sums('operation', $rolled, {service: service_name, operation: operation})
    order by spans desc, key
    limit $top
)
select
    key.service as service_name,
    key.operation as operation,
    busiest.spans,
    busiest.errors,
    if(p50_ns is null, null, [p50_ns, p95_ns, p99_ns]) as quantiles_ns,
    known
from busiest
join rolled_by(
    'operation',
    $rolled,
    {service: service_name, operation: operation},
    kept := {service: service_name, operation: operation} in (select key from busiest)
) as timed using (key)
order by spans desc, service_name, operation
