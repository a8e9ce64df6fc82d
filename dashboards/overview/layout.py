"""Layout of the Overview."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component


class Id(StrEnum):
    CARDS = "overview-cards"
    ACTIVITY = "overview-activity"
    GROUPS = "overview-groups"
    ERRORS = "overview-errors"
    MODELS = "overview-models"
    ORGS = "overview-orgs"
    CHART = "overview-chart"
    DONUT = "overview-donut"


def layout() -> Component:
    return html.Div(
        [
            html.Div(id=Id.CARDS, className="cards loads"),
            html.Div(id=Id.ORGS, className="loads"),
            html.Div(
                [
                    html.Div(id=Id.ACTIVITY, className="wide loads"),
                    html.Div(id=Id.GROUPS, className="loads"),
                    html.Div(id=Id.ERRORS, className="wide loads"),
                    html.Div(id=Id.MODELS, className="loads"),
                ],
                className="board",
            ),
        ],
        className="room overview",
    )
