"""Callbacks of difference: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access.login import current_scope
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from dashboards.traces.difference import views
from dashboards.traces.difference.layout import Id
from queries import difference

View = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(
        Output(Id.TITLE, "children"), Output(Id.BODY, "children"), Input(Shell.VIEW, "data")
    )(show)
    app.callback(
        Output(Id.FOUND, "data"),
        Output(Id.MENU_FACE, "children"),
        Input(Id.SLOWEST, "n_clicks"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(find_slowest)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("explore", name), *wires, **more)

    browser("comparing", Output(Id.PANEL, "hidden"), Input(Shell.VIEW, "data"))
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    for name, *wires in (
        ("compare_errors", Input(Id.ERRORS, "n_clicks")),
        ("compare_found", Input(Id.FOUND, "data")),
        (
            "compare_text",
            Input(Id.COMPARE, "n_clicks"),
            Input(Id.TEXT, "n_submit"),
            State(Id.TEXT, "value"),
        ),
        ("stop_comparing", Input(Id.CLOSE, "n_clicks")),
    ):
        browser(name, sink, *wires, prevent_initial_call=True)


@guarded(lambda sentence: ("", faces.failed(sentence)))
def show(view: View) -> Any:
    """What sets the selection apart, while there is one."""
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    if not link.select:
        return "", None
    scope = current_scope(link.org or None)
    found = difference.difference(scope, link.filters(now), link.select)
    return views.title(found.sides, link.select), views.body(found, link, zone_of(view["zone"]))


@guarded(lambda sentence: (no_update, sentence))
def find_slowest(clicks: int | None, view: View) -> Any:
    """From which duration on a span is one of the slowest twentieth."""
    if not clicks:
        return no_update, None
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    scope = current_scope(link.org or None)
    selection = difference.slowest(scope, link.filters(now))
    if selection is None:
        return no_update, "No span here has a duration."
    return {"select": selection}, None
