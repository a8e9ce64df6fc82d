"""Layout of what stands below the errors."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component


class Id(StrEnum):
    ROOM = "overview-failures"
    EXCEPTIONS = "overview-exceptions"
    CAUSES = "overview-causes"


def layout() -> Component:
    return html.Div(
        [
            html.Div(id=Id.EXCEPTIONS, className="loads"),
            html.Div(id=Id.CAUSES, className="loads"),
        ],
        id=Id.ROOM,
        className="board halves",
        hidden=True,
    )
