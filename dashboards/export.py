"""Export: the Trace Explorer's present filter as CSV, every row of it, streamed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from flask import Blueprint, Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from access.errors import AccessError, NotFound
from access.login import current_scope
from dashboards.errors import sentence
from dashboards.shell.link import Link, LinkError, zone_of
from queries import traces
from queries.errors import QuestionError

routes = Blueprint("export", __name__)

# A spreadsheet would run a cell that begins like this; telemetry is text that anybody may send.
_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")


@routes.get("/export/spans.csv")
def spans_csv() -> ResponseReturnValue:
    """Every span of the link's org, range and filters, newest first."""
    link = Link.parse(request.query_string.decode("utf-8", "replace"))
    now = datetime.now(UTC)
    try:
        scope = current_scope(link.org or None)
        chunks = traces.export(scope, link.filters(now), zone_of(link.zone).key)
        # the question runs here, so that a failure is still a status and a sentence
        first = next(chunks)
    except (AccessError, QuestionError, LinkError) as error:
        status = 404 if isinstance(error, NotFound) else 400
        return Response(sentence(error) + "\n", status, mimetype="text/plain")
    lines = written(chain([first], chunks))
    name = f"spans-{scope.org or 'all'}-{now:%Y%m%dT%H%M%SZ}.csv"
    return Response(
        stream_with_context(lines),
        mimetype="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def written(chunks: Iterator[list[tuple[Any, ...]]]) -> Iterator[str]:
    """Chunks of rows as RFC 4180 text."""
    for rows in chunks:
        text = io.StringIO()
        columns = [_cells(column) for column in zip(*rows, strict=True)]
        csv.writer(text).writerows(zip(*columns, strict=True))
        yield text.getvalue()


def _cells(column: Sequence[Any]) -> Sequence[Any]:
    """A column as cells; each value is looked at once, because most of them repeat."""
    changed = {value: made for value in set(column) if (made := cell(value)) is not value}
    return [changed.get(value, value) for value in column] if changed else column


def cell(value: Any) -> Any:
    """A value as a spreadsheet may read it: formulas are made inert with an apostrophe."""
    runs = isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    return f"'{value}" if runs else value
