"""Layout of the span graph: who is drawn, the drawing, and what is known of its parts."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import dash_cytoscape as cyto
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import tables


class Id(StrEnum):
    PARTY = "trace-graph-party"
    SUMMARY = "trace-graph-summary"
    DRAWING = "trace-graph-drawing"
    CHOSEN = "trace-graph-chosen"
    TABLE = "trace-graph-table"
    FACE = "trace-graph-face"


PARTIES = (
    {"label": "Services", "value": "service"},
    {"label": "Agents", "value": "agent"},
)

COLUMNS = (
    {
        "field": "from",
        "headerName": "From → to",
        "cellRenderer": "Handoff",
        "flex": 1,
        "minWidth": 96,
    },
    tables.number("calls", "Calls", "calls_text", width=78, sort="desc"),
    tables.number("errors", "Errors", "errors_text", width=72),
    tables.number("p95", "p95", "p95_text", width=84),
)


def layout() -> Component:
    named: dict[str, Any] = {"aria-label": "What the nodes are"}
    party = dcc.RadioItems(
        id=Id.PARTY, options=list(PARTIES), value="service", inline=True, className="segments"
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Div(party, role="group", **named),
                    html.Div(id=Id.SUMMARY, className="summary", role="status"),
                ],
                className="toolbar",
            ),
            html.Div(
                [
                    html.Div([_drawing(), html.Div(id=Id.FACE)], className="graph-drawing loads"),
                    html.Aside(
                        [
                            html.Div(id=Id.CHOSEN),
                            tables.grid(
                                Id.TABLE, COLUMNS, row_id="id", sortable=True, row_height=48
                            ),
                        ],
                        className="graph-side",
                    ),
                ],
                className="graph-parts",
            ),
        ],
        className="trace-tab graph",
    )


def _drawing() -> Component:
    """Positions come with the nodes; colours come from the theme, in the browser."""
    drawing: Component = cyto.Cytoscape(
        id=Id.DRAWING,
        elements=[],
        stylesheet=[],
        # where it has no size yet there is nothing to fit into: the browser's half does that
        layout={"name": "preset", "fit": False},
        style={"width": "100%", "height": "100%"},
        autoungrabify=True,
        boxSelectionEnabled=False,
        # it would scale by how much the size grew, which from nothing is without end
        responsive=False,
        minZoom=0.15,
        maxZoom=1.25,
    )
    return drawing
