"""Layout of charts: spans over time and by latency, to be brushed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import charts
from dashboards.traces.difference import layout as difference

HEIGHT = 112


class Id(StrEnum):
    KIND = "traces-chart-kind"
    DRAG = "traces-chart-drag"
    NOTE = "traces-chart-note"
    RESET = "traces-chart-reset"
    FOLD = "traces-chart-fold"
    OPEN = "traces-chart-open"
    BODY = "traces-chart-body"
    GRAPH = "traces-chart"
    LABEL = "traces-chart-label"
    FACE = "traces-chart-face"
    BRUSH = "traces-chart-brush"
    ZOOM = "traces-chart-zoom"


def layout() -> Component:
    """The graph stays on the page while its figure changes; what is brushed goes into the URL."""
    return html.Section(
        [
            html.Header(
                [
                    dcc.RadioItems(
                        id=Id.KIND,
                        options=[
                            {"label": "Histogram", "value": "histogram"},
                            {"label": "Latency heatmap", "value": "heatmap"},
                        ],
                        value="histogram",
                        inline=True,
                        className="segments",
                        persistence=True,
                        persistence_type="local",
                    ),
                    html.Span(id=Id.NOTE, className="chart-note"),
                    dcc.RadioItems(
                        id=Id.DRAG,
                        options=[
                            {"label": "Drag: zoom", "value": "zoom"},
                            {"label": "Drag: compare", "value": "compare"},
                        ],
                        value="zoom",
                        inline=True,
                        className="segments",
                    ),
                    html.Button("Reset zoom", id=Id.RESET, className="button", hidden=True),
                    difference.opener(),
                    html.Button("Hide", id=Id.FOLD, className="button quiet"),
                ],
            ),
            html.Div(
                [
                    html.P(id=Id.LABEL, className="unseen"),
                    charts.graph(Id.GRAPH, charts.nothing(), HEIGHT),
                    html.Div(id=Id.FACE),
                ],
                id=Id.BODY,
                className="charted loads",
            ),
            dcc.Store(id=Id.OPEN, storage_type="local", data=True),
            dcc.Store(id=Id.BRUSH),
            dcc.Store(id=Id.ZOOM),
        ],
        className="brushable",
        **_aria(label="Spans over time and by latency"),
    )


def _aria(**attributes: str) -> dict[str, Any]:
    """Attributes for screen readers."""
    return {f"aria-{name}": value for name, value in attributes.items()}
