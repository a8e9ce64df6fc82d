"""Layout of the Overview."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component

from dashboards.parts import cards, charts


class Id(StrEnum):
    CARDS = "overview-cards"
    ERRORS = "overview-errors"
    MODELS = "overview-models"
    ORGS = "overview-orgs"
    CHART = "overview-chart"
    CHART_NOTE = "overview-chart-note"
    CHART_FACE = "overview-chart-face"
    DONUT = "overview-donut"
    LEGEND = "overview-legend"


def layout() -> Component:
    return html.Div(
        [
            html.Div(id=Id.CARDS, className="cards loads"),
            html.Div(id=Id.ORGS, className="loads"),
            html.Div(
                [
                    html.Div(_activity(), className="wide loads"),
                    html.Div(_groups(), className="loads"),
                    html.Div(id=Id.ERRORS, className="wide loads"),
                    html.Div(id=Id.MODELS, className="loads"),
                ],
                className="board",
            ),
        ],
        className="room overview",
    )


def _activity() -> Component:
    """The chart stays on the page while its figure changes, so that a refresh blanks nothing."""
    body = html.Div(
        [charts.graph(Id.CHART, charts.nothing(), 250), html.Div(id=Id.CHART_FACE)],
        className="charted",
    )
    return cards.panel("Spans over time", body, html.Span(id=Id.CHART_NOTE))


def _groups() -> Component:
    body = html.Div(
        [charts.graph(Id.DONUT, charts.nothing(), 150), html.Ul(id=Id.LEGEND, className="legend")],
        className="donut",
    )
    return cards.panel("Spans by process group", body)
