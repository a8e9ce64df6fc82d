"""Layout of the rule builder."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component


def layout() -> Component:
    return html.Div(className="alerts-fills")
