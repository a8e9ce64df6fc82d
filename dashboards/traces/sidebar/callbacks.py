"""Callbacks of sidebar: whose data, which question, what it looks like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access.login import current_scope
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link
from dashboards.traces.sidebar import views
from dashboards.traces.sidebar.layout import Id, find_id, more_id, rest_id, values_id
from queries import explore
from queries.explore import FACETS, Facet

View = dict[str, Any]

MORE = 50
"""Values that are shown when more are asked for."""


def register(app: Dash) -> None:
    app.callback(
        *(Output(values_id(key), "children") for key in FACETS),
        *(Output(rest_id(key), "children") for key in FACETS),
        *(Output(more_id(key), "hidden") for key in FACETS),
        Output(Id.FACE, "children"),
        Input(Shell.VIEW, "data"),
        Input(Id.OPEN, "data"),
        *(State(find_id(key), "value") for key in FACETS),
    )(show)
    for key in FACETS:
        app.callback(
            Output(values_id(key), "children", allow_duplicate=True),
            Output(rest_id(key), "children", allow_duplicate=True),
            Input(find_id(key), "value"),
            Input(rest_id(key), "n_clicks"),
            State(Shell.VIEW, "data"),
            prevent_initial_call=True,
        )(finder(key))
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("explore", name), *wires, **more)

    browser(
        "fold_sidebar",
        Output(Id.SIDEBAR, "className"),
        Output(Id.FOLD, "children"),
        Input(Id.OPEN, "data"),
    )
    browser(
        "toggle_sidebar",
        Output(Id.OPEN, "data"),
        Input(Id.FOLD, "n_clicks"),
        State(Id.OPEN, "data"),
        prevent_initial_call=True,
    )


def _failed(sentence: str) -> Any:
    blank = [None for _ in FACETS]
    return *blank, *blank, *(True for _ in FACETS), faces.failed(sentence)


@guarded(_failed)
def show(view: View, is_open: bool | None, *finds: str | None) -> Any:
    """Every facet; those in which somebody looks for something show what was found."""
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    scope, filters = current_scope(link.org or None), link.filters(now)
    looking = {key: text for key, text in zip(FACETS, finds, strict=True) if text}
    found = explore.facets(scope, filters, [key for key in FACETS if key not in looking])
    for key, text in looking.items():
        found[key] = explore.values(scope, filters, key, text, MORE)
    shown = [found[key] for key in FACETS]
    return (
        *(views.values(facet, link) for facet in shown),
        *(views.rest(facet, looking.get(facet.key, "")) for facet in shown),
        *(not facet.more and facet.key not in looking for facet in shown),
        None,
    )


def finder(key: str) -> Callable[..., Any]:
    """The callback that looks for values of one facet, or shows more of them."""

    @guarded(lambda sentence: ([faces.failed(sentence)], ""))
    def find(text: str | None, clicks: int | None, view: View) -> Any:
        if not text and not clicks:
            return no_update, no_update
        link, now = Link.parse(view["search"]), datetime.now(UTC)
        scope, filters = current_scope(link.org or None), link.filters(now)
        # every second click on "more" closes it again
        top = MORE if text or (clicks or 0) % 2 else explore.TOP
        facet: Facet = explore.values(scope, filters, key, text or "", top)
        return views.values(facet, link), views.rest(facet, text or "")

    return find
