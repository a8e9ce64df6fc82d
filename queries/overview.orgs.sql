-- one row per org, the highest error rate first
select key as org_id, spans, errors, p95_ns, cost_usd, latest as newest
from rolled_by('all', $rolled, org_id)
order by errors / spans desc, spans desc, org_id
