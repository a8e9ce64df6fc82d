-- one row per span on top of its trace, the first $rows: it has no parent, or one that is missing
with asked as (
    select distinct
        unnest($org_ids) as org_id,
        unnest($trace_ids) as trace_id
),
members as materialized (
    select
        org_id,
        trace_id,
        span_id,
        parent_span_id
    from spans($spans)
    where list_contains($trace_ids, trace_id)
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
        true as span
    from members
),
spans_of as (
    select distinct on (org_id, trace_id, span_id, twin)
        epoch_us(start_time) as position,
        trace_id,
        span_id,
        parent_span_id,
        hash(kind, name, service_name, parent_span_id, duration_ns, start_ns, status) as twin,
        org_id,
        name,
        kind,
        service_name,
        process_group,
        subsystem,
        agent_name,
        model,
        data_name,
        data_type,
        data_value,
        start_time,
        start_ns,
        duration_ns,
        status,
        status_message,
        exception_type,
        exception_message
    from spans($spans)
    where list_contains($trace_ids, trace_id)
),
placed as (
    select
        spans_of.*,
        known.span is null as on_top,
        spans_of.parent_span_id is not null and on_top as orphan
    from spans_of
    inner join asked using (org_id, trace_id)
    left join known using (org_id, trace_id, parent_span_id)
),
tops as (
    select *
    from placed
    -- where every span is below another, they form circles, and the earliest one stands on top
    qualify on_top or (
        not bool_or(on_top) over (partition by org_id, trace_id)
        and row_number() over (
            partition by org_id, trace_id
            order by start_time, start_ns, span_id, twin
        ) = 1
    )
),
numbered as (
    select
        * exclude (on_top),
        not on_top as circular,
        row_number() over (
            partition by org_id, trace_id
            order by orphan, start_time, start_ns, span_id, twin
        ) as place,
        count(*) over (partition by org_id, trace_id) as siblings
    from tops
)
select
    numbered.*,
    coalesce(offspring.children, 0) as children
from numbered
left join offspring using (org_id, trace_id, span_id)
where place <= $rows
order by org_id, trace_id, place
