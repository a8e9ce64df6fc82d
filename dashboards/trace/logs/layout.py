"""Layout of the logs of a trace: which ones, and the records in time order."""

from __future__ import annotations

from enum import StrEnum

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import tables


class Id(StrEnum):
    LEVEL = "trace-logs-level"
    TEXT = "trace-logs-text"
    TABLE = "trace-logs-table"
    FACE = "trace-logs-face"
    SUMMARY = "trace-logs-summary"


LEVELS = (
    {"label": "All", "value": "all"},
    {"label": "Info", "value": "info"},
    {"label": "Warn", "value": "warn"},
    {"label": "Error", "value": "error"},
)
"""Least severity of what is shown."""

COLUMNS = (
    {"field": "time", "headerName": "Time", "width": 186, "cellClass": "time"},
    {"field": "offset", "headerName": "Offset", "width": 88, "type": "rightAligned"},
    {"field": "severity", "headerName": "Severity", "cellRenderer": "Severity", "width": 92},
    {"field": "service", "headerName": "Service", "width": 124, "tooltipField": "service"},
    {
        "field": "span",
        "headerName": "Span",
        "cellRenderer": "SpanLink",
        "width": 164,
        "tooltipField": "span",
    },
    {
        "field": "body",
        "headerName": "Message",
        "cellRenderer": "LogBody",
        "flex": 1,
        "minWidth": 260,
        "autoHeight": True,
    },
)


def layout() -> Component:
    level = dcc.RadioItems(
        id=Id.LEVEL, options=list(LEVELS), value="all", inline=True, className="segments"
    )
    text = dcc.Input(
        id=Id.TEXT,
        type="search",
        placeholder="Text in logs",
        debounce=0.3,
        maxLength=200,
        className="search",
        autoComplete="off",
    )
    sheet = tables.sheet(
        html.Div([level, text], className="toolbar"),
        tables.grid(Id.TABLE, COLUMNS, row_id="id", class_name="fills"),
        Id.FACE,
        html.Div(id=Id.SUMMARY, className="summary", role="status"),
    )
    return html.Div(sheet, className="trace-tab logs")
