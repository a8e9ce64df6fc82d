-- one row per operation of a service among the `$top` slowest by p95; `known` counts them all
select
    key.service as service_name,
    key.operation as operation,
    spans,
    errors,
    if(p50_ns is null, null, [p50_ns, p95_ns, p99_ns]) as quantiles_ns,
    count(*) over () as known
from rolled_by('operation', $rolled, {service: service_name, operation: operation})
order by p95_ns desc nulls last, spans desc, service_name, operation
limit $top
