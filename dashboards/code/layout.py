"""Layout of the Code Inspector."""

from __future__ import annotations

from enum import StrEnum

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import tables


class Id(StrEnum):
    SEARCH = "code-search"
    TABLE = "code-table"
    FACE = "code-face"
    SUMMARY = "code-summary"


COLUMNS = (
    {
        "field": "process",
        "headerName": "Function",
        "cellRenderer": "Process",
        "flex": 3,
        "minWidth": 210,
    },
    {"field": "place", "headerName": "Source", "flex": 1.8, "minWidth": 120, "cellClass": "code"},
    tables.number("calls", "Calls", "calls_text", width=92, sort="desc"),
    tables.number("errors", "Errors", "errors_text", width=92),
    tables.number("p50", "p50", "p50_text", width=92),
    tables.number("p95", "p95", "p95_text", width=92),
    tables.number("p99", "p99", "p99_text", width=92),
    {
        "field": "newest",
        "headerName": "Last seen",
        "width": 164,
        "minWidth": 164,
        "cellClass": "time",
    },
)


def layout() -> Component:
    search = dcc.Input(
        id=Id.SEARCH,
        type="search",
        placeholder="Search function",
        debounce=0.3,
        maxLength=200,
        className="search",
        autoComplete="off",
    )
    sheet = tables.sheet(
        html.Div(search, className="toolbar"),
        tables.grid(Id.TABLE, COLUMNS, row_id="id", sortable=True, class_name="fills"),
        Id.FACE,
        html.Div(id=Id.SUMMARY, className="summary", role="status"),
    )
    return html.Div(sheet, className="room code-room")
