-- one row per process group, the busiest first
select key as process_group, spans, errors
from rolled_sums('group', $rolled, process_group)
order by spans desc, process_group
