-- one row per service, process group and model; the `$most` busiest of each grain, of which `known`
-- says how many there are, and `known_spans` how many spans they have
select
    key.grain as grain,
    key.name as name,
    spans,
    errors,
    p95_ns,
    calls,
    input_tokens,
    output_tokens,
    cost_usd,
    latest as newest,
    count(*) over (partition by key.grain) as known,
    cast(sum(spans) over (partition by key.grain) as bigint) as known_spans
from rolled_of(
    ['service', 'group', 'model'],
    $rolled,
    {
        grain: grain,
        name: case grain
            when 'service' then service_name
            when 'group' then process_group
            when 'model' then model
        end
    },
    kept := grain != 'model' or model is not null,
    timely := grain = 'service'
)
qualify row_number() over (partition by key.grain order by spans desc, key.name) <= $most
order by grain, spans desc, name
