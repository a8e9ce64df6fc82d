"""Layout of the tiles."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import html
from dash.development.base_component import Component


class Id(StrEnum):
    TILES = "alerts-tiles"


def layout() -> Component:
    named: dict[str, Any] = {"aria-label": "Filter by state"}
    return html.Nav(id=Id.TILES, className="alerts-tiles loads", **named)
