"""Layout of the Overview: how telemetry arrives, the range in numbers, the main chart with what
belongs to it, and what always stands beside it."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component

from dashboards.overview.chart import layout as chart
from dashboards.overview.failures import layout as failures
from dashboards.overview.glance import layout as glance
from dashboards.overview.latency import layout as latency
from dashboards.overview.pipeline import layout as pipeline
from dashboards.overview.rate import layout as rate
from dashboards.parts import cards, charts


class Id(StrEnum):
    ERRORS = "overview-errors"
    MODELS = "overview-models"
    ORGS = "overview-orgs"
    ATTENTION = "overview-attention"
    DONUT = "overview-donut"
    LEGEND = "overview-legend"


def layout() -> Component:
    return html.Div(
        [
            pipeline.layout(),
            glance.layout(),
            html.Div(id=Id.ORGS, className="loads"),
            html.Div(
                [
                    html.Div(chart.layout(), className="wide"),
                    html.Div(_groups(), className="loads"),
                ],
                className="board",
            ),
            rate.layout(),
            failures.layout(),
            latency.layout(),
            html.Div(
                [
                    html.Div(id=Id.ERRORS, className="wide loads"),
                    html.Div(
                        [
                            html.Div(id=Id.ATTENTION, className="loads"),
                            html.Div(id=Id.MODELS, className="loads"),
                        ],
                        className="pile",
                    ),
                ],
                className="board",
            ),
        ],
        className="room overview",
    )


def _groups() -> Component:
    body = html.Div(
        [charts.graph(Id.DONUT, charts.nothing(), 150), html.Ul(id=Id.LEGEND, className="legend")],
        className="donut",
    )
    return cards.panel("Spans by process group", body)
