"""Layout of what stands below the rate."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component

from dashboards.overview.map import layout as service_map


class Id(StrEnum):
    ROOM = "overview-rate"
    SERVICES = "overview-services"
    OPERATIONS = "overview-operations"


def layout() -> Component:
    return html.Div(
        [
            html.Div(service_map.panel(), className="whole"),
            html.Div(id=Id.SERVICES, className="loads"),
            html.Div(id=Id.OPERATIONS, className="loads"),
        ],
        id=Id.ROOM,
        className="board halves",
    )
