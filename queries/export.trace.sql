-- one row per stored span of a trace, by start, with every column
select *
from spans($spans)
where trace_id = unhex($trace_id)
order by start_time, start_ns, span_id, ingest_time
