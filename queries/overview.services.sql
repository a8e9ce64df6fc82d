-- one row per service, the busiest first
select key as service_name, spans, errors, p95_ns, latest as newest
from rolled_by('service', $rolled, service_name)
order by spans desc, service_name
