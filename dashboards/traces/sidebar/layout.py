"""Layout of sidebar: facets, with how many spans each value has."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component


def layout() -> Component:
    return html.Div()
