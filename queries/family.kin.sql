-- one row per span asked about: how many children it has, and whether its parent is there
with asked as (
    select
        unnest($org_ids) as org_id,
        unnest($trace_ids) as trace_id,
        unnest($span_ids) as span_id,
        unnest($parent_ids) as parent_span_id
),
-- materialized so that the parents and the children come from one reading
members as materialized (
    select
        org_id,
        trace_id,
        span_id,
        parent_span_id
    from spans($spans)
    where trace_id in (select trace_id from asked)
),
offspring as (
    select
        org_id,
        trace_id,
        parent_span_id as span_id,
        count(distinct span_id) as children
    from members
    where parent_span_id is not null
    group by all
),
known as (
    select distinct
        org_id,
        trace_id,
        span_id as parent_span_id,
        true as known
    from members
)
select distinct
    asked.org_id,
    asked.trace_id,
    asked.span_id,
    asked.parent_span_id,
    coalesce(offspring.children, 0) as children,
    asked.parent_span_id is not null and known.known is null as orphan
from asked
left join offspring using (org_id, trace_id, span_id)
left join known using (org_id, trace_id, parent_span_id)
