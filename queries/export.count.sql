-- one row: how many matching spans there are, each counted once however often it was delivered
with named as (
    select trace_id, span_id, count(*) as spans
    from listed($spans, $since, $until)
    where $condition
    group by trace_id, span_id
),
-- whole rows are compared only where two have the same name, which is rare
shared as (
    select distinct * exclude (ingest_time)
        replace (json_of(attributes) as attributes, json_of(resource) as resource)
    from listed($spans, $since, $until)
    semi join (select trace_id, span_id from named where spans > 1) using (trace_id, span_id)
    where $condition
)
select
    coalesce((select sum(spans) from named where spans = 1), 0)
    + (select count(*) from shared) as spans
