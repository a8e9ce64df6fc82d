"""Layout of the main chart: what it shows is chosen above it, and a brush narrows the page."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import charts

HEIGHT = 276

KINDS = {"rate": "Rate", "errors": "Errors", "duration": "Duration"}


class Id(StrEnum):
    KIND = "overview-kind"
    NOTE = "overview-chart-note"
    RESET = "overview-chart-reset"
    FRAME = "overview-chart-frame"
    GRAPH = "overview-chart"
    LABEL = "overview-chart-label"
    PICKED = "overview-chart-picked"
    FACE = "overview-chart-face"


def layout() -> Component:
    """The graph stays on the page while its figure changes; what is brushed goes into the URL."""
    return html.Section(
        [
            html.Header(
                [
                    dcc.RadioItems(
                        id=Id.KIND,
                        options=[{"label": label, "value": kind} for kind, label in KINDS.items()],
                        value="rate",
                        inline=True,
                        className="segments",
                    ),
                    html.Span(id=Id.NOTE, className="chart-note"),
                    html.Button("Reset zoom", id=Id.RESET, className="button quiet", hidden=True),
                ]
            ),
            html.Div(
                [
                    charts.graph(Id.GRAPH, charts.nothing(), HEIGHT),
                    html.Div(id=Id.FACE),
                ],
                id=Id.FRAME,
                className="charted loads",
                tabIndex=0,
                role="group",
                **_aria(describedby=Id.LABEL, label="Chart; choose with the arrow keys"),
            ),
            html.P(id=Id.LABEL, className="unseen"),
            html.P(id=Id.PICKED, className="unseen", **_aria(live="polite")),
        ],
        className="panel main-chart",
        **_aria(label="Over time"),
    )


def _aria(**attributes: str) -> dict[str, Any]:
    """Attributes for screen readers."""
    return {f"aria-{name}": value for name, value in attributes.items()}
