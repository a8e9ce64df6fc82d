"""The bell: how many notices of alerts are unread, and the newest of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

SECONDS = 20
"""How often the bell looks for new notices by itself."""


class Id(StrEnum):
    TICK = "bell-tick"
    READ = "bell-read"
    COUNT = "bell-count"
    LIST = "bell-list"
    READ_ALL = "bell-read-all"


def layout() -> Component:
    named: dict[str, Any] = {"aria-label": "Notices of alerts"}
    hidden: dict[str, Any] = {"aria-hidden": "true"}
    return html.Details(
        [
            html.Summary(
                [
                    html.Span(className="bell-shape", **hidden),
                    html.Span(id=Id.COUNT, className="bell-count"),
                ],
                className="bell",
                **named,
            ),
            html.Div(
                [
                    html.Div(
                        [
                            html.Strong("Inbox"),
                            html.Button("Mark all as read", id=Id.READ_ALL, className="button"),
                        ],
                        className="bell-head",
                    ),
                    html.Div(id=Id.LIST, className="loads"),
                ],
                className="menu menu-bell",
            ),
            dcc.Interval(id=Id.TICK, interval=SECONDS * 1_000),
            dcc.Store(id=Id.READ),
        ],
        className="drop drop-right drop-bell",
    )
