"""Layout of search: the box of the search language, and its terms as pills."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component


def layout() -> Component:
    return html.Div()
