-- one row: how many matching spans are selected, and how many are not
select
    count(*) filter (where selected) as chosen,
    count(*) filter (where not selected) as rest
from (select $condition as selected from listed($spans, $since, $until))
