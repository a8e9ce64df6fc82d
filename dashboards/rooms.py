"""The rooms: adding a tab is one line here, one in the shell's tabs, and three files."""

from __future__ import annotations

from collections.abc import Callable

from dash.development.base_component import Component

from dashboards.alerts import layout as alerts
from dashboards.code import layout as code
from dashboards.compare import layout as compare
from dashboards.overview import layout as overview
from dashboards.overview.map import layout as service_map
from dashboards.trace import layout as trace
from dashboards.traces import layout as traces

ROOMS: dict[str, Callable[[], Component]] = {
    "/": overview.layout,
    "/map": service_map.layout,
    "/traces": traces.layout,
    "/trace": trace.layout,
    "/compare": compare.layout,
    "/code": code.layout,
    "/alerts": alerts.layout,
}
"""Path → layout of the room."""
