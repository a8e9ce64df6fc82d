"""Layout of the service map: what is drawn, the drawing, and beside it the same as a list.

The one idea: it stands in the Overview as a panel, and alone at /map as high as the window.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import dash_cytoscape as cyto
from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import tables


class Id(StrEnum):
    MAP = "overview-map"
    ASKED = "overview-map-asked"
    FOUND = "overview-map-found"
    CHOSEN = "overview-map-chosen"
    PARTY = "overview-map-party"
    FIND = "overview-map-find"
    NAMES = "overview-map-names"
    SUMMARY = "overview-map-summary"
    DRAWING = "overview-map-drawing"
    FACE = "overview-map-face"
    CLOSER = "overview-map-closer"
    FARTHER = "overview-map-farther"
    FIT = "overview-map-fit"
    CARD = "overview-map-card"
    LISTED = "overview-map-listed"
    TABLE = "overview-map-table"


PARTIES = (
    {"label": "Services", "value": "service"},
    {"label": "Agents", "value": "agent"},
)

LISTS = (
    {"label": "Nodes", "value": "nodes"},
    {"label": "Connections", "value": "edges"},
)

COLUMNS = (
    {
        "field": "name",
        "headerName": "Name",
        "cellRenderer": "MapPart",
        "flex": 1,
        "minWidth": 96,
    },
    tables.number("calls", "Spans", "calls_text", width=86, minWidth=78, sort="desc"),
    tables.number("errors", "Errors", "errors_text", width=70, minWidth=64),
    tables.number("p95", "p95", "p95_text", width=76, minWidth=66),
)


def layout() -> Component:
    """The room /map."""
    return html.Div(panel(), className="room map-room")


def panel() -> Component:
    """The map for a place in another room."""
    return html.Section(
        [
            dcc.Store(id=Id.ASKED),
            dcc.Store(id=Id.FOUND),
            dcc.Store(id=Id.CHOSEN),
            _tools(),
            html.Div([_stage(), _side()], className="map-parts"),
        ],
        id=Id.MAP,
        className="panel map",
        **_aria(label="Service map"),
    )


def _tools() -> Component:
    party = dcc.RadioItems(
        id=Id.PARTY, options=list(PARTIES), value="service", inline=True, className="segments"
    )
    find = dcc.Input(
        id=Id.FIND,
        type="text",
        placeholder="Find a node",
        list=Id.NAMES,
        className="search",
        autoComplete="off",
    )
    return html.Div(
        [
            html.H2("Service map"),
            html.Div(party, role="group", **_aria(label="What the nodes are")),
            find,
            html.Datalist(id=Id.NAMES),
            html.Div(id=Id.SUMMARY, className="summary", role="status"),
        ],
        className="toolbar",
    )


def _stage() -> Component:
    buttons = (
        (Id.CLOSER, "+", "Zoom in"),
        (Id.FARTHER, "−", "Zoom out"),
        (Id.FIT, "⤢", "Show all of the map"),
    )
    return html.Div(
        [
            _drawing(),
            html.Div(id=Id.FACE),
            html.Div(
                [
                    html.Button(sign, id=id_, type="button", title=words, **_aria(label=words))
                    for id_, sign, words in buttons
                ],
                className="map-zoom",
            ),
            html.Ul(
                [
                    html.Li([html.I(className=f"map-sign map-{kind}"), words])
                    for kind, words in (
                        ("own", "Size: spans"),
                        ("model", "Model"),
                        ("warn", "From 1 % errors"),
                        ("bad", "From 5 % errors"),
                    )
                ],
                className="map-legend",
            ),
        ],
        className="map-stage loads",
    )


def _drawing() -> Component:
    """Positions come with the nodes and stay; colours come from the theme, in the browser."""
    drawing: Component = cyto.Cytoscape(
        id=Id.DRAWING,
        elements=[],
        stylesheet=[],
        layout={"name": "preset", "fit": False},
        style={"width": "100%", "height": "100%"},
        autoungrabify=True,
        boxSelectionEnabled=False,
        responsive=True,
        minZoom=0.08,
        maxZoom=2,
    )
    return drawing


def _side() -> Component:
    listed = dcc.RadioItems(
        id=Id.LISTED, options=list(LISTS), value="nodes", inline=True, className="segments"
    )
    table: Any = tables.grid(Id.TABLE, COLUMNS, row_id="id", sortable=True, row_height=40)
    table.dashGridOptions["rowSelection"] = {
        "mode": "singleRow",
        "checkboxes": False,
        "enableClickSelection": True,
    }
    return html.Aside(
        [
            html.Div(id=Id.CARD, className="map-card loads", role="status"),
            html.Div(listed, className="map-lists", role="group", **_aria(label="What is listed")),
            table,
        ],
        className="map-side",
    )


def _aria(**attributes: str) -> dict[str, Any]:
    return {f"aria-{name}": value for name, value in attributes.items()}
