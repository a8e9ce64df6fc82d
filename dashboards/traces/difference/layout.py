"""Layout of difference: what sets a selection apart from the rest."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component


def layout() -> Component:
    return html.Div()
