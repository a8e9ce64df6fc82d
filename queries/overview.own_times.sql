-- one row per operation of the traces, by the time that no child covers, the longest first
with members as materialized (
    select distinct
        org_id, trace_id, span_id, parent_span_id, service_name, name,
        start_unix_ns(start_time, start_ns) as begun,
        start_unix_ns(start_time, start_ns) + greatest(coalesce(duration_ns, 0), 0) as ended
    from spans($spans)
    where start_time >= $since and start_time < $until and list_contains($trace_ids, trace_id)
),
children as (
    -- what each child covers of its parent, and that no earlier child has covered
    select
        parent.org_id, parent.trace_id, parent.span_id,
        greatest(child.begun, parent.begun) as begun,
        least(child.ended, parent.ended) as ended
    from members as child
    join members as parent
        on child.org_id = parent.org_id
        and child.trace_id = parent.trace_id
        and child.parent_span_id = parent.span_id
),
covered as (
    select org_id, trace_id, span_id, sum(part) as ns
    from (
        select
            org_id, trace_id, span_id,
            greatest(
                ended - greatest(
                    begun,
                    coalesce(
                        max(ended) over (
                            partition by org_id, trace_id, span_id
                            order by begun, ended
                            rows between unbounded preceding and 1 preceding
                        ),
                        begun
                    )
                ),
                0
            ) as part
        from children
    )
    group by org_id, trace_id, span_id
),
own as (
    select
        service_name,
        name as operation,
        count(*) as spans,
        sum(greatest(ended - begun - coalesce(covered.ns, 0), 0)) as own_ns,
        count(distinct members.trace_id) as traces
    from members
    left join covered using (org_id, trace_id, span_id)
    group by service_name, operation
)
select
    service_name,
    operation,
    cast(spans as bigint) as spans,
    cast(own_ns as double) as own_ns,
    cast(own_ns / nullif(sum(own_ns) over (), 0) as double) as share,
    traces,
    count(*) over () as known
from own
order by own_ns desc, service_name, operation
limit $top
