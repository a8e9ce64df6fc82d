-- one row per model and the service, or agent with $grain = 'agent', that called it, and one per model
-- with whole true; calls of models only, the busiest first
with called as (
    select
        if($grain = 'agent', agent_name, service_name) as caller,
        model,
        status,
        duration_ns
    from spans($spans)
    where start_time >= $since and start_time < $until
        and is_model_call(operation) and model is not null
)
select
    caller,
    model,
    grouping(caller) = 1 as whole,
    count(*) as calls,
    count(*) filter (where status = 'error') as errors,
    quantile_cont(duration_ns, 0.95) filter (where duration_ns >= 0) as p95_ns,
    count(*) over (partition by whole) as of
from called
group by grouping sets ((caller, model), (model))
-- a model that nobody called by name is a node without an edge
having whole or caller is not null
qualify row_number() over (partition by whole order by calls desc, model, caller) <= $most
order by whole desc, calls desc, model, caller
