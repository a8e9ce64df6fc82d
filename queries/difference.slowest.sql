-- one row: the duration (ns) that only one in twenty matching spans exceeds
select quantile_disc(duration_ns, 0.95) as duration_ns
from listed($spans, $since, $until)
where $condition
