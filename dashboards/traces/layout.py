"""Layout of the Trace Explorer: a list of spans or traces, and one trace."""

from __future__ import annotations

from enum import StrEnum

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import tables


class Id(StrEnum):
    LIST = "traces-list"
    TRACE = "traces-trace"
    MODE = "traces-mode"
    GROUP = "traces-group"
    ERRORS = "traces-errors"
    PROCESS = "traces-process"
    CSV = "traces-csv"
    TABLE = "traces-table"
    FACE = "traces-face"
    SUMMARY = "traces-summary"
    TOTAL = "traces-total"
    NEW = "traces-new"
    FIRST = "traces-first"
    NEWER = "traces-newer"
    OLDER = "traces-older"
    CURSORS = "traces-cursors"
    HEAD = "traces-head"
    SPANS = "traces-spans"
    SPANS_FACE = "traces-spans-face"


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

TREE_COLUMNS = (
    {
        "field": "process",
        "headerName": "Process",
        "cellRenderer": "Branch",
        "flex": 3,
        "minWidth": 300,
    },
    {
        "field": "bar",
        "headerName": "Time in trace",
        "cellRenderer": "Bar",
        "cellDataType": False,
        "flex": 2,
        "minWidth": 160,
    },
    {"field": "duration", "headerName": "Duration", "width": 100, "type": "rightAligned"},
    {"field": "self", "headerName": "Self", "width": 92, "type": "rightAligned"},
    {"field": "status", "headerName": "Status", "cellRenderer": "Status", "width": 88},
    {"field": "data", "headerName": "Data", "flex": 1, "minWidth": 90},
    {
        "field": "exception",
        "headerName": "Exception",
        "flex": 1.6,
        "minWidth": 120,
        "cellClass": "bad",
    },
)


def layout() -> Component:
    return html.Div(
        [
            html.Div([_toolbar(), _list(), _foot()], id=Id.LIST, className="sheet"),
            html.Div([html.Div(id=Id.HEAD, className="loads"), _tree()], id=Id.TRACE, hidden=True),
        ],
        className="room traces",
    )


def _toolbar() -> Component:
    return html.Div(
        [
            dcc.RadioItems(
                id=Id.MODE,
                options=[
                    {"label": "Spans", "value": "spans"},
                    {"label": "Traces", "value": "traces"},
                ],
                value="spans",
                inline=True,
                className="segments",
            ),
            dcc.Input(
                id=Id.PROCESS,
                type="search",
                placeholder="Search process, service or function",
                debounce=0.3,
                maxLength=200,
                className="search",
                autoComplete="off",
            ),
            dcc.Dropdown(
                id=Id.GROUP,
                placeholder="All process groups",
                clearable=True,
                searchable=True,
                className="pick pick-group",
            ),
            dcc.Checklist(
                id=Id.ERRORS,
                options=[{"label": "Errors only", "value": "1"}],
                value=[],
                className="check",
            ),
            html.Span(className="context-gap"),
            html.A("Export CSV", id=Id.CSV, href="#", className="button", download=""),
        ],
        className="toolbar",
    )


def _list() -> Component:
    return html.Div(
        [
            html.Button(id=Id.NEW, hidden=True, className="new-rows"),
            tables.grid(Id.TABLE, SPAN_COLUMNS, row_id="id", class_name="fills"),
            html.Div(id=Id.FACE),
            dcc.Store(id=Id.CURSORS),
        ],
        className="list loads",
    )


def _foot() -> Component:
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
        className="foot",
    )


def _tree() -> Component:
    return html.Div(
        [
            tables.grid(
                Id.SPANS, TREE_COLUMNS, row_id="id", class_name="fills tree", row_height=30
            ),
            html.Div(id=Id.SPANS_FACE),
        ],
        className="list loads",
    )
