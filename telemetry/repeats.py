"""Repeats: one row that was delivered twice, found by comparing whole rows."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from telemetry.schema import Table

ARRIVAL: Final = "ingest_time"


def dropped(rows: pa.Table, table: Table) -> pa.Table:
    """`rows` without those that equal an earlier one in all but the time of arrival."""
    names = list(table.identity)
    if not names:
        return rows
    numbered = rows.select(names).append_column("place", pa.array(range(rows.num_rows)))
    groups = numbered.group_by(names).aggregate([("place", "list"), ([], "count_all")])
    shared = groups.filter(pc.greater(groups["count_all"], 1))["place_list"].combine_chunks()
    repeated = _repeated(rows, table, sorted(shared.flatten().to_pylist()))
    if not repeated:
        return rows
    return rows.filter(pc.invert(pc.is_in(numbered["place"], pa.array(repeated))))


def _repeated(rows: pa.Table, table: Table, suspects: list[int]) -> list[int]:
    """Places of the suspects that equal an earlier one."""
    seen: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    found = []
    contents = rows.take(pa.array(suspects, pa.int64())).drop_columns([ARRIVAL]).to_pylist()
    for place, content in zip(suspects, contents, strict=True):
        others = seen.setdefault(tuple(content[name] for name in table.identity), [])
        if content in others:
            found.append(place)
        else:
            others.append(content)
    return found
