-- one row: in how many of the newest spans each field holds the text
with newest as (
    select
        name,
        service_name,
        exception_type,
        exception_message,
        status_message,
        data_name,
        data_value
    from spans($spans)
    where start_time >= $since and start_time < $until
    order by start_time desc
    limit $scanned
)
select
    count(*) as spans,
    count(*) filter (where contains(lower(name), lower($text))) as name,
    count(*) filter (where contains(lower(service_name), lower($text))) as service_name,
    count(*) filter (where contains(lower(exception_type), lower($text))) as exception_type,
    count(*) filter (where contains(lower(exception_message), lower($text))) as exception_message,
    count(*) filter (where contains(lower(status_message), lower($text))) as status_message,
    count(*) filter (where contains(lower(data_name), lower($text))) as data_name,
    count(*) filter (where contains(lower(data_value), lower($text))) as data_value
from newest
