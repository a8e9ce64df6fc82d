-- one row per release of a service that was first seen from `$begun_since` on, oldest first
with seen as (
    select
        key.service as service_name,
        key.version as service_version,
        key.revision as code_revision,
        earliest as first,
        row_number() over (partition by key.service order by earliest) as place
    from rolled_sums(
        'release',
        $rolled,
        {service: service_name, version: service_version, revision: code_revision}
    )
    where key.version is not null or key.revision is not null
)
select service_name, service_version, code_revision, first
from seen
where place > 1 and first >= $begun_since
order by first, service_name, service_version, code_revision
