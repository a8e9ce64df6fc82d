-- one row per attribute key of the newest spans, the most frequent first
with newest as (
    select attributes, resource
    from spans($spans)
    where start_time >= $since and start_time < $until
    order by start_time desc
    limit $scanned
),
keys as (
    select 'attributes' as place, unnest(map_keys(attributes)) as name from newest
    union all
    select 'resource', unnest(map_keys(resource)) from newest
)
select
    place,
    name,
    count(*) as spans
from keys
where contains(lower(name), lower($prefix))
group by place, name
order by starts_with(lower(name), lower($prefix)) desc, spans desc, name, place
limit $rows
