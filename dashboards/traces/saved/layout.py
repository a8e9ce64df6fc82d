"""Layout of saved views: the menu that opens, saves and changes them."""

from __future__ import annotations

from enum import StrEnum

from dash import dcc, html
from dash.development.base_component import Component


class Id(StrEnum):
    MENU = "saved-menu"
    NAME = "saved-name"
    LIST = "saved-list"
    VIEWS = "saved-views"
    WHOSE = "saved-whose"
    WANTED = "saved-wanted"
    DONE = "saved-done"
    ERROR = "saved-error"


def layout() -> Component:
    return html.Div(
        [
            html.Details(
                [
                    html.Summary("Views", className="button"),
                    html.Div(
                        [
                            html.Div(id=Id.LIST, className="loads"),
                            html.P(id=Id.ERROR, className="field-error", role="alert"),
                        ],
                        className="menu menu-saved",
                    ),
                ],
                id=Id.MENU,
                className="drop",
            ),
            html.Span(id=Id.NAME, className="saved-name", role="status"),
            *(dcc.Store(id=store) for store in (Id.VIEWS, Id.WHOSE, Id.WANTED, Id.DONE)),
        ],
        className="saved",
    )
