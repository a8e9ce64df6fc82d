"""Layout of the statistics by operation, and below them what the clocks of the services say."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component

from dashboards.parts import tables


class Id(StrEnum):
    TABLE = "trace-operations-table"
    SUMMARY = "trace-operations-summary"
    FACE = "trace-operations-face"
    CLOCKS = "trace-operations-clocks"


COLUMNS = (
    {
        "field": "process",
        "headerName": "Operation",
        "cellRenderer": "Operation",
        "flex": 3,
        "minWidth": 190,
    },
    tables.number("count", "Spans", "count_text", width=74),
    tables.number("errors", "Errors", "errors_text", width=72),
    tables.number("total", "Total", "total_text", width=84),
    tables.number("self", "Self", "self_text", width=84, sort="desc"),
    tables.number("p50", "p50", "p50_text", width=82),
    tables.number("p95", "p95", "p95_text", width=82),
    tables.number("max", "Max", "max_text", width=82),
    {
        "field": "share",
        "headerName": "Of all time",
        "cellRenderer": "Share",
        "cellRendererParams": {"field": "share_text"},
        "width": 128,
        "headerTooltip": "Self time as a share of the self times of all spans",
    },
    {
        "field": "critical",
        "headerName": "Of critical path",
        "cellRenderer": "Share",
        "cellRendererParams": {"field": "critical_text"},
        "width": 136,
        "headerTooltip": "Time the trace had to wait for these spans, as a share of its root",
    },
    tables.number("tokens", "Tokens", "tokens_text", width=78),
    tables.number("cost", "Cost", "cost_text", width=90),
)


def layout() -> Component:
    table = tables.grid(Id.TABLE, COLUMNS, row_id="id", sortable=True, class_name="fills")
    return html.Div(
        [
            html.Div([table, html.Div(id=Id.FACE)], className="list loads"),
            html.Div(id=Id.CLOCKS, className="clocks"),
            html.Div(html.Div(id=Id.SUMMARY, className="summary", role="status"), className="foot"),
        ],
        className="trace-tab operations",
    )
