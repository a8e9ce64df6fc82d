-- one row: the start of the newest span
select max(latest) as newest
from rolled_sums('all', $rolled, null)
