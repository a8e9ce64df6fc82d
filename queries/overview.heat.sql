-- one row per time bucket and level of duration with spans in it; those without one have no row
select
    cast((epoch_us(bar) - $origin_us) // $step_us as integer) as bucket,
    level_of(middle_of(bucket)) as level,
    cast(sum(n) as bigint) as spans
from rolled_durations('all', $rolled)
group by all
having sum(n) > 0
order by bucket, level
