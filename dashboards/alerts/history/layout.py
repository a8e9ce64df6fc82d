"""Layout of what happened to alerts, and why each evaluation spoke or stayed silent."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component


def layout() -> Component:
    return html.Div(className="alerts-fills")
