-- one row per span with this id in this trace: one, or the client's and the server's half of a call
select
    *,
    start_unix_ns(start_time, start_ns) as start_unix_ns,
    -- the same as in listed(): tells the halves apart
    hash(kind, name, service_name, parent_span_id, duration_ns, start_ns, status) as twin
from spans($spans)
where trace_id = unhex($trace_id)
    and span_id = unhex($span_id)
    and ($since is null or start_time >= $since)
    and ($until is null or start_time < $until)
-- deliveries of one span that compaction has yet to merge are one span
qualify row_number() over (partition by org_id, twin order by ingest_time) = 1
order by org_id, kind, start_unix_ns, twin
