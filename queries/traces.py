"""Questions of the Trace Explorer: spans, traces, and the spans of one trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from access.scope import Scope
from queries import reader
from queries.errors import BadQuestion
from queries.filters import Cursor, Page, TraceFilters
from queries.reader import MAX_ROWS, Answer, Row

LONGEST = 2_000
"""Characters of a text that a column asked for on top may bring; the span holds all of it."""

_NEWEST_SPAN = Cursor(time=9 * 10**15, trace_id="ff" * 16)
_OLDEST_SPAN = Cursor(time=0, trace_id="")
_NEWEST_TRACE = Cursor(time=2**63 - 1, trace_id="")


@dataclass(frozen=True)
class Found:
    """A page of rows, newest first, and the cursors of its neighbours (None at either end)."""

    rows: list[Row]
    newer: Cursor | None
    older: Cursor | None
    answer: Answer


@dataclass(frozen=True)
class Matched:
    """How many spans match, and how many of them are errors."""

    spans: int
    errors: int


def search(scope: Scope, filters: TraceFilters, page: Page) -> Found:
    """A page of spans, newest first."""
    if page.before:
        return _turned(spans_before(scope, filters, page.before, page.rows), page)
    return _forward(spans_after(scope, filters, page.after, page.rows), page)


def search_traces(scope: Scope, filters: TraceFilters, page: Page) -> Found:
    """A page of traces, those that started last first."""
    if page.before:
        return _turned(traces_before(scope, filters, page.before, page.rows), page)
    return _forward(traces_after(scope, filters, page.after, page.rows), page)


def spans_after(scope: Scope, filters: TraceFilters, after: Cursor | None, rows: int) -> Answer:
    """The `rows` newest matching spans older than `after`, and one more if there is one."""
    return _page(scope, "traces.spans_after", filters, after or _NEWEST_SPAN, rows)


def spans_before(scope: Scope, filters: TraceFilters, before: Cursor, rows: int) -> Answer:
    """The `rows` oldest matching spans newer than `before`, oldest first, and one more."""
    return _page(scope, "traces.spans_before", filters, before, rows)


def traces_after(scope: Scope, filters: TraceFilters, after: Cursor | None, rows: int) -> Answer:
    """The `rows` newest traces with a matching span, older than `after`, and one more."""
    return _page(scope, "traces.traces_after", filters, after or _NEWEST_TRACE, rows)


def traces_before(scope: Scope, filters: TraceFilters, before: Cursor, rows: int) -> Answer:
    """The `rows` oldest traces with a matching span, newer than `before`, and one more."""
    return _page(scope, "traces.traces_before", filters, before, rows)


def columns_of(scope: Scope, shown: Sequence[Row], version: int | None = None) -> Answer:
    """Every column of the spans shown that fits a cell, for readers who look at more of them."""
    return reader.read(
        scope, "traces.columns_of", version=version, longest=LONGEST, **_narrow(shown)
    )


def attributes_of(
    scope: Scope,
    shown: Sequence[Row],
    attributes: Sequence[str],
    resource: Sequence[str],
    version: int | None = None,
) -> Answer:
    """The values of attributes of the spans shown, as JSON text in the order of their keys."""
    return reader.read(
        scope,
        "traces.attributes_of",
        version=version,
        attribute_keys=list(attributes),
        resource_keys=list(resource),
        longest=LONGEST,
        **_narrow(shown),
    )


def _narrow(shown: Sequence[Row]) -> dict[str, Any]:
    """The ids of some spans, and the stretch of time in which they all start."""
    times = [row["start_time"] for row in shown]
    return {
        "since": min(times),
        "until": max(times) + timedelta(microseconds=1),
        "trace_ids": [bytes.fromhex(row["trace_id"]) for row in shown],
        "span_ids": [bytes.fromhex(row["span_id"]) for row in shown],
    }


def count(scope: Scope, filters: TraceFilters) -> Matched:
    """Exact numbers of matching spans and errors."""
    row = reader.read(scope, "traces.count", **filters.params).one
    return Matched(**row)


def count_traces(scope: Scope, filters: TraceFilters) -> int:
    """Exact number of traces with a matching span."""
    row = reader.read(scope, "traces.count_traces", **filters.params).one
    return int(row["traces"])


def newer(scope: Scope, filters: TraceFilters, than: Cursor | None) -> int:
    """How many matching spans are newer than the first row shown."""
    row = reader.read(scope, "traces.newer", **filters.params, **(than or _OLDEST_SPAN).params).one
    return int(row["spans"])


def _page(scope: Scope, question: str, filters: TraceFilters, cursor: Cursor, rows: int) -> Answer:
    if not 1 <= rows <= MAX_ROWS:
        raise BadQuestion(f"A page holds 1 to {MAX_ROWS:,} rows.")
    return reader.read(scope, question, **filters.params, **cursor.params, rows=rows + 1)


def _forward(answer: Answer, page: Page) -> Found:
    shown = answer.rows[: page.rows]
    more = len(answer.rows) > page.rows
    return Found(
        rows=without_repeats(shown),
        newer=cursor_of(shown[0]) if page.after and shown else None,
        older=cursor_of(shown[-1]) if more else None,
        answer=answer,
    )


def _turned(answer: Answer, page: Page) -> Found:
    """A page that was read backwards, the right way round."""
    shown = answer.rows[: page.rows][::-1]
    more = len(answer.rows) > page.rows
    return Found(
        rows=without_repeats(shown),
        newer=cursor_of(shown[0]) if more else None,
        older=cursor_of(shown[-1]) if shown else None,
        answer=answer,
    )


def without_repeats(rows: list[Row]) -> list[Row]:
    """Rows without those equal to the one before: repeats that compaction has yet to remove."""
    repeated = [False, *(cursor_of(a) == cursor_of(b) for a, b in pairwise(rows))]
    return [row for row, again in zip(rows, repeated, strict=False) if not again]


def cursor_of(row: Row) -> Cursor:
    return Cursor(row["position"], row["trace_id"], row.get("span_id", ""), row.get("twin", 0))
