"""Callbacks of the Alerts tab: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from access.login import current_scope
from dashboards.alerts.variables import views
from dashboards.alerts.variables.layout import Id
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from queries import watched

View = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(
        Output(Id.TABLE, "columnDefs"),
        Output(Id.TABLE, "rowData"),
        Output(Id.SUMMARY, "children"),
        Output(Id.FACE, "children"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
    )(show_stuck)
    app.clientside_callback(
        ClientsideFunction("observatory", "open_trace"),
        Output(Shell.SINK, "data", allow_duplicate=True),
        Input(Id.TABLE, "cellClicked"),
        State(Shell.ORG, "options"),
        prevent_initial_call=True,
    )


@guarded(lambda sentence: ([], [], None, faces.failed(sentence)))
def show_stuck(view: View, tick: int | None) -> Any:
    link, zone = Link.parse(view["search"]), zone_of(view["zone"])
    scope = current_scope(link.org or None)
    runs = watched.stuck(scope, link.time_range(datetime.now(UTC)))
    return (
        views.columns(many=scope.org is None),
        views.rows(runs, zone),
        views.summary(runs, zone),
        views.nothing(runs),
    )
