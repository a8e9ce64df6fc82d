-- one row per value of a field in the newest matching spans, the most frequent first
with newest as (
    select
        -- the field is known before the files are opened, so only its column is read
        case $column
            when 'name' then name
            when 'service_name' then service_name
            when 'process_group' then process_group
            when 'kind' then kind
            when 'status' then status
            when 'status_message' then status_message
            when 'exception_type' then exception_type
            when 'exception_message' then exception_message
            when 'subsystem' then subsystem
            when 'agent_name' then agent_name
            when 'agent_id' then agent_id
            when 'fleet' then fleet
            when 'task_id' then task_id
            when 'task_run_id' then task_run_id
            when 'session_id' then session_id
            when 'user_id' then user_id
            when 'operation' then operation
            when 'model' then model
            when 'provider' then provider
            when 'data_name' then data_name
            when 'data_type' then data_type
            when 'data_value' then data_value
            when 'code_function' then code_function
            when 'code_file' then code_file
            when 'code_line' then cast(code_line as varchar)
            when 'code_revision' then code_revision
            when 'service_version' then service_version
            when 'scope_name' then scope_name
            when 'http_route' then http_route
            when 'http_status' then cast(http_status as varchar)
            when 'org_id' then org_id
            when 'attributes' then attributes[$name]
            when 'resource' then resource[$name]
        end as value
    from listed($spans, $since, $until)
    where $condition
    order by start_time desc
    limit $scanned
)
select
    value,
    count(*) as spans
from newest
-- long texts are no values to choose from
where length(value) <= 200 and contains(lower(value), lower($prefix))
group by value
order by starts_with(lower(ltrim(value, '"')), lower($prefix)) desc, spans desc, value
limit $rows
