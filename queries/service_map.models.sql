-- one row per model and the service, or agent with $grain = 'agent', that called it, and one per model
-- with whole true; calls of models only, the busiest first
with called as (
    select key as model, null as caller, true as whole, spans as calls, errors, p95_ns
    from rolled_by('asking', $rolled, model, kept := model is not null)
    union all
    select key.model, key.caller, false as whole, spans as calls, errors, p95_ns
    from rolled_by(
        'asking', $rolled,
        {model: model, caller: if($grain = 'agent', agent_name, service_name)},
        kept := model is not null and ($grain = 'service' or agent_name is not null)
    )
)
select
    *,
    count(*) over (partition by whole) as of
from called
qualify row_number() over (partition by whole order by calls desc, model, caller) <= $most
order by whole desc, calls desc, model, caller
