-- one row per span asked about: the values of some attributes, in the order of their keys
select
    org_id,
    trace_id,
    span_id,
    hash(kind, name, service_name, parent_span_id, duration_ns, start_ns, status) as twin,
    list_transform($attribute_keys, lambda key: left(attributes[key], $longest)) as attributes,
    list_transform($resource_keys, lambda key: left(resource[key], $longest)) as resource
from spans($spans)
where start_time >= $since and start_time < $until
    and list_contains($span_ids, span_id)
    and list_contains($trace_ids, trace_id)
