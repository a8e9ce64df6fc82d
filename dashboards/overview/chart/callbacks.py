"""Callbacks of the main chart: whose data, which questions, what it looks like; and its brush."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from dashboards.errors import guarded
from dashboards.overview.asked import View, asked
from dashboards.overview.chart import views
from dashboards.overview.chart.layout import Id
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell
from queries import overview


def register(app: Dash) -> None:
    app.callback(
        Output(Id.GRAPH, "figure"),
        Output(Id.NOTE, "children"),
        Output(Id.LABEL, "children"),
        Output(Id.FACE, "children"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
    )(show)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    def browser(room: str, name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction(room, name), *wires, **more)

    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    browser("overview", "kind", Output(Id.KIND, "value"), Input(Shell.VIEW, "data"))
    browser("overview", "put_kind", sink, Input(Id.KIND, "value"), prevent_initial_call=True)
    browser(
        "overview",
        "brush",
        sink,
        Input(Id.GRAPH, "selectedData"),
        State(Id.GRAPH, "figure"),
        prevent_initial_call=True,
    )
    browser("explore", "zoomed", Output(Id.RESET, "hidden"), Input(Shell.VIEW, "data"))
    browser("explore", "reset_zoom", sink, Input(Id.RESET, "n_clicks"), prevent_initial_call=True)


@guarded(lambda sentence: (charts.nothing(), "", "", faces.failed(sentence)))
def show(view: View, tick: int | None) -> Any:
    """Rate, errors or duration over time, with the releases that came."""
    about = asked(view)
    found = overview.course(about.scope, about.range)
    if not found.answer.rows:
        return charts.nothing(), "", "", faces.empty("Nothing ran in this time range.")
    releases = overview.releases(about.scope, about.range).rows
    kind = about.link.chart
    return (
        views.chart(kind, found, releases, about.zone, f"{kind} {about.place}"),
        views.note(kind, found, releases),
        views.label(kind, found, releases, about.zone),
        None,
    )
