-- one row per span of a trace that has one of these ids, with all that is stored of it
select *
from spans($spans)
where trace_id = unhex($trace_id)
    and org_id = $org
    and list_contains($span_ids, span_id)
order by start_time, start_ns, span_id, kind, ingest_time
