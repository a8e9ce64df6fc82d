-- one row per span asked about: how many children it has, and its parent if that is missing
with asked as (
    select distinct
        unnest($org_ids) as org_id,
        unnest($trace_ids) as trace_id,
        unnest($span_ids) as span_id
),
-- materialized so that the spans, their parents and their children come from one reading
members as materialized (
    select
        org_id,
        trace_id,
        span_id,
        parent_span_id
    from spans($spans)
    where list_contains($trace_ids, trace_id)
        and ($since is null or start_time >= $since)
        and ($until is null or start_time < $until)
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
orphans as (
    select
        org_id,
        trace_id,
        span_id,
        min(parent_span_id) as missing
    from members
    anti join (
        select
            org_id,
            trace_id,
            span_id as parent_span_id
        from members
    ) as known using (org_id, trace_id, parent_span_id)
    where parent_span_id is not null
    group by all
)
select
    asked.*,
    coalesce(offspring.children, 0) as children,
    orphans.missing as parent_span_id,
    orphans.missing is not null as orphan
from asked
left join offspring using (org_id, trace_id, span_id)
left join orphans using (org_id, trace_id, span_id)
