"""Questions of an export: every matching span, however many there are, in constant memory.

The one idea: a range is walked in slices of time, newest first, each sorted by itself; how long a
slice is follows from how many spans lie there and how many of them match.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from access.scope import Scope
from queries import reader
from queries.errors import NotFound, TooBig, TooSlow
from queries.filters import EPOCH, TimeRange, TraceFilters
from queries.reader import Aside, Row
from queries.trace import MAX_SPANS, normal
from telemetry.schema import SPANS

COLUMNS = tuple(column for column in SPANS if column.name != "date")
"""What an export holds, in this order: all of a span but the day, which is in its start."""

STEPS = 1_000
"""Steps that a range is looked at in; one with very many spans is looked at in as many again."""

CROWD = 100_000
"""Spans of a step that are too many to be sorted at once."""

SLICE_MATCHES = 50_000
"""Matching spans that a slice should have."""

SLICE_SPANS = 4_000_000
"""Spans that are looked through for them at most."""

BATCH_ROWS = 16_384
BATCH_BYTES = 16 * 2**20
READ_ROWS = 4_096

IDENTITY = ("start_time", *SPANS.identity)
ARRIVAL = "ingest_time"
TWIN = "twin"


@dataclass(frozen=True)
class Step:
    """A stretch of time and how many spans begin in it, matching or not."""

    since: datetime
    until: datetime
    spans: int


@dataclass(frozen=True)
class Size:
    """How much an export will be. Not exact: counting would have taken too long."""

    rows: int
    exact: bool
    version: int


def texts(scope: Scope, filters: TraceFilters, aside: Aside) -> Iterator[pa.RecordBatch]:
    """Every matching span once, newest first; ids and maps are text."""
    yield from _walked(
        "export.texts", filters, aside, density(scope, filters.range, filters, aside)
    )


def values(scope: Scope, filters: TraceFilters, aside: Aside) -> Iterator[pa.RecordBatch]:
    """Every matching span once, newest first; maps are maps."""
    steps = density(scope, filters.range, filters, aside)
    yield from _walked("export.values", filters, aside, steps)


def density(scope: Scope, range_: TimeRange, filters: TraceFilters, aside: Aside) -> Iterator[Step]:
    """Steps of `range_` that have spans, newest first, none with many more than CROWD of them.

    But for one of a single microsecond, which cannot be parted.
    """
    step = max(timedelta(microseconds=1), range_.length / STEPS)
    bound = {
        "origin_us": (range_.since - EPOCH) // timedelta(microseconds=1),
        "step_us": step // timedelta(microseconds=1),
        "version": filters.version,
    }
    found = list(aside.batches("export.density", READ_ROWS, **range_.params, **bound))
    for row in chain.from_iterable(batch.to_pylist() for batch in found):
        since = EPOCH + timedelta(microseconds=row["begins_us"])
        made = TimeRange(since, min(since + step, range_.until))
        if row["spans"] > CROWD and made.length > timedelta(microseconds=1):
            yield from density(scope, made, filters, aside)
        else:
            yield Step(made.since, made.until, row["spans"])


def size(scope: Scope, filters: TraceFilters) -> Size:
    """How many spans match; when counting takes too long, how many there are to look through."""
    try:
        return count(scope, filters)
    except (TooSlow, TooBig):
        asked = reader.the_reader()
        range_ = filters.range
        found = asked.files(scope, SPANS.name, range_.since, range_.until, filters.version)
        return Size(found.rows, False, found.version)


def count(scope: Scope, filters: TraceFilters) -> Size:
    """Exactly how many spans match, each once."""
    answer = reader.read(scope, "export.count", **filters.params)
    return Size(int(answer.one["spans"]), True, answer.versions[SPANS.name])


def sample(scope: Scope, filters: TraceFilters, aside: Aside, rows: int) -> pa.Table | None:
    """Some of the matching spans, as `texts` has them: the newest, and of each third of the range.

    None when there are none.
    """
    third = filters.range.length / 3
    batches: list[pa.RecordBatch] = []
    for number in range(3):
        until = filters.range.until - number * third
        part = replace(filters, range=TimeRange(until - third, until))
        batches += _first(texts(scope, part, aside), rows // 3)
    return pa.Table.from_batches(batches) if batches else None


def trace(scope: Scope, trace_id: str, version: int | None = None) -> Iterator[Row]:
    """Every span of a trace with all its columns, by start, each once. Raises NotFound."""
    answer = reader.read(
        scope, "export.trace", trace_id=normal(trace_id), version=version, max_rows=MAX_SPANS
    )
    if not answer.rows:
        raise NotFound("There is no such trace in this organisation.")
    if answer.truncated:
        raise TooBig(f"A trace of more than {MAX_SPANS:,} spans cannot be one file.")
    seen: set[str] = set()
    for row in answer.rows:
        content = repr([value for name, value in row.items() if name != ARRIVAL])
        if content not in seen:
            seen.add(content)
            yield row


def _first(batches: Iterator[pa.RecordBatch], rows: int) -> list[pa.RecordBatch]:
    for batch in batches:
        return [batch.slice(0, rows)]
    return []


def _walked(
    question: str, filters: TraceFilters, aside: Aside, steps: Iterator[Step]
) -> Iterator[pa.RecordBatch]:
    """The rows of all slices; a slice is longer when few spans of the last one matched."""
    wanted = SLICE_MATCHES
    while gathered := _gathered(steps, wanted):
        bounds = {"slice_since": gathered[-1].since, "slice_until": gathered[0].until}
        matches = 0
        rows = aside.batches(question, READ_ROWS, **filters.params, **bounds)
        for batch in _in_order(rows):
            matches += batch.num_rows
            yield batch
        spans = sum(step.spans for step in gathered)
        wanted = min(SLICE_SPANS, SLICE_MATCHES * spans // max(matches, 1))


def _gathered(steps: Iterator[Step], wanted: int) -> list[Step]:
    """The next steps, until they have `wanted` spans together."""
    found: list[Step] = []
    while wanted > 0 and (step := next(steps, None)):
        found.append(step)
        wanted -= step.spans
    return found


def _in_order(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of a good size, each row once, and rows that share time and ids always together."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        # what is held over from the last round may be large by itself
        enough = max(BATCH_ROWS, 2 * held[0].num_rows)
        if _rows(held) >= enough or sum(each.nbytes for each in held) >= BATCH_BYTES:
            group = pa.concat_batches(held)
            end = _start_of_last(group)
            held = [group.slice(end)]
            if end:
                yield _once(group.slice(0, end))
    if held:
        yield _once(pa.concat_batches(held))


def _rows(batches: list[pa.RecordBatch]) -> int:
    return sum(batch.num_rows for batch in batches)


def _start_of_last(group: pa.RecordBatch) -> int:
    """Where the rows begin that share time and ids with the last one."""
    same = _same_as_before(group)
    differing = pc.index(same[::-1], pa.scalar(False)).as_py()
    return 0 if differing < 0 else group.num_rows - 1 - differing


def _same_as_before(group: pa.RecordBatch) -> pa.Array:
    """For every row but the first, whether it shares time and ids with the one before."""
    same: Any = True
    for name in IDENTITY:
        column = group.column(name)
        same = pc.and_(pc.equal(column.slice(1), column.slice(0, len(column) - 1)), same)
    return same


def _once(group: pa.RecordBatch) -> pa.RecordBatch:
    """Rows without those that equal another in all but their arrival; the first to arrive stays.

    Of rows that share time and ids the order is made certain, whatever files they came from.
    """
    same = _same_as_before(group)
    if not pc.any(same).as_py():
        return group.drop_columns([TWIN])
    order: list[int] = []
    for first, last in _runs(same.to_pylist()):
        order += [first] if first == last else _sorted(group, first, last)
    return group.take(pa.array(order)).drop_columns([TWIN])


def _runs(same: list[bool]) -> Iterator[tuple[int, int]]:
    """First and last place of the rows that are alike."""
    first = 0
    for place, alike in enumerate([*same, False]):
        if not alike:
            yield first, place
            first = place + 1


def _sorted(group: pa.RecordBatch, first: int, last: int) -> list[int]:
    """Places of the rows from `first` to `last` that are left, in order."""
    rows = group.slice(first, last - first + 1).to_pylist()
    keyed = [
        (-row.pop(TWIN), row.pop(ARRIVAL), _content(row), first + number)
        for number, row in enumerate(rows)
    ]
    found: dict[str, tuple[int, int]] = {}
    for twin, _, content, place in sorted(keyed):
        found.setdefault(content, (twin, place))
    ordered = sorted(found, key=lambda content: (found[content][0], content))
    return [found[content][1] for content in ordered]


def _content(row: dict[str, Any]) -> str:
    """A row as text, the same whether its maps came as maps or as text."""
    return repr([_object(value) if isinstance(value, list) else value for value in row.values()])


def _object(entries: list[tuple[str, str]]) -> str:
    return "{" + ",".join(f"{orjson.dumps(key).decode()}:{text}" for key, text in entries) + "}"
