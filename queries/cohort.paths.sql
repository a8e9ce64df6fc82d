-- one row per path from the root, in one run ($runs[1]) or in its cohort (the other $runs)
with recursive members as materialized (
    select
        row_number() over () as id,
        *,
        starts + least(lasts, 9223372036854775807 - starts) as ends
    from (
        -- distinct, because a span that was delivered twice still happened once
        select distinct
            list_position($runs, lower(hex(trace_id))) as run,
            span_id,
            nullif(parent_span_id, span_id) as parent_span_id,
            kind,
            left(service_name, 500) as service_name,
            left(name, 500) as name,
            start_unix_ns(start_time, start_ns) as starts,
            greatest(coalesce(duration_ns, 0), 0) as lasts,
            status = 'error' as failed
        from spans($spans)
        where org_id = $org
            and trace_id in (select unhex(unnest($runs)))
    ) as stored
),
-- both halves of a call share an id; the server's half made the children
parents as materialized (
    select
        run,
        span_id,
        arg_min(id, (kind <> 'server', starts, id)) as id
    from members
    group by run, span_id
),
hung as materialized (
    select
        members.*,
        parents.id as above
    from members
    left join parents
        on members.run = parents.run
        and members.parent_span_id = parents.span_id
),
-- what of its parent's time a span takes up that no earlier sibling had taken up
covering as (
    select
        child.above,
        least(child.ends, parent.ends) - greatest(
            child.starts,
            parent.starts,
            coalesce(
                max(least(child.ends, parent.ends)) over (
                    partition by child.above
                    order by child.starts
                    rows between unbounded preceding and 1 preceding
                ),
                0
            )
        ) as covers
    from hung as child
    inner join members as parent on child.above = parent.id
),
covered as (
    select
        above as id,
        sum(greatest(covers, 0)) as ns
    from covering
    group by above
),
walked as (
    select
        id,
        hash(service_name, name) as path,
        cast(null as ubigint) as path_above,
        1 as depth
    from hung
    where above is null
    union all
    select
        hung.id,
        hash(walked.path, hung.service_name, hung.name),
        walked.path,
        walked.depth + 1
    from walked
    inner join hung on walked.id = hung.above
),
steps as materialized (
    select
        members.*,
        walked.path,
        walked.path_above,
        walked.depth,
        members.lasts - coalesce(covered.ns, 0) as own
    from walked
    inner join members on walked.id = members.id
    left join covered on walked.id = covered.id
),
-- a path in one run
done as materialized (
    select
        path,
        run,
        any_value(path_above) as path_above,
        any_value(depth) as depth,
        any_value(service_name) as service_name,
        any_value(name) as name,
        count(*) as calls,
        sum(lasts) as total_ns,
        sum(own) as own_ns,
        max(lasts) as longest_ns,
        arg_max(span_id, lasts) as span_id,
        bool_or(failed) as failed,
        min(starts) as starts
    from steps
    group by path, run
),
mine as (
    select *
    from done
    where run = 1
),
-- single calls of the cohort against the longest of this run
single as (
    select
        steps.path,
        count(*) as cohort_calls,
        count(*) filter (where steps.lasts < mine.longest_ns) as shorter_calls
    from steps
    left join mine on steps.path = mine.path
    where steps.run > 1
    group by steps.path
),
usual as (
    select
        done.path,
        any_value(done.path_above) as path_above,
        any_value(done.depth) as depth,
        any_value(done.service_name) as service_name,
        any_value(done.name) as name,
        count(*) as runs,
        count(*) filter (where done.failed) as failed_runs,
        quantile_cont(done.calls, [0.5, 0.95]) as calls,
        quantile_cont(done.total_ns, [0.5, 0.95]) as total_ns,
        quantile_cont(done.own_ns, [0.5, 0.95]) as own_ns,
        count(*) filter (where done.total_ns < mine.total_ns) as quicker_runs,
        count(*) filter (where done.own_ns < mine.own_ns) as quicker_own,
        count(*) filter (where done.calls < mine.calls) as fewer_calls,
        min(done.starts) as starts
    from done
    left join mine on done.path = mine.path
    where done.run > 1
    group by done.path
)
select
    coalesce(mine.path, usual.path) as path,
    coalesce(mine.path_above, usual.path_above) as path_above,
    coalesce(mine.depth, usual.depth) as depth,
    coalesce(mine.service_name, usual.service_name) as service_name,
    coalesce(mine.name, usual.name) as name,
    mine.calls as my_calls,
    mine.total_ns as my_total_ns,
    mine.own_ns as my_own_ns,
    mine.longest_ns as my_longest_ns,
    mine.span_id as my_span_id,
    coalesce(mine.failed, false) as i_failed,
    coalesce(usual.runs, 0) as runs,
    coalesce(usual.failed_runs, 0) as failed_runs,
    coalesce(single.cohort_calls, 0) as cohort_calls,
    coalesce(single.shorter_calls, 0) as shorter_calls,
    coalesce(usual.quicker_runs, 0) as quicker_runs,
    coalesce(usual.quicker_own, 0) as quicker_own,
    coalesce(usual.fewer_calls, 0) as fewer_calls,
    usual.calls,
    usual.total_ns,
    usual.own_ns
from mine
full join usual on mine.path = usual.path
left join single on usual.path = single.path
-- what this run did, and what most others did
where mine.path is not null or usual.runs >= $least_runs
order by depth, mine.starts, runs desc, path
