"""Layout of the raw trace: which spans of it, and their JSON."""

from __future__ import annotations

from enum import StrEnum

from dash import dcc, html
from dash.development.base_component import Component


class Id(StrEnum):
    WHICH = "trace-raw-which"
    LINKS = "trace-raw-links"
    COPY = "trace-raw-copy"
    COPIED = "trace-raw-copied"
    TREE = "trace-raw-tree"
    DATA = "trace-raw-data"
    FACE = "trace-raw-face"


def layout() -> Component:
    """The tree is made in the browser, from the text in DATA."""
    return html.Div(
        [
            html.Div(
                [
                    html.Div(id=Id.WHICH, className="raw-which", role="status"),
                    html.Div(
                        [
                            html.Span(id=Id.COPIED, className="muted", role="status"),
                            html.Button("Copy", id=Id.COPY, className="button"),
                            html.Div(id=Id.LINKS, className="pager"),
                        ],
                        className="pager",
                    ),
                ],
                className="toolbar",
            ),
            html.Div(
                [html.Div(id=Id.TREE, className="json-tree"), html.Div(id=Id.FACE)],
                className="raw-box loads",
            ),
            dcc.Store(id=Id.DATA),
        ],
        className="trace-tab raw",
    )
