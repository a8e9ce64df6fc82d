-- one row per service and function: its time, and that of it which no child covers
with members as materialized (
    select
        row_number() over () as id,
        org_id,
        trace_id,
        span_id,
        nullif(parent_span_id, span_id) as parent_span_id,
        service_name,
        coalesce(code_function, name) as function,
        start_unix_ns(start_time, start_ns) as starts,
        starts + least(greatest(coalesce(duration_ns, 0), 0), 9223372036854775807 - starts) as ends
    from spans($spans)
    where start_time >= $since
        and start_time < $until
),
-- a child covers the halves of a call that share its parent's id alike
hung as (
    select
        parent.id as above,
        greatest(child.starts, parent.starts) as starts,
        least(child.ends, parent.ends) as ends
    from members as child
    inner join members as parent
        on child.org_id = parent.org_id
        and child.trace_id = parent.trace_id
        and child.parent_span_id = parent.span_id
    where child.starts < parent.ends
        and child.ends > parent.starts
),
-- what of its parent's time a span takes up that no earlier sibling had taken up
covering as (
    select
        above,
        ends - greatest(
            starts,
            coalesce(
                max(ends) over (
                    partition by above
                    order by starts
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )
        ) as covers
    from hung
),
covered as (
    select
        above as id,
        sum(greatest(covers, 0)) as ns
    from covering
    group by above
)
select
    members.service_name,
    members.function,
    sum(members.ends - members.starts) as total_ns,
    sum(members.ends - members.starts - coalesce(covered.ns, 0)) as own_ns
from members
left join covered on members.id = covered.id
group by members.service_name, members.function
order by members.service_name, members.function
