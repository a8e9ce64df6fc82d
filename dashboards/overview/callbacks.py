"""Callbacks of the Overview: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output

from access.login import current_records
from alerts import board
from dashboards.errors import guarded
from dashboards.overview import views
from dashboards.overview.asked import View, asked
from dashboards.overview.chart import callbacks as chart
from dashboards.overview.failures import callbacks as failures
from dashboards.overview.glance import callbacks as glance
from dashboards.overview.latency import callbacks as latency
from dashboards.overview.layout import Id
from dashboards.overview.pipeline import callbacks as pipeline
from dashboards.overview.rate import callbacks as rate
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell
from queries import overview, watched
from queries.filters import TimeRange

WATCHED = timedelta(hours=1)
"""How far back watched variables are looked at here; the Alerts tab looks at the whole range."""


def register(app: Dash) -> None:
    for room in (pipeline, glance, chart, rate, failures, latency):
        room.register(app)
    wires = (Input(Shell.VIEW, "data"), Input(Shell.TICK, "data"))
    app.callback(Output(Id.DONUT, "figure"), Output(Id.LEGEND, "children"), *wires)(show_groups)
    app.callback(Output(Id.ERRORS, "children"), *wires)(show_errors)
    app.callback(Output(Id.MODELS, "children"), *wires)(show_models)
    app.callback(Output(Id.ATTENTION, "children"), *wires)(show_attention)
    app.callback(Output(Id.ORGS, "children"), *wires)(show_orgs)
    app.clientside_callback(
        ClientsideFunction("overview", "open_share"),
        Output(Shell.SINK, "data", allow_duplicate=True),
        Input(Id.DONUT, "clickData"),
        prevent_initial_call=True,
    )


@guarded(lambda sentence: (charts.nothing(), faces.failed(sentence)))
def show_groups(view: View, tick: int | None) -> Any:
    """Which process groups the spans belong to."""
    about = asked(view)
    return views.groups(overview.groups(about.scope, about.range), about)


@guarded(faces.failed)
def show_errors(view: View, tick: int | None) -> Any:
    """The newest errors."""
    about = asked(view)
    return views.errors(overview.last_errors(about.scope, about.range), about)


@guarded(faces.failed)
def show_models(view: View, tick: int | None) -> Any:
    """What calls of models took."""
    about = asked(view)
    return views.models(overview.models(about.scope, about.range), about)


@guarded(faces.failed)
def show_attention(view: View, tick: int | None) -> Any:
    """Alerts that fire, variables that are stuck, and services that fell silent."""
    about = asked(view)
    firing = board.firing(current_records(), about.scope)
    recent = TimeRange(max(about.range.since, about.range.until - WATCHED), about.range.until)
    stuck = watched.stuck(about.scope, recent)
    services = overview.services(about.scope, about.range)
    return views.attention(firing, stuck, services.rows, about)


@guarded(faces.failed)
def show_orgs(view: View, tick: int | None) -> Any:
    """Staff who look at all orgs see which one is unhealthy."""
    about = asked(view)
    if not about.many:
        return None
    return views.orgs(overview.orgs(about.scope, about.range), about)
