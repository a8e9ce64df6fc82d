-- one row per time bucket with model calls in it
select
    cast((epoch_us(key) - $origin_us) // $step_us as integer) as bucket,
    calls,
    coalesce(input_tokens, 0) as input_tokens,
    coalesce(output_tokens, 0) as output_tokens,
    coalesce(cost_usd, 0) as cost_usd
from rolled_sums('all', $rolled, bar)
where calls > 0
order by bucket
