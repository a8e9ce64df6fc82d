-- one row per child of the spans asked about, the first $rows of each by start
with asked as (
    select distinct
        unnest($org_ids) as org_id,
        unnest($trace_ids) as trace_id,
        unnest($span_ids) as parent_span_id
),
offspring as (
    select
        org_id,
        trace_id,
        parent_span_id as span_id,
        count(distinct span_id) as children
    from spans($spans)
    where list_contains($trace_ids, trace_id) and parent_span_id is not null
    group by all
),
kids as (
    select distinct on (org_id, trace_id, parent_span_id, span_id, twin)
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
    -- the list is for reading less, the join for the very pairs
    where list_contains($trace_ids, trace_id) and list_contains($span_ids, parent_span_id)
),
numbered as (
    select
        kids.*,
        row_number() over siblings as place,
        count(*) over (partition by org_id, trace_id, parent_span_id) as siblings
    from kids
    inner join asked using (org_id, trace_id, parent_span_id)
    window siblings as (
        partition by org_id, trace_id, parent_span_id
        order by start_time, start_ns, span_id, twin
    )
)
select
    numbered.*,
    coalesce(offspring.children, 0) as children,
    false as orphan
from numbered
left join offspring using (org_id, trace_id, span_id)
where place <= $rows
order by org_id, trace_id, parent_span_id, place
