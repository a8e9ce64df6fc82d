-- one row per bar of a chart with spans of one service, agent or model: how many, how many errors; of
-- a model, its calls
select
    key as bar,
    if($grain = 'model', calls, spans) as spans,
    -- spans that only name a model may have failed too
    if($grain = 'model', null, errors) as errors
from rolled_sums(
    $grain, $rolled, bar,
    kept := $name = case $grain
        when 'agent' then agent_name
        when 'model' then model
        else service_name
    end
)
order by bar
