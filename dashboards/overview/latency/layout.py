"""Layout of what stands below the duration."""

from __future__ import annotations

from enum import StrEnum

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import cards, charts

HEIGHT = 230


class Id(StrEnum):
    ROOM = "overview-latency"
    HEAT = "overview-heat"
    HEAT_FACE = "overview-heat-face"
    HEAT_NOTE = "overview-heat-note"
    SLOWEST = "overview-slowest"
    OWN = "overview-own"
    BRUSH = "overview-heat-brush"
    ZOOM = "overview-heat-zoom"


def layout() -> Component:
    """The heatmap stays on the page while its figure changes."""
    heat = html.Div(
        [charts.graph(Id.HEAT, charts.nothing(), HEIGHT), html.Div(id=Id.HEAT_FACE)],
        className="charted loads",
    )
    return html.Div(
        [
            html.Div(
                cards.panel("Latency heatmap", heat, html.Span(id=Id.HEAT_NOTE)), className="whole"
            ),
            html.Div(id=Id.SLOWEST, className="loads"),
            html.Div(id=Id.OWN, className="loads"),
            dcc.Store(id=Id.BRUSH),
            dcc.Store(id=Id.ZOOM),
        ],
        id=Id.ROOM,
        className="board halves",
        hidden=True,
    )
