"""Questions about one span: all of it, where its duration stands, and what its attributes say."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from access.scope import Scope
from queries import reader
from queries.attributes import Value, values
from queries.errors import NotFound
from queries.filters import EPOCH, TimeRange
from queries.reader import Answer, Row
from telemetry.semconv import WATCHED_PREFIX

BEFORE = timedelta(hours=24)
"""How far back a span's operation is looked at, from the span's own start."""

BUCKETS_A_DECADE = 8
"""Buckets of the histogram to a power of ten, as in span.standing.sql."""


@dataclass(frozen=True)
class Standing:
    """A span's duration among those of its service and name in the 24 h before it.

    `quicker` took less time, `equal` the same; `buckets` holds the spans of each bucket that has
    any, the shortest first. `mark` is the span's own bucket; None when it has no duration.
    """

    spans: int
    quicker: int
    equal: int
    quantiles_ns: tuple[float, float, float] | None
    buckets: tuple[tuple[int, int], ...]
    mark: int | None
    duration_ns: int | None


def whole(
    scope: Scope,
    trace_id: str,
    span_id: str,
    twin: int | None = None,
    *,
    within: TimeRange | None = None,
    version: int | None = None,
) -> Row:
    """Every column of one span; of two with this id the one of that `twin`, or else the first.

    `halves` in the row names them all, itself included. `within`, in which the spans with this id
    are known to start, makes it quick. Raises NotFound.
    """
    found = reader.read(
        scope,
        "span.whole",
        since=within.since if within else None,
        until=within.until if within else None,
        trace_id=_hex(trace_id, 16),
        span_id=_hex(span_id, 8),
        version=version,
    ).rows
    if not found:
        raise NotFound("There is no such span in this organisation.")
    chosen = next((row for row in found if row["twin"] == twin), found[0])
    return {**chosen, "halves": [_half(row) for row in found]}


def _half(row: Row) -> Row:
    return {name: row[name] for name in ("twin", "org_id", "service_name", "name", "kind")}


def standing(scope: Scope, row: Row, *, version: int | None = None) -> Standing | None:
    """Where a span stands; None for one without a start. Needs org_id, service_name, name,
    start_time and duration_ns of the row."""
    start, duration = row["start_time"], row["duration_ns"]
    if start <= EPOCH:
        return None
    timed = duration if duration is not None and duration >= 0 else None
    found = reader.read(
        scope,
        "span.standing",
        since=start - BEFORE,
        until=start,
        org=row["org_id"],
        service=row["service_name"],
        name=row["name"],
        duration=timed,
        version=version,
    ).one
    quantiles = found["quantiles_ns"]
    return Standing(
        spans=found["spans"],
        quicker=found["quicker"],
        equal=found["equal"],
        quantiles_ns=tuple(quantiles) if quantiles else None,
        buckets=tuple(sorted((found["buckets"] or {}).items())),
        mark=None if timed is None else bucket_of(timed),
        duration_ns=timed,
    )


def bucket_of(duration_ns: int) -> int:
    """The bucket that a duration falls into."""
    return math.floor(math.log10(max(duration_ns, 1)) * BUCKETS_A_DECADE)


def bucket_start_ns(bucket: int) -> float:
    """The least duration of a bucket."""
    return float(10 ** (bucket / BUCKETS_A_DECADE))


def present(scope: Scope, trace_ids: tuple[str, ...], *, version: int | None = None) -> Answer:
    """Those of `trace_ids` that have a span in the scope, whenever it was."""
    return reader.read(
        scope,
        "span.present",
        linked_ids=[_hex(trace_id, 16) for trace_id in trace_ids],
        version=version,
    )


def watched(row: Row) -> list[Value]:
    """The watched variables of a span, by name."""
    return [
        Value(each.key.removeprefix(WATCHED_PREFIX), _type_at_rest(row, each), each.text)
        for each in values(row["attributes"])
        if each.key.startswith(WATCHED_PREFIX)
    ]


def _type_at_rest(row: Row, value: Value) -> str:
    """The type as sent: bytes are text in the attributes, but the first variable has a column."""
    first = value.key == f"{WATCHED_PREFIX}{row['data_name']}"
    return row["data_type"] if first and row["data_type"] else value.type


def _hex(text: str, length: int) -> str:
    try:
        known = len(bytes.fromhex(text)) == length
    except ValueError:
        known = False
    if not known:
        raise NotFound("A trace id has 32 hexadecimal digits, a span id 16.")
    return text
