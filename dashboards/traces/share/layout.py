"""Layout of share: links, exports and lines for a notebook."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component


def layout() -> Component:
    return html.Div()
