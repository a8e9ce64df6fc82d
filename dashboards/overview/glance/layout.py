"""Layout of the cards."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component


class Id(StrEnum):
    CARDS = "overview-cards"


def layout() -> Component:
    return html.Div(id=Id.CARDS, className="glance loads")
