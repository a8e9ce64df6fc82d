-- one row per model, the dearest first
select
    model,
    any_value(provider) as provider,
    count(*) as calls,
    sum(input_tokens) as input_tokens,
    sum(output_tokens) as output_tokens,
    sum(cost_usd) as cost_usd
from spans($spans)
where start_time >= $since
    and start_time < $until
    and is_model_call(operation)
    and model is not null
group by model
order by cost_usd desc nulls last, calls desc, model
