"""Layout of the list: the rows, what they are, and the way from page to page."""

from __future__ import annotations

from enum import StrEnum

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import tables


class Id(StrEnum):
    MODE = "traces-mode"
    TABLE = "traces-table"
    FACE = "traces-face"
    SUMMARY = "traces-summary"
    TOTAL = "traces-total"
    NEW = "traces-new"
    FIRST = "traces-first"
    NEWER = "traces-newer"
    OLDER = "traces-older"
    CURSORS = "traces-cursors"


SPAN_COLUMNS = (
    {
        "field": "process",
        "headerName": "Process",
        "cellRenderer": "Process",
        "flex": 3,
        "minWidth": 200,
    },
    {"field": "data", "headerName": "Data", "flex": 1.2, "minWidth": 90},
    {"field": "data_type", "headerName": "Data Type", "width": 92, "minWidth": 92, "flex": 0.7},
    {
        "field": "data_value",
        "headerName": "Data Value",
        "flex": 1.2,
        "minWidth": 96,
        "cellClass": "num",
    },
    {
        "field": "time",
        "headerName": "Timestamp",
        "width": 186,
        "cellClass": "time",
        "minWidth": 186,
    },
    {
        "field": "status",
        "headerName": "Status",
        "cellRenderer": "Status",
        "width": 88,
        "minWidth": 84,
    },
    {
        "field": "exception",
        "headerName": "Exception",
        "flex": 2.4,
        "minWidth": 150,
        "cellClass": "bad",
    },
)
"""The seven canonical columns."""

ORG_COLUMN = {"field": "org", "headerName": "Org", "width": 110, "minWidth": 90}

TRACE_COLUMNS = (
    {
        "field": "process",
        "headerName": "Root",
        "cellRenderer": "Process",
        "flex": 3,
        "minWidth": 200,
    },
    {"field": "spans", "headerName": "Spans", "width": 72, "type": "rightAligned"},
    {"field": "services", "headerName": "Services", "width": 80, "type": "rightAligned"},
    {
        "field": "errors",
        "headerName": "Errors",
        "width": 72,
        "type": "rightAligned",
        "cellClass": "bad ag-right-aligned-cell",
    },
    {"field": "orphans", "headerName": "Orphans", "width": 80, "type": "rightAligned"},
    {"field": "duration", "headerName": "Duration", "width": 94, "type": "rightAligned"},
    {"field": "tokens", "headerName": "Tokens", "width": 84, "type": "rightAligned"},
    {"field": "cost", "headerName": "Cost", "width": 92, "type": "rightAligned"},
    {"field": "time", "headerName": "Started", "width": 186, "minWidth": 186, "cellClass": "time"},
)


def tools() -> Component:
    """What a row is: a span, a trace or a watched variable."""
    return dcc.RadioItems(
        id=Id.MODE,
        options=[
            {"label": "Spans", "value": "spans"},
            {"label": "Traces", "value": "traces"},
        ],
        value="spans",
        inline=True,
        className="segments",
    )


def layout() -> Component:
    return html.Div(
        [
            html.Button(id=Id.NEW, hidden=True, className="new-rows"),
            tables.grid(Id.TABLE, SPAN_COLUMNS, row_id="id", class_name="fills"),
            html.Div(id=Id.FACE),
            dcc.Store(id=Id.CURSORS),
        ],
        className="list loads",
    )


def pager() -> Component:
    """How many rows there are, and the way to the next."""
    return html.Div(
        [
            html.Div(
                [html.Span(id=Id.SUMMARY), html.Span(id=Id.TOTAL)],
                className="summary",
                role="status",
            ),
            html.Div(
                [
                    html.Button("Newest", id=Id.FIRST, className="button", disabled=True),
                    html.Button("Newer", id=Id.NEWER, className="button", disabled=True),
                    html.Button("Older", id=Id.OLDER, className="button", disabled=True),
                ],
                className="pager",
            ),
        ],
        className="pager-line",
    )
