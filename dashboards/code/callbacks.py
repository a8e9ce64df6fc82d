"""Callbacks of the Code Inspector: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output

from access.login import current_scope
from dashboards.code import views
from dashboards.code.layout import Id
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from queries import code

View = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(
        Output(Id.TABLE, "rowData"),
        Output(Id.SUMMARY, "children"),
        Output(Id.FACE, "children"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
    )(show_functions)
    app.clientside_callback(
        ClientsideFunction("code", "controls"),
        Output(Id.SEARCH, "value"),
        Input(Shell.VIEW, "data"),
    )
    for control, prop, name in (
        (Id.SEARCH, "value", "put_function"),
        (Id.TABLE, "cellClicked", "open_spans"),
    ):
        app.clientside_callback(
            ClientsideFunction("code", name),
            Output(Shell.SINK, "data", allow_duplicate=True),
            Input(control, prop),
            prevent_initial_call=True,
        )


@guarded(lambda sentence: ([], None, faces.failed(sentence)))
def show_functions(view: View, tick: int | None) -> Any:
    link, zone = Link.parse(view["search"]), zone_of(view["zone"])
    scope = current_scope(link.org or None)
    found = code.functions(scope, link.time_range(datetime.now(UTC)), link.function)
    return views.rows(found, zone), views.summary(found, zone), views.nothing(found, link)
