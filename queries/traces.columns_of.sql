-- one row per span asked about: the columns that only some readers look at
select
    org_id,
    trace_id,
    span_id,
    hash(kind, name, service_name, parent_span_id, duration_ns, start_ns, status) as twin,
    * exclude (
        org_id, trace_id, span_id, attributes, resource, events, links, exception_stacktrace
    ),
    left(exception_stacktrace, $longest) as exception_stacktrace
from spans($spans)
where start_time >= $since and start_time < $until
    and list_contains($span_ids, span_id)
    and list_contains($trace_ids, trace_id)
