-- one row: how many spans a trace has by now, and when the last of them arrived
select
    count(*) as spans,
    coalesce(epoch_us(max(ingest_time)), 0) as arrived
from spans($spans)
where trace_id = unhex($trace_id)
