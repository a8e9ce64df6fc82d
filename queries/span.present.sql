-- one row per trace of the given ids that has a span in the scope
select distinct trace_id
from spans($spans)
where trace_id in (select unhex(unnest($linked_ids)))
order by trace_id
