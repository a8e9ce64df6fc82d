"""Layout of difference: what sets a selection apart from the rest."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component


class Id(StrEnum):
    ERRORS = "traces-difference-errors"
    SLOWEST = "traces-difference-slowest"
    TEXT = "traces-difference-text"
    COMPARE = "traces-difference-compare"
    FOUND = "traces-difference-found"
    MENU_FACE = "traces-difference-menu-face"
    PANEL = "traces-difference"
    TITLE = "traces-difference-title"
    BODY = "traces-difference-body"
    CLOSE = "traces-difference-close"


def opener() -> Component:
    """What can be compared with the rest of the list."""
    return html.Details(
        [
            html.Summary("What is different?", className="button"),
            html.Div(
                [
                    html.P("Compare some spans of the list with all the others:"),
                    html.Button("Errors", id=Id.ERRORS, className="button"),
                    html.Button("Slowest 5 %", id=Id.SLOWEST, className="button"),
                    html.Div(
                        [
                            html.Label(
                                "Search for the spans to compare",
                                htmlFor=Id.TEXT,
                                className="unseen",
                            ),
                            dcc.Input(
                                id=Id.TEXT,
                                type="text",
                                placeholder="or a search, such as model:gpt*",
                                maxLength=500,
                                className="compared",
                            ),
                            html.Button("Compare", id=Id.COMPARE, className="button primary"),
                        ],
                        className="compared-line",
                    ),
                    html.P("Or choose “Drag: compare” and mark a part of the chart."),
                    html.Div(id=Id.MENU_FACE, className="field-error"),
                    dcc.Store(id=Id.FOUND),
                ],
                className="menu menu-difference",
            ),
        ],
        className="drop drop-right",
    )


def layout() -> Component:
    """The panel between charts and rows; there only while something is compared."""
    return html.Section(
        [
            html.Header(
                [
                    html.H2("What is different?"),
                    html.Span(id=Id.TITLE, className="difference-title", role="status"),
                    html.Button("Close", id=Id.CLOSE, className="button quiet"),
                ]
            ),
            html.Div(id=Id.BODY, className="difference-body loads"),
        ],
        id=Id.PANEL,
        hidden=True,
        className="difference",
        **_aria(label="What is different?"),
    )


def _aria(**attributes: str) -> dict[str, Any]:
    """Attributes for screen readers."""
    return {f"aria-{name}": value for name, value in attributes.items()}
