"""Layout of the trace page: its head, the tabs, what is open in them, and the span beside it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.trace.cohort import layout as cohort
from dashboards.trace.flame import layout as flame
from dashboards.trace.graph import layout as graph
from dashboards.trace.logs import layout as logs
from dashboards.trace.operations import layout as operations
from dashboards.trace.panel import layout as panel
from dashboards.trace.raw import layout as raw
from dashboards.trace.waterfall import layout as waterfall


class Id(StrEnum):
    ASKED = "trace-asked"
    OPENED = "trace-opened"
    HEAD = "trace-head"
    BODY = "trace-body"
    GAINED = "trace-gained"
    TAB = "trace-tab"
    SLOT = "trace-slot"


TABS = (
    ("", "Waterfall", waterfall.layout),
    ("flame", "Flame graph", flame.layout),
    ("operations", "Operations", operations.layout),
    ("graph", "Graph", graph.layout),
    ("logs", "Logs", logs.layout),
    ("raw", "Raw", raw.layout),
    ("cohort", "Cohort", cohort.layout),
)
"""What the link calls a tab, its title, and its layout."""


def layout() -> Component:
    """Every tab stays on the page, so that what was opened in it is there when one comes back."""
    return html.Div(
        [
            html.Div(id=Id.HEAD, className="trace-top loads"),
            html.Div([_strip(), _open()], id=Id.BODY, hidden=True, className="trace-body"),
            dcc.Store(id=Id.ASKED),
            dcc.Store(id=Id.OPENED),
        ],
        className="room trace-room",
    )


def button_id(tab: str) -> str:
    return f"{Id.TAB}-{tab or 'waterfall'}"


def slot_id(tab: str) -> str:
    return f"{Id.SLOT}-{tab or 'waterfall'}"


def _strip() -> Component:
    named: dict[str, Any] = {"aria-label": "Ways to look at the trace"}
    return html.Div(
        [
            html.Div(
                [_tab(tab, title) for tab, title, _ in TABS], className="ways", role="tablist"
            ),
            html.Button(id=Id.GAINED, hidden=True, className="button gained"),
        ],
        className="way-line",
        **named,
    )


def _tab(tab: str, title: str) -> Component:
    named: dict[str, Any] = {"data-tab": tab, "aria-controls": slot_id(tab)}
    return html.Button(title, id=button_id(tab), className="way", role="tab", **named)


def _open() -> Component:
    return html.Div(
        [
            html.Div(
                [_slot(tab, content()) for tab, _, content in TABS],
                className="trace-slots",
            ),
            panel.layout(),
        ],
        className="trace-split",
    )


def _slot(tab: str, content: Component) -> Component:
    named: dict[str, Any] = {"aria-labelledby": button_id(tab)}
    return html.Div(
        content,
        id=slot_id(tab),
        hidden=bool(tab),
        className="trace-slot",
        role="tabpanel",
        **named,
    )
