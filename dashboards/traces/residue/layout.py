"""Layout of residue: the quiet line that says what is not shown."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component


def layout() -> Component:
    return html.Div()
