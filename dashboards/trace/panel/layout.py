"""Layout of the span panel: sections that stay, and the slots that an opened span fills."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component


class Id(StrEnum):
    PANEL = "trace-panel"
    CLOSE = "trace-panel-close"
    WANT = "trace-panel-want"
    MORE = "trace-panel-more"
    HEAD = "trace-panel-head"
    REST = "trace-panel-rest"
    STANDING = "trace-panel-standing"
    SAID = "trace-panel-said"
    FIND = "trace-panel-find"
    FOUND = "trace-panel-found"
    ATTRIBUTES = "trace-panel-attributes"
    EVENTS = "trace-panel-events"
    LINKS = "trace-panel-links"
    LOGS = "trace-panel-logs"
    ABOUT = "trace-panel-about"


def layout() -> Component:
    """Hidden until the link names a span. What is asked for is in WANT, what of it was expanded
    in MORE."""
    named: dict[str, Any] = {"aria-label": "Span", "tabIndex": "-1"}
    return html.Aside(
        [
            html.Button("×", id=Id.CLOSE, className="panel-close", title="Close (Esc)"),
            html.Div(id=Id.HEAD),
            html.Div(_sections(), id=Id.REST, hidden=True),
            dcc.Store(id=Id.WANT),
            dcc.Store(id=Id.MORE),
        ],
        id=Id.PANEL,
        hidden=True,
        className="trace-panel loads",
        **named,
    )


def _sections() -> list[Component]:
    return [
        section("standing", "Where this span stands", html.Div(id=Id.STANDING), loads=True),
        html.Div(id=Id.SAID),
        section("attributes", "Attributes", [_finder(), html.Div(id=Id.ATTRIBUTES)]),
        html.Div(id=Id.EVENTS),
        html.Div(id=Id.LINKS),
        section("logs", "Logs of this span", html.Div(id=Id.LOGS), loads=True),
        html.Div(id=Id.ABOUT),
    ]


def _finder() -> Component:
    return html.Div(
        [
            dcc.Input(
                id=Id.FIND,
                type="search",
                placeholder="Filter by name or value",
                debounce=0.15,
                maxLength=200,
                className="panel-find",
                autoComplete="off",
            ),
            html.Span(id=Id.FOUND, className="muted", role="status"),
        ],
        className="panel-finder",
    )


def section(
    name: str, title: str, body: Any, note: str = "", *, closed: bool = False, loads: bool = False
) -> Component:
    """A part that folds; the browser remembers under `name` whether it is open."""
    named: dict[str, Any] = {"data-section": name}
    return html.Details(
        [
            html.Summary([html.H3(title), html.Span(note, className="panel-note")]),
            html.Div(body, className="panel-part loads" if loads else "panel-part"),
        ],
        open=not closed,
        className="panel-section",
        **named,
    )
