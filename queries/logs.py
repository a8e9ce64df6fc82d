"""Questions about log records: those of one trace or of one of its spans, in time order."""

from __future__ import annotations

from datetime import timedelta

from access.scope import Scope
from queries import reader
from queries.errors import NotFound
from queries.filters import TimeRange
from queries.reader import MAX_ROWS, Answer

MARGIN = timedelta(days=1)
"""How far from its trace a log record is looked for: clocks differ, and some work outlives the
span that began it. A record further away is not found, and only files of these days are opened."""


def of_trace(
    scope: Scope,
    trace_id: str,
    span_id: str | None = None,
    *,
    within: TimeRange | None = None,
    most: int = MAX_ROWS,
) -> Answer:
    """The first `most` log records of a trace, or of one span, by time; `truncated` if more.

    `within` is the time from the trace's start to its end, and is widened by MARGIN; without it
    every file of the scope is opened. Attributes are JSON text by name. Raises NotFound for
    what is no id.
    """
    around = _widened(within) if within else None
    return reader.read(
        scope,
        "logs.of_trace",
        since=around.since if around else None,
        until=around.until if around else None,
        trace_id=_id(trace_id, 16),
        span_id=_id(span_id, 8) if span_id else None,
        rows=most + 1,
        max_rows=most,
    )


def _widened(within: TimeRange) -> TimeRange:
    return TimeRange(within.since - MARGIN, within.until + MARGIN)


def _id(text: str, length: int) -> str:
    try:
        known = len(bytes.fromhex(text)) == length
    except ValueError:
        known = False
    if not known:
        raise NotFound("A trace id has 32 hexadecimal digits, a span id 16.")
    return text
