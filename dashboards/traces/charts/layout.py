"""Layout of charts: spans over time and by latency, to be brushed."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component


def layout() -> Component:
    return html.Div()
