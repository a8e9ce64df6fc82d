"""Layout of the flame graph: the way to what is shown, the drawing, and whose colours these are."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component


class Id(StrEnum):
    CRUMBS = "trace-flame-crumbs"
    SUMMARY = "trace-flame-summary"
    DRAWING = "trace-flame-drawing"
    DATA = "trace-flame-data"
    LEGEND = "trace-flame-legend"
    FACE = "trace-flame-face"


def layout() -> Component:
    """The drawing is made in the browser, from DATA."""
    path: dict[str, Any] = {"aria-label": "Path to the frame that is shown"}
    drawing: dict[str, Any] = {"aria-label": "Flame graph"}
    return html.Div(
        [
            html.Div(
                [
                    html.Nav(id=Id.CRUMBS, className="crumbs", **path),
                    html.Div(id=Id.SUMMARY, className="summary", role="status"),
                ],
                className="toolbar",
            ),
            html.Div(
                [
                    html.Div(id=Id.DRAWING, className="flame-drawing", role="group", **drawing),
                    html.Div(id=Id.FACE),
                ],
                className="flame-box loads",
            ),
            html.Div(id=Id.LEGEND, className="hue-line foot"),
            dcc.Store(id=Id.DATA),
        ],
        className="trace-tab flame",
    )
