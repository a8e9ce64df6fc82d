-- one row per model, the dearest first
select key as model, calls, input_tokens, output_tokens, cost_usd
from rolled_sums('model', $rolled, model)
where key is not null and calls > 0
order by cost_usd desc nulls last, calls desc, model
