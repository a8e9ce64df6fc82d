"""Views of the list: rows in, grid rows and words out."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash.development.base_component import Component

from dashboards.parts import faces, formats
from dashboards.shell.link import Link
from dashboards.traces.grid.layout import ORG_COLUMN, SPAN_COLUMNS, TRACE_COLUMNS
from queries.filters import Cursor
from queries.reader import Row
from queries.traces import Found, Matched, cursor_of

GridRow = dict[str, Any]

LONGEST = 300
"""Characters of a text in a cell; the span itself holds all of it."""


def columns(mode: str, *, many: bool) -> list[dict[str, Any]]:
    """Columns of the list; the org comes first where rows of several orgs are shown."""
    own = TRACE_COLUMNS if mode == "traces" else SPAN_COLUMNS
    return [*([ORG_COLUMN] if many else []), *own]


def rows(found: list[Row], mode: str, zone: ZoneInfo) -> list[GridRow]:
    row = trace_row if mode == "traces" else span_row
    return [row(each, zone) for each in found]


def span_row(row: Row, zone: ZoneInfo) -> GridRow:
    """A span in the seven canonical columns."""
    return {
        "id": f"{row['org_id']}:{row['trace_id']}:{row['span_id']}:{row['twin']}",
        "org": row["org_id"],
        "process": _text(formats.visible(row["name"])),
        "service": _text(row["service_name"]),
        "data": _text(row["data_name"]),
        "data_type": row["data_type"],
        "data_value": _text(row["data_value"]),
        "time": formats.stamp(row["start_time"], zone),
        "status": row["status"],
        "exception": exception_line(row),
    }


def trace_row(row: Row, zone: ZoneInfo) -> GridRow:
    """A trace in one line."""
    tokens = (row["input_tokens"] or 0) + (row["output_tokens"] or 0)
    return {
        "id": f"{row['org_id']}:{row['trace_id']}::",
        "org": row["org_id"],
        "process": _text(formats.visible(row["name"])),
        "service": _text(row["service_name"]),
        "spans": formats.count(row["spans"]),
        "services": formats.count(row["services"]),
        "errors": formats.count(row["errors"]) if row["errors"] else "",
        "orphans": formats.count(row["orphans"]) if row["orphans"] else "",
        "duration": formats.duration(row["duration_ns"]),
        "tokens": formats.count(tokens) if tokens else "",
        "cost": formats.money(row["cost_usd"]) if row["cost_usd"] else "",
        "time": formats.stamp(row["start_time"], zone),
    }


def exception_line(row: Row) -> str:
    """Type and message of the exception; what the sender says of an error without one."""
    parts = [row["exception_type"], row["exception_message"]]
    line = ": ".join(part for part in parts if part)
    if not line and row["status"] == "error":
        line = row["status_message"] or ""
    return formats.shorten(line, LONGEST)


def _text(text: str | None) -> str:
    return formats.shorten(text, LONGEST)


def cursors(found: Found) -> dict[str, Any]:
    """Where the neighbouring pages start, and the first row shown."""
    top = cursor_of(found.rows[0]) if found.rows else None
    return {
        "newer": found.newer.encode() if found.newer else None,
        "older": found.older.encode() if found.older else None,
        "top": top.encode() if top else None,
    }


def top_of(shown: dict[str, Any]) -> Cursor | None:
    return Cursor.decode(shown["top"]) if shown.get("top") else None


def summary(found: Found, mode: str, zone: ZoneInfo) -> str:
    """What the rows on the screen are."""
    shown = len(found.rows)
    what = {"traces": "trace"}.get(mode, "span") + ("" if shown == 1 else "s")
    return f"{shown:,} {what} shown{formats.as_of(found.answer.as_of, zone)}"


def total_spans(matched: Matched) -> str:
    """How many match, and the share of errors unless all of them are."""
    mixed = 0 < matched.errors < matched.spans
    errors = f", {formats.percent(matched.errors, matched.spans)} errors" if mixed else ""
    return f"{matched.spans:,} match{errors}"


def total_traces(traces: int) -> str:
    return f"{traces:,} match"


def nothing(link: Link) -> Component:
    """No rows: say what would bring some."""
    if link.q:
        return faces.empty("Nothing matches these filters.", "Remove a filter or widen the range.")
    if link.after or link.before:
        return faces.empty("There are no rows on this page.", "Go back to the newest.")
    return faces.empty(
        "No spans in this time range.",
        "Choose a longer range, or send telemetry to /v1/traces with an ingest key.",
    )
