"""Callbacks of the service map: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access.login import current_scope
from dashboards.errors import guarded
from dashboards.overview.map import views
from dashboards.overview.map.layout import Id
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link
from queries import service_map

View = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(
        Output(Id.FOUND, "data"),
        Output(Id.NAMES, "children"),
        Output(Id.SUMMARY, "children"),
        Output(Id.FACE, "children"),
        Input(Id.ASKED, "data"),
        Input(Shell.TICK, "data"),
    )(show_map)
    app.callback(Output(Id.CARD, "children"), Input(Id.CHOSEN, "data"))(show_part)
    view = Input(Shell.VIEW, "data")
    _in_browser(app, "asked", Output(Id.ASKED, "data"), view, State(Id.ASKED, "data"))
    _in_browser(app, "draw", Output(Id.DRAWING, "elements"), Input(Id.FOUND, "data"), view)
    _in_browser(app, "choose", Output(Id.CHOSEN, "data"), Input(Id.FOUND, "data"), view)
    _in_browser(app, "style", Output(Id.DRAWING, "stylesheet"), Input(Id.DRAWING, "elements"))
    _in_browser(app, "party", Output(Id.PARTY, "value"), view)
    _in_browser(
        app,
        "list",
        Output(Id.TABLE, "rowData"),
        Output(Id.TABLE, "selectedRows"),
        Output(Id.LISTED, "value"),
        Input(Id.FOUND, "data"),
        Input(Id.LISTED, "value"),
        view,
    )
    for name, *wires in (
        ("put_party", Input(Id.PARTY, "value")),
        ("put_row", Input(Id.TABLE, "selectedRows")),
        ("find", Input(Id.FIND, "value"), Input(Id.FIND, "n_submit"), State(Id.FOUND, "data")),
        (
            "zoom",
            Input(Id.CLOSER, "n_clicks"),
            Input(Id.FARTHER, "n_clicks"),
            Input(Id.FIT, "n_clicks"),
        ),
    ):
        sink = Output(Shell.SINK, "data", allow_duplicate=True)
        _in_browser(app, name, sink, *wires, prevent_initial_call=True)


def _in_browser(app: Dash, name: str, *wires: Any, **more: Any) -> None:
    app.clientside_callback(ClientsideFunction("overview_map", name), *wires, **more)


@guarded(lambda sentence: (None, [], None, faces.failed(sentence)))
def show_map(asked: View | None, tick: int | None) -> Any:
    """The map of services or of agents; choosing one of them asks nothing anew."""
    if not asked:
        return (no_update,) * 4
    link = Link.parse(asked["search"])
    scope, range_ = current_scope(link.org or None), link.time_range(datetime.now(UTC))
    ask = service_map.agents if link.map == "agent" else service_map.services
    found = ask(scope, range_)
    return (
        views.drawn(found, scope.org or ""),
        views.names(found),
        views.summary(found),
        views.nothing(found),
    )


@guarded(faces.failed)
def show_part(chosen: View | None) -> Any:
    """What is known of the node or connection that the link names."""
    if not chosen:
        return views.nobody()
    part = views.part_of(chosen)
    if part is None:
        return views.gone()
    link = Link.parse(chosen["search"])
    scope, range_ = current_scope(link.org or None), link.time_range(datetime.now(UTC))
    if part.onto:
        return views.card(part, None, service_map.halved(scope, range_, part.key), link)
    return views.card(part, service_map.course(scope, range_, *part.key), False, link)
