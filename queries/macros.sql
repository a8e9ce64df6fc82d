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
-- rows of the rollups of a grain that make up a range: whole days, then hours, then minutes; each
-- row once, and none at the ends of the range that are shorter than a minute
create macro summed(
    files, wanted, minutes_since, minutes_until, hours_since, hours_until, days_since, days_until
) as table
select *
from rollups(files)
where grain = wanted
    and (
        level = 'day' and start >= days_since and start < days_until
        or level = 'hour'
            and start >= hours_since and start < hours_until
            and not (start >= days_since and start < days_until)
        or level = 'minute'
            and start >= minutes_since and start < minutes_until
            and not (start >= hours_since and start < hours_until)
    );

-- the bucket of a duration, and the duration that stands for a bucket; see telemetry/rollups.py
create macro bucket_of(ns) as if(ns <= 0, 0, 1 + cast(ceil(ln(ns) / ln(1.02)) as integer));
create macro middle_of(bucket) as if(bucket = 0, 0, 2 * pow(1.02, bucket - 1) / 2.02);

-- quantiles, linearly interpolated, of durations counted in buckets: a list of {bucket, n} in order
create macro quantiles_of(buckets, fractions) as (
    with counted as (
        select b.bucket as bucket, sum(b.n) over (order by b.bucket) as upto
        from (select unnest(buckets) as b)
    ),
    wanted as (
        select place, floor(rank) as below, ceil(rank) as above, rank - floor(rank) as part
        from (
            select f.place as place, f.fraction * ((select max(upto) from counted) - 1) as rank
            from (select unnest(list_zip(fractions, range(len(fractions)))) as z, z[1] as fraction, z[2] as place) as f
        )
    )
    select list(
        middle_of((select min(bucket) from counted where upto > below)) * (1 - part)
        + middle_of((select min(bucket) from counted where upto > above)) * part
        order by place
    )
    from wanted
);
