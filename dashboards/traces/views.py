"""Views of the Trace Explorer: rows in, components and grid rows out."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import faces, formats
from dashboards.shell.link import MAX_TEXT, Link
from dashboards.traces.layout import ORG_COLUMN, SPAN_COLUMNS, TRACE_COLUMNS
from queries.filters import Cursor
from queries.reader import MAX_ROWS, Answer, Row
from queries.traces import Found, Matched, cursor_of
from queries.tree import Node

GridRow = dict[str, Any]

LONGEST = 300
"""Characters of a text in a cell; the span itself holds all of it."""

CHOICES = 1_000
"""Process groups to choose from, the busiest."""


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
    if link.process or link.group or link.errors:
        return faces.empty("Nothing matches these filters.", "Remove a filter or widen the range.")
    if link.after or link.before:
        return faces.empty("There are no rows on this page.", "Go back to the newest.")
    return faces.empty(
        "No spans in this time range.",
        "Choose a longer range, or send telemetry to /v1/traces with an ingest key.",
    )


def group_options(answer: Answer, chosen: str) -> list[dict[str, Any]]:
    """Process groups to choose from; a chosen one stays choosable without spans."""
    # a longer name would not come back whole from the URL
    spans = {
        row["process_group"]: row["spans"]
        for row in answer
        if row["process_group"] and len(row["process_group"]) <= MAX_TEXT
    }
    offered = dict.fromkeys([*list(spans)[:CHOICES], *([chosen] if chosen else [])])
    options: list[dict[str, Any]] = [
        {"label": _group_label(name, spans.get(name, 0)), "value": name} for name in offered
    ]
    if len(spans) > CHOICES:
        more = f"+{len(spans) - CHOICES:,} more"
        options.append({"label": more, "value": more, "disabled": True})
    return options


def _group_label(name: str, spans: int) -> str:
    return f"{formats.shorten(name, 60)}  ·  {formats.count(spans)}"


def branches(nodes: list[Node], chosen: str) -> list[GridRow]:
    """The spans of a trace in pre-order, each with its place on the trace's time axis."""
    length = max((n.offset_ns + max(n.span["duration_ns"] or 0, 0) for n in nodes), default=0) or 1
    return [_branch(index, node, length, chosen) for index, node in enumerate(nodes)]


def _branch(index: int, node: Node, length: int, chosen: str) -> GridRow:
    span = node.span
    width = max(span["duration_ns"] or 0, 0)
    return {
        "id": str(index),
        "process": _text(formats.visible(span["name"])),
        "service": _text(span["service_name"]),
        "depth": node.depth - 1,
        "mark": _mark(node),
        "chosen": bool(chosen) and span["span_id"] == chosen,
        "bar": [round(100 * node.offset_ns / length, 3), round(100 * width / length, 3)],
        "duration": formats.duration(span["duration_ns"]),
        "self": formats.duration(node.self_ns),
        "status": span["status"],
        "data": _watched(span),
        "exception": exception_line(span),
    }


def _mark(node: Node) -> str:
    """What is odd about a span's place, in words."""
    if node.orphan:
        return f"orphan: parent {node.span['parent_span_id']} is missing"
    if node.cyclic:
        return "its parents form a circle"
    return ""


def _watched(span: Row) -> str:
    return f"{_text(span['data_name'])} = {_text(span['data_value'])}" if span["data_name"] else ""


def trace_head(nodes: list[Node], answer: Answer, link: Link, zone: ZoneInfo) -> Component:
    """What the trace is, how it went, and the way back."""
    spans = [node.span for node in nodes]
    root = next((n.span for n in nodes if not n.orphan and not n.cyclic), spans[0])
    errors = sum(span["status"] == "error" for span in spans)
    orphans = sum(node.orphan for node in nodes)
    length = max(n.offset_ns + max(n.span["duration_ns"] or 0, 0) for n in nodes)
    begun = min((s["start_time"] for s in spans if s["start_unix_ns"]), default=root["start_time"])
    facts: list[tuple[str, Any]] = [
        ("Started", f"{formats.stamp(begun, zone)} {formats.zone_label(zone, begun)}"),
        ("Duration", formats.duration(length)),
        ("Spans", formats.count(len(spans))),
        ("Services", formats.count(len({span["service_name"] for span in spans}))),
        ("Errors", formats.count(errors)),
        *([("Orphans", formats.count(orphans))] if orphans else []),
        ("Trace", html.Code(spans[0]["trace_id"])),
    ]
    return html.Div(
        [
            dcc.Link(
                "← Back to the list", href=link.to("/traces", trace="", span=""), className="back"
            ),
            html.H1(
                [_text(formats.visible(root["name"])), html.Small(_text(root["service_name"]))]
            ),
            html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts]),
            html.P(
                f"The first {MAX_ROWS:,} spans by start are shown; this trace has more.",
                className="notice",
            )
            if answer.truncated
            else None,
        ],
        className="trace-head",
    )
