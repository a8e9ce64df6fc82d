-- Pieces that several questions share, made once for every DuckDB the reader opens.

-- spans that start in [since, until), with what orders them in a list
create macro listed(files, since, until) as table
select
    *,
    epoch_us(start_time) as position,
    -- tells apart rows that share time and ids; equal rows have equal twins
    hash(kind, name, service_name, parent_span_id, duration_ns, start_ns, status) as twin
from spans(files)
where start_time >= since and start_time < until;

-- start in ns since 1970; 0 when the sender gave no time, the year 2262 for all that is later
create macro start_unix_ns(start_time, start_ns) as
least(epoch_us(start_time), 9223372036854774) * 1000 + start_ns;

-- calls of a model; agent spans repeat their children's tokens and do not count
create macro is_model_call(operation) as
operation in (
    'chat', 'text_completion', 'generate_content', 'embeddings', 'call_llm',
    'LLM', 'EMBEDDING', 'GENERATION', 'generation', 'embedding'
);

-- one row per trace of `ids`: what it is and how it went, over the spans in `files`
create macro trace_facts(files, ids) as table
with members as materialized (
    select
        trace_id,
        span_id,
        parent_span_id,
        org_id,
        name,
        service_name,
        start_time,
        start_unix_ns(start_time, start_ns) as start_ns_1970,
        start_ns_1970 > 0 as timed,
        duration_ns,
        status,
        is_model_call(operation) as model_call,
        input_tokens,
        output_tokens,
        cost_usd
    from spans(files)
    where list_contains(ids, trace_id)
),
known as (
    select distinct org_id, trace_id, span_id
    from members
)
select
    members.trace_id,
    members.org_id,
    hash(members.org_id) as twin,
    -- the earliest root speaks for the trace; without one, its earliest span
    arg_min(name, (parent_span_id is not null, start_ns_1970)) as name,
    arg_min(service_name, (parent_span_id is not null, start_ns_1970)) as service_name,
    -- a span without a start says nothing about the trace's time
    coalesce(min(start_time) filter (where timed), min(start_time)) as start_time,
    coalesce(
        max(
            start_ns_1970
            -- an end that nobody lives to see must not overflow
            + least(greatest(coalesce(duration_ns, 0), 0), 9223372036854775807 - start_ns_1970)
        ) filter (where timed)
            - min(start_ns_1970) filter (where timed),
        0
    ) as duration_ns,
    count(*) as spans,
    count(distinct service_name) as services,
    count(*) filter (where status = 'error') as errors,
    count(*) filter (where parent_span_id is not null and known.span_id is null) as orphans,
    sum(input_tokens) filter (where model_call) as input_tokens,
    sum(output_tokens) filter (where model_call) as output_tokens,
    sum(cost_usd) filter (where model_call) as cost_usd
from members
left join known
    on members.org_id = known.org_id
    and members.trace_id = known.trace_id
    and members.parent_span_id = known.span_id
-- two orgs may use one trace id, and are two traces
group by members.org_id, members.trace_id;

-- a map of JSON texts as the text of one JSON object
create macro json_of(entries) as
'{'
|| array_to_string(
    list_transform(
        map_entries(entries),
        lambda entry: concat(cast(to_json(entry.key) as varchar), ':', entry.value)
    ),
    ','
)
|| '}';

-- the bucket of a duration, and the duration that stands for a bucket; see telemetry/rollups.py
create macro bucket_of(ns) as if(ns <= 0, 0, 1 + cast(ceil(ln(ns) / ln(1.02)) as integer));
create macro middle_of(bucket) as if(bucket = 0, 0, 2 * pow(1.02, bucket - 1) / 2.02);

-- a quantile between two durations; a bucket's middle may lie beyond all that is in it
create macro quantile_between(below, above, part, least_ns, most_ns) as
if(below is null, null, greatest(least_ns, least(most_ns, below + (above - below) * part)));

-- start of the bar of a chart that a time lies in; null without bars
create macro bar_of(moment, step_us) as
make_timestamptz(cast(epoch_us(moment) // step_us * step_us as bigint));

-- the level of a duration in a heatmap: 0 below 1 µs, from there four to each factor of ten, 45 at
-- most; null is unknown
create macro level_of(ns) as
case
    when ns is null then null
    when ns < 1000 then 0
    else least(
        cast(floor(log10(ns)) as integer) * 4 - 11
        + cast(ns / pow(10, floor(log10(ns))) >= 1.8 as integer)
        + cast(ns / pow(10, floor(log10(ns))) >= 3.2 as integer)
        + cast(ns / pow(10, floor(log10(ns))) >= 5.6 as integer),
        45
    )
end;

-- rows of the rollups of some grains that make up a range: whole days, then hours and so on; each row
-- once, and none at the ends of the range that no level of the grain fits into
create macro rolled_whole(grains, $rolled) as table
select
    *,
    bar_of(start, rolled_step_us) as bar
from rollups(rolled_rollups)
where list_contains(grains, grain)
    and (
        place >= rolled_minute_from and place < rolled_minute_to
        or place >= rolled_minute_from_2 and place < rolled_minute_to_2
        or place >= rolled_quarter_hour_from and place < rolled_quarter_hour_to
        or place >= rolled_quarter_hour_from_2 and place < rolled_quarter_hour_to_2
        or place >= rolled_hour_from and place < rolled_hour_to
        or place >= rolled_hour_from_2 and place < rolled_hour_to_2
        or place >= rolled_quarter_day_from and place < rolled_quarter_day_to
        or place >= rolled_quarter_day_from_2 and place < rolled_quarter_day_to_2
        or place >= rolled_day_from and place < rolled_day_to
        or place >= rolled_day_from_2 and place < rolled_day_to_2
    );

-- spans at the ends of the range that another service called, or another agent; telemetry/edges.py
-- says what that means
create macro crossings(grains, $rolled) as table
with seen as (
    select distinct
        org_id, trace_id, span_id, parent_span_id, kind, name, start_time, start_ns, duration_ns,
        status, if(grains = 'calls', service_name, agent_name) as callee
    from spans(rolled_spans)
    where parent_span_id is not null
        and (
            start_time >= rolled_since
                and start_time < rolled_whole_since
            or start_time >= rolled_whole_until
                and start_time < rolled_until
        )
),
called as materialized (
    select *, row_number() over () as number
    from seen
),
met as (
    select
        number,
        callee,
        kind in ('server', 'consumer') as answering,
        caller
    from (
        select
            org_id, trace_id, span_id, kind,
            if(grains = 'calls', service_name, agent_name) as caller
        from spans(rolled_around)
        where start_time >= rolled_since - interval 1 hour
            and start_time < rolled_until + interval 1 hour
            and (
                start_time < rolled_whole_since + interval 1 hour
                or start_time >= rolled_whole_until - interval 1 hour
            )
    ) as callers
    join (select number, callee, org_id, trace_id, parent_span_id from called) as below
        on callers.org_id = below.org_id
        and callers.trace_id = below.trace_id
        and callers.span_id = below.parent_span_id
),
crossing as (
    select
        number,
        arg_min(caller, (not answering, caller)) filter (where caller is not null) as caller
    from met
    group by number
    having not coalesce(bool_or(caller = callee), true)
)
select
    org_id,
    start_time as start,
    caller,
    callee,
    status,
    duration_ns,
    bar_of(start_time, rolled_step_us) as bar
from crossing
join called using (number);

-- spans of the range that no rollup counts, with the columns of rollups: those at its two ends,
-- and those that came since the rollups were made
create macro rolled_rest(grains, $rolled) as table
select
    grain,
    org_id,
    start_time as start,
    service_name,
    process_group,
    name as operation,
    subsystem,
    agent_name,
    model,
    exception_type,
    coalesce(code_function, name) as function,
    code_file,
    code_revision,
    service_version,
    status,
    parent_span_id,
    duration_ns,
    is_model_call(operation) as model_call,
    input_tokens,
    output_tokens,
    cached_tokens,
    cost_usd,
    memory_delta_bytes,
    bar_of(start_time, rolled_step_us) as bar
from (
    select *
    from counted_spans(rolled_spans)
    where start_time >= rolled_since
        and start_time < rolled_until
        and (
            start_time < rolled_whole_since
            or start_time >= rolled_whole_until
        )
    union all
    select *
    from counted_spans(rolled_fresh)
    where start_time >= rolled_whole_since
        and start_time < rolled_whole_until
)
cross join (select unnest(grains) as grain)
where grain != 'asking' or is_model_call(operation) and model is not null;

-- see queries/rolled.py, which says how questions use these
create macro rolled(grains, $rolled) as table
select
    org_id, service_name, process_group, operation, subsystem, agent_name, model, exception_type,
    function, code_file, code_revision, service_version, bar,
    spans, errors, roots, timed, duration_ns, shortest_ns, longest_ns,
    calls, input_tokens, output_tokens, cached_tokens, cost_usd,
    memory_delta_bytes, measured, earliest, latest
from rolled_whole([grains], $rolled)
union all
select
    org_id, service_name, process_group, operation, subsystem, agent_name, model, exception_type,
    function, code_file, code_revision, service_version, bar,
    1 as spans,
    cast(status = 'error' as bigint) as errors,
    cast(parent_span_id is null as bigint) as roots,
    cast(coalesce(duration_ns >= 0, false) as bigint) as timed,
    if(duration_ns >= 0, duration_ns, 0) as duration_ns,
    if(duration_ns >= 0, duration_ns, null) as shortest_ns,
    if(duration_ns >= 0, duration_ns, null) as longest_ns,
    cast(coalesce(model_call, false) as bigint) as calls,
    if(model_call, input_tokens, null) as input_tokens,
    if(model_call, output_tokens, null) as output_tokens,
    if(model_call, cached_tokens, null) as cached_tokens,
    if(model_call, cost_usd, null) as cost_usd,
    memory_delta_bytes,
    cast(memory_delta_bytes is not null as bigint) as measured,
    start as earliest,
    start as latest
from rolled_rest([grains], $rolled);

create macro rolled_durations(grains, $rolled) as table
select
    org_id, service_name, process_group, operation, subsystem, agent_name, model, exception_type,
    function, code_file, code_revision, service_version, bar,
    duration.key as bucket,
    duration.value as n
from (
    select *, unnest(map_entries(durations)) as duration
    from rolled_whole([grains], $rolled)
)
union all
select
    org_id, service_name, process_group, operation, subsystem, agent_name, model, exception_type,
    function, code_file, code_revision, service_version, bar,
    bucket_of(duration_ns) as bucket,
    1 as n
from rolled_rest([grains], $rolled)
where duration_ns >= 0;

create macro rolled_sums(grains, $rolled, keyed, kept := true) as table
select
    keyed as key,
    cast(sum(spans) as bigint) as spans,
    cast(sum(errors) as bigint) as errors,
    cast(sum(roots) as bigint) as roots,
    cast(sum(timed) as bigint) as timed,
    cast(sum(duration_ns) as hugeint) as duration_ns,
    min(shortest_ns) as shortest_ns,
    max(longest_ns) as longest_ns,
    cast(sum(calls) as bigint) as calls,
    cast(sum(input_tokens) as bigint) as input_tokens,
    cast(sum(output_tokens) as bigint) as output_tokens,
    cast(sum(cached_tokens) as bigint) as cached_tokens,
    sum(cost_usd) as cost_usd,
    cast(sum(memory_delta_bytes) as bigint) as memory_delta_bytes,
    cast(sum(measured) as bigint) as measured,
    min(earliest) as earliest,
    max(latest) as latest
from rolled(grains, $rolled)
where kept
group by all
-- what was counted and taken away again was never there
having sum(spans) > 0;

-- what of each key rollups sum, and of each key and bucket the spans that they leave out
create macro rolled_parts(grains, $rolled, keyed, kept := true, timely := true) as table
select
    keyed as key,
    spans, errors, roots, timed, duration_ns, shortest_ns, longest_ns,
    calls, input_tokens, output_tokens, cached_tokens, cost_usd,
    memory_delta_bytes, measured, earliest, latest,
    durations,
    null as bucket
from rolled_whole(grains, $rolled)
where kept and timely
-- histograms are most of what is read: not where nobody asks for quantiles
union all
select
    keyed as key,
    spans, errors, roots, timed, duration_ns, shortest_ns, longest_ns,
    calls, input_tokens, output_tokens, cached_tokens, cost_usd,
    memory_delta_bytes, measured, earliest, latest,
    null as durations,
    null as bucket
from rolled_whole(grains, $rolled)
where kept and not timely
union all
select
    keyed as key,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors,
    count(*) filter (where parent_span_id is null) as roots,
    count(*) filter (where duration_ns >= 0) as timed,
    coalesce(sum(duration_ns) filter (where duration_ns >= 0), 0) as duration_ns,
    min(duration_ns) filter (where duration_ns >= 0) as shortest_ns,
    max(duration_ns) filter (where duration_ns >= 0) as longest_ns,
    count(*) filter (where model_call) as calls,
    sum(input_tokens) filter (where model_call) as input_tokens,
    sum(output_tokens) filter (where model_call) as output_tokens,
    sum(cached_tokens) filter (where model_call) as cached_tokens,
    sum(cost_usd) filter (where model_call) as cost_usd,
    sum(memory_delta_bytes) as memory_delta_bytes,
    count(memory_delta_bytes) as measured,
    min(start) as earliest,
    max(start) as latest,
    null as durations,
    if(duration_ns >= 0 and timely, bucket_of(duration_ns), null) as bucket
from rolled_rest(grains, $rolled)
where kept
group by all;

create macro rolled_of(grains, $rolled, keyed, kept := true, timely := true) as table
with parts as materialized (
    select *
    from rolled_parts(grains, $rolled, keyed, kept := kept, timely := timely)
),
sums as (
    select
        key,
        cast(sum(spans) as bigint) as spans,
        cast(sum(errors) as bigint) as errors,
        cast(sum(roots) as bigint) as roots,
        cast(sum(timed) as bigint) as timed,
        cast(sum(duration_ns) as hugeint) as duration_ns,
        min(shortest_ns) as shortest_ns,
        max(longest_ns) as longest_ns,
        cast(sum(calls) as bigint) as calls,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens,
        cast(sum(cached_tokens) as bigint) as cached_tokens,
        sum(cost_usd) as cost_usd,
        cast(sum(memory_delta_bytes) as bigint) as memory_delta_bytes,
        cast(sum(measured) as bigint) as measured,
        min(earliest) as earliest,
        max(latest) as latest
    from parts
    group by key
    -- what was counted and taken away again was never there
    having sum(spans) > 0
),
buckets as (
    select key, bucket, cast(sum(n) as bigint) as n
    from (
        select key, unnest(map_keys(durations)) as bucket, unnest(map_values(durations)) as n
        from parts
        union all
        select key, bucket, timed as n
        from parts
        where bucket is not null
    )
    group by all
),
counted as (
    select
        key,
        middle_of(bucket) as ns,
        sum(n) over (partition by key order by bucket) as upto,
        sum(n) over (partition by key) - 1 as last
    from buckets
    where n != 0
),
around as (
    -- each quantile lies between two durations that follow one another
    select
        key,
        max(last) as last,
        min(ns) filter (where upto > floor(0.5 * last)) as p50_below,
        min(ns) filter (where upto > ceil(0.5 * last)) as p50_above,
        min(ns) filter (where upto > floor(0.95 * last)) as p95_below,
        min(ns) filter (where upto > ceil(0.95 * last)) as p95_above,
        min(ns) filter (where upto > floor(0.99 * last)) as p99_below,
        min(ns) filter (where upto > ceil(0.99 * last)) as p99_above
    from counted
    group by key
)
select
    sums.*,
    quantile_between(p50_below, p50_above, 0.5 * last % 1, shortest_ns, longest_ns) as p50_ns,
    quantile_between(p95_below, p95_above, 0.95 * last % 1, shortest_ns, longest_ns) as p95_ns,
    quantile_between(p99_below, p99_above, 0.99 * last % 1, shortest_ns, longest_ns) as p99_ns
from sums
left join around on sums.key is not distinct from around.key;

create macro rolled_by(grains, $rolled, keyed, kept := true) as table
select *
from rolled_of([grains], $rolled, keyed, kept := kept);

-- the same for who called whom, which has a rest of its own
create macro called_parts(grains, $rolled, keyed, kept := true) as table
select
    keyed as key,
    spans, errors, timed, duration_ns, shortest_ns, longest_ns,
    durations,
    null as bucket
from rolled_whole([grains], $rolled)
where kept
union all
select
    keyed as key,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors,
    count(*) filter (where duration_ns >= 0) as timed,
    coalesce(sum(duration_ns) filter (where duration_ns >= 0), 0) as duration_ns,
    min(duration_ns) filter (where duration_ns >= 0) as shortest_ns,
    max(duration_ns) filter (where duration_ns >= 0) as longest_ns,
    null as durations,
    if(duration_ns >= 0, bucket_of(duration_ns), null) as bucket
from crossings(grains, $rolled)
where kept
group by all;

create macro called_by(grains, $rolled, keyed, kept := true) as table
with parts as materialized (
    select *
    from called_parts(grains, $rolled, keyed, kept := kept)
),
sums as (
    select
        key,
        cast(sum(spans) as bigint) as spans,
        cast(sum(errors) as bigint) as errors,
        cast(sum(timed) as bigint) as timed,
        cast(sum(duration_ns) as hugeint) as duration_ns,
        min(shortest_ns) as shortest_ns,
        max(longest_ns) as longest_ns
    from parts
    group by key
    -- what was counted and taken away again was never there
    having sum(spans) > 0
),
buckets as (
    select key, bucket, cast(sum(n) as bigint) as n
    from (
        select key, unnest(map_keys(durations)) as bucket, unnest(map_values(durations)) as n
        from parts
        union all
        select key, bucket, timed as n
        from parts
        where bucket is not null
    )
    group by all
),
counted as (
    select
        key,
        middle_of(bucket) as ns,
        sum(n) over (partition by key order by bucket) as upto,
        sum(n) over (partition by key) - 1 as last
    from buckets
    where n != 0
),
around as (
    -- each quantile lies between two durations that follow one another
    select
        key,
        max(last) as last,
        min(ns) filter (where upto > floor(0.5 * last)) as p50_below,
        min(ns) filter (where upto > ceil(0.5 * last)) as p50_above,
        min(ns) filter (where upto > floor(0.95 * last)) as p95_below,
        min(ns) filter (where upto > ceil(0.95 * last)) as p95_above,
        min(ns) filter (where upto > floor(0.99 * last)) as p99_below,
        min(ns) filter (where upto > ceil(0.99 * last)) as p99_above
    from counted
    group by key
)
select
    sums.*,
    quantile_between(p50_below, p50_above, 0.5 * last % 1, shortest_ns, longest_ns) as p50_ns,
    quantile_between(p95_below, p95_above, 0.95 * last % 1, shortest_ns, longest_ns) as p95_ns,
    quantile_between(p99_below, p99_above, 0.99 * last % 1, shortest_ns, longest_ns) as p99_ns
from sums
left join around on sums.key is not distinct from around.key;

-- the label that a row has in a group: the value of a column, or of an attribute named `key`; the
-- field is known before the files are opened, so only its column is read
create macro label_of(
    field, key, service_name, process_group, agent_name, agent_id, fleet, task_id, task_run_id,
    session_id, user_id, subsystem, service_version, attributes, resource, name, model, provider,
    operation, exception_type, code_function, code_revision, http_route
) as
case field
    when 'service' then service_name
    when 'group' then process_group
    when 'agent' then agent_name
    when 'agent.id' then agent_id
    when 'fleet' then fleet
    when 'task' then task_id
    when 'run' then task_run_id
    when 'session' then session_id
    when 'user' then user_id
    when 'subsystem' then subsystem
    when 'version' then service_version
    when 'attributes' then attributes[key] ->> '$'
    when 'resource' then resource[key] ->> '$'
    when 'name' then name
    when 'model' then model
    when 'provider' then provider
    when 'operation' then operation
    when 'exception' then exception_type
    when 'function' then code_function
    when 'revision' then code_revision
    when 'http.route' then http_route
end;

-- number of the time step that a moment lies in, from 0 at the origin
create macro slot_of(moment, origin_us, step_us) as
cast((epoch_us(moment) - origin_us) // step_us as bigint);

-- spans that carry watched variables, once for each of these: data_name and data_value are its own
create macro variables(files, since, until) as table
with watched as not materialized (
    select
        *,
        -- the number 1 is not the text "1"
        data_type = 'string' as quoted,
        start_unix_ns(start_time, start_ns) as at_ns
    from spans(files)
    where start_time >= since and start_time < until and data_name is not null
),
-- materialized, or the filter would stay above the unnesting and every map be read
several as materialized (
    select *
    from watched
    where data_count is distinct from 1
)
select *
from watched
where data_count = 1
union all
-- a span's columns hold the first of its variables; the map, slower to read, holds all
select
    * exclude (variable)
        replace (
            substr(variable.key, length('aeos.data.') + 1) as data_name,
            if(
                starts_with(variable.value, '"'), variable.value ->> '$', variable.value
            ) as data_value,
            starts_with(variable.value, '"') as quoted
        )
from several,
    unnest(
        list_filter(map_entries(attributes), lambda x: starts_with(x.key, 'aeos.data.'))
    ) as t (variable);
