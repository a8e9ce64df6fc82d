-- one row per bar of a chart with spans of one service or agent, or calls of one model ($grain =
-- 'asking'): how many, how many errors
select
    key as bar,
    spans,
    errors
from rolled_sums(
    $grain, $rolled, bar,
    kept := $name = case $grain
        when 'agent' then agent_name
        when 'asking' then model
        else service_name
    end
)
order by bar
