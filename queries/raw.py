"""Questions about spans as they are stored, every column of them."""

from __future__ import annotations

from collections.abc import Sequence

from access.scope import Scope
from queries import reader
from queries.reader import Row
from queries.trace import normal


def spans(
    scope: Scope,
    trace_id: str,
    org: str,
    span_ids: Sequence[str],
    *,
    version: int | None = None,
) -> list[Row]:
    """The spans of an org's trace with these ids, in the order of the ids; each as often as it is
    stored. Raises NotFound for what is no trace id."""
    found = reader.read(
        scope,
        "raw.spans",
        trace_id=normal(trace_id),
        org=org,
        span_ids=[bytes.fromhex(each) for each in span_ids],
        version=version,
    )
    place = {each: number for number, each in enumerate(span_ids)}
    return sorted(found.rows, key=lambda row: place[row["span_id"]])
