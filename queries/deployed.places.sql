-- one row per service, revision, version, file and line that the function ran at, the newest first
select
    service_name,
    code_revision as revision,
    service_version as version,
    code_file as file,
    code_line as line,
    min(start_time) as first_seen,
    max(start_time) as last_seen,
    count(*) as calls
from spans($spans)
where start_time >= $since
    and start_time < $until
    and coalesce(code_function, name) = $function
    and ($service is null or service_name = $service)
group by all
order by last_seen desc, calls desc, service_name, file, line
