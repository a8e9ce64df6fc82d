"""Layout of the variables section: the staleness board, and one variable beside it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import charts, tables


class Id(StrEnum):
    TABLE = "alerts-variables-table"
    ROWS = "alerts-variables-rows"
    KINDS = "alerts-variables-kinds"
    FIND = "alerts-variables-find"
    FACE = "alerts-variables-face"
    SUMMARY = "alerts-variables-summary"
    DETAIL = "alerts-variables-detail"
    HEAD = "alerts-variables-head"
    CHART = "alerts-variables-chart"
    CHART_NOTE = "alerts-variables-chart-note"
    RUNS = "alerts-variables-runs"


ORG_COLUMN = {"field": "org", "headerName": "Org", "width": 100}

COLUMNS = (
    {"field": "state", "headerName": "State", "cellRenderer": "Kinds", "width": 148},
    {
        "field": "process",
        "headerName": "Process",
        "cellRenderer": "Process",
        "flex": 2,
        "minWidth": 170,
    },
    {
        "field": "data",
        "headerName": "Variable",
        "flex": 1.2,
        "minWidth": 112,
        "tooltipField": "data",
    },
    {
        "field": "value",
        "headerName": "Value",
        "flex": 1,
        "minWidth": 84,
        "cellClass": "num",
        "tooltipField": "value",
    },
    tables.number("run", "In a row", "run_text", width=86),
    tables.number("lasted", "Unchanged for", "lasted_text", width=122),
    tables.number("cadence", "Comes every", "cadence_text", width=112),
    tables.number("silence", "Last reading", "silence_text", width=110, tooltipField="last"),
    {"field": "changed", "headerName": "Last change", "width": 164, "cellClass": "time"},
    tables.number("lag", "Lag", "lag_text", width=88),
    {
        "field": "alert",
        "headerName": "Alert",
        "cellRenderer": "Watch",
        "flex": 1,
        "minWidth": 120,
        "tooltipField": "rule",
    },
)


def layout() -> Component:
    return html.Div(
        [_board(), _detail(), dcc.Store(id=Id.ROWS)], className="variables alerts-fills"
    )


def _board() -> Component:
    tools = [
        html.Nav(id=Id.KINDS, className="kinds", **_named("Kinds of trouble")),
        html.Span(className="context-gap"),
        html.Label(
            [
                html.Span("Find a process or variable", className="only-heard"),
                dcc.Input(
                    id=Id.FIND,
                    type="search",
                    placeholder="Find a process or variable",
                    debounce=0.3,
                    className="search",
                ),
            ]
        ),
    ]
    return tables.sheet(
        html.Div(tools, className="toolbar"),
        tables.grid(Id.TABLE, COLUMNS, row_id="id", sortable=True, class_name="fills"),
        Id.FACE,
        html.Div(id=Id.SUMMARY, className="summary", role="status"),
    )


def _detail() -> Component:
    return html.Aside(
        [
            html.Div(id=Id.HEAD),
            html.H3("Readings"),
            html.Div(charts.graph(Id.CHART, charts.nothing(), 170), className="loads charted"),
            html.Div(id=Id.CHART_NOTE, className="muted variables-note"),
            html.Div(id=Id.RUNS),
        ],
        id=Id.DETAIL,
        className="panel variables-detail loads",
        hidden=True,
        **_named("The chosen variable"),
    )


def _named(name: str) -> dict[str, Any]:
    return {"aria-label": name}
