"""One trace: all its spans in memory, read once and kept while people look at it.

The one idea: a page holds on to the version of the table it opened the trace at; whoever names no
version gets the trace as it is now, read again only when something of it has arrived.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

import pyarrow as pa
import pyarrow.compute as pc

from access.scope import Scope
from queries import reader
from queries.errors import NotFound
from queries.filters import EPOCH, Condition
from queries.kept import Kept, Stored
from queries.moments import Moments, micros
from queries.reader import Answer, Reader
from queries.tree import Trace, grow

MAX_SPANS = 200_000
"""Spans of a trace that are read; of a longer one the first by start, and the answer says so."""

_MOMENTS = ("start_time", "ingest_time")

_kept: WeakKeyDictionary[Reader, Kept] = WeakKeyDictionary()
_lock = threading.Lock()


class _Read(Sequence[Any]):
    """A column as it was read, which becomes a list when it is put in order."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column.combine_chunks()

    def __getitem__(self, index: Any) -> Any:
        return self._column[index].as_py()

    def __len__(self) -> int:
        return len(self._column)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._column.to_pylist())

    def take(self, order: array[int]) -> list[Any]:
        places = pa.Array.from_buffers(pa.int64(), len(order), [None, pa.py_buffer(order)])
        return _values(self._column.take(places))


def _values(column: pa.Array) -> list[Any]:
    """The values of a column; a text that stands many times is held once."""
    if column.null_count == len(column):
        return [None] * len(column)
    if not pa.types.is_string(column.type):
        return list(column.to_pylist())
    coded = column.dictionary_encode()
    words = [*coded.dictionary.to_pylist(), None]
    return [words[code] for code in coded.indices.fill_null(-1).to_pylist()]


def spans(scope: Scope, trace_id: str, version: int | None = None) -> Trace:
    """All spans of a trace as a tree, at one version of the table or at the newest.

    Raises NotFound when there is none, whether or not another org has it.
    """
    trace_id, asked = normal(trace_id), reader.the_reader()
    kept = _kept_by(asked)
    with kept.turn(scope, trace_id):
        wanted = asked.versions()["spans"] if version is None else version
        found = kept.at(scope, trace_id, wanted)
        if not found and version is None and kept.any_of(scope, trace_id):
            found = kept.unchanged(scope, trace_id, wanted, stored(scope, trace_id))
        if not found:
            table, answer = asked.columns(
                scope, "trace.spans", trace_id=trace_id, max_rows=MAX_SPANS, version=version
            )
            found = _grown(table, answer)
            kept.keep(scope, found, wanted, _stored(table, answer) or stored(scope, trace_id))
    return found


def stored(scope: Scope, trace_id: str) -> Stored:
    """How many spans the trace has now: the cheap way to know whether it has grown."""
    row = reader.read(scope, "trace.stored", trace_id=normal(trace_id)).one
    return Stored(**row)


def matching(
    scope: Scope, found: Trace, condition: Condition, version: int | None = None
) -> list[int]:
    """The spans of a trace, by index, that meet a condition."""
    started = [start for start in micros(found.columns["start_time"]) if start] or [0]
    untimed = len(started) < len(found)
    answer = reader.read(
        scope,
        "trace.matching",
        since=EPOCH if untimed else EPOCH + timedelta(microseconds=min(started)),
        until=EPOCH + timedelta(microseconds=max(started) + 1),
        max_rows=MAX_SPANS,
        condition=condition,
        trace_id=found.trace_id,
        version=version,
    )
    matched = {(row["span_id"], row["twin"]) for row in answer}
    spans = zip(found.columns["span_id"], found.columns["twin"], strict=True)
    return [index for index, span in enumerate(spans) if span in matched]


def normal(trace_id: str) -> str:
    """A trace id as it is written everywhere. Raises NotFound for what cannot be one."""
    try:
        read = bytes.fromhex(trace_id)
    except ValueError:
        read = b""
    if len(read) != 16:
        raise NotFound("A trace id has 32 hexadecimal digits.")
    return read.hex()


def _kept_by(asked: Reader) -> Kept:
    """What was read by this reader; another one may be of another lake."""
    with _lock:
        return _kept.setdefault(asked, Kept())


def _grown(table: pa.Table, answer: Answer) -> Trace:
    orgs = sorted(pc.unique(table["org_id"]).to_pylist())
    if not orgs:
        raise NotFound("There is no such trace in this organisation.")
    if len(orgs) > 1:
        table = table.filter(pc.equal(table["org_id"], orgs[0]))
    trace = grow({name: _Read(table[name]) for name in table.column_names}, answer)
    moments = {name: Moments(trace.columns[name]) for name in _MOMENTS}
    return replace(trace, columns=trace.columns | moments, also_in=tuple(orgs[1:]))


def _stored(table: pa.Table, answer: Answer) -> Stored | None:
    """The same as `stored`, known from the spans themselves unless they are not all."""
    return None if answer.truncated else Stored(len(table), pc.max(table["ingest_time"]).as_py())
