"""Callbacks of what stands below the duration: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from dashboards.errors import guarded
from dashboards.overview.asked import View, asked
from dashboards.overview.latency import views
from dashboards.overview.latency.layout import Id
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell
from dashboards.traces.charts.callbacks import lasting
from dashboards.traces.charts.views import heatmap
from queries import overview


def register(app: Dash) -> None:
    wires = (Input(Shell.VIEW, "data"), Input(Shell.TICK, "data"))
    app.callback(
        Output(Id.HEAT, "figure"),
        Output(Id.HEAT_NOTE, "children"),
        Output(Id.HEAT_FACE, "children"),
        *wires,
    )(show_heat)
    app.callback(Output(Id.SLOWEST, "children"), *wires)(show_slowest)
    app.callback(Output(Id.OWN, "children"), *wires)(show_own_times)
    app.clientside_callback(
        ClientsideFunction("overview", "without_duration"),
        Output(Id.ROOM, "hidden"),
        Input(Shell.VIEW, "data"),
    )
    app.clientside_callback(
        ClientsideFunction("overview", "brush_heat"),
        Output(Id.BRUSH, "data"),
        Input(Id.HEAT, "selectedData"),
        State(Id.HEAT, "figure"),
        prevent_initial_call=True,
    )
    app.callback(Output(Id.ZOOM, "data"), Input(Id.BRUSH, "data"), prevent_initial_call=True)(zoom)
    app.clientside_callback(
        ClientsideFunction("overview", "open_heat"),
        Output(Shell.SINK, "data", allow_duplicate=True),
        Input(Id.ZOOM, "data"),
        prevent_initial_call=True,
    )


@guarded(lambda sentence: (charts.nothing(), "", faces.failed(sentence)))
def show_heat(view: View, tick: int | None) -> Any:
    """Spans by time and duration."""
    about = asked(view)
    if about.link.chart != "duration":
        return no_update, no_update, no_update
    found = overview.heat(about.scope, about.range)
    if not found.cells:
        return charts.nothing(), "", faces.empty("Nothing with a duration ran in this time range.")
    return heatmap(found, about.zone, f"heat {about.place}"), views.note(found), None


@guarded(lambda sentence: no_update)
def zoom(brush: dict[str, Any] | None) -> Any:
    """Where a brush leads: to the spans that it covers."""
    if not brush:
        return no_update
    q = lasting("", brush.get("levels"))
    return {"since": brush["since"], "until": brush["until"], "q": q}


@guarded(faces.failed)
def show_slowest(view: View, tick: int | None) -> Any:
    """The operations whose p95 is longest."""
    about = asked(view)
    if about.link.chart != "duration":
        return no_update
    return views.slowest(overview.slowest(about.scope, about.range), about)


@guarded(faces.failed)
def show_own_times(view: View, tick: int | None) -> Any:
    """Where the slowest traces spend their time."""
    about = asked(view)
    if about.link.chart != "duration":
        return no_update
    return views.own_times(overview.self_times(about.scope, about.range), about)
