"""Callbacks of the Overview: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import Dash, Input, Output

from access.login import current_scope
from dashboards.errors import guarded
from dashboards.overview import views
from dashboards.overview.layout import Id
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from queries import overview

View = dict[str, Any]

_NO_CHARTS = (charts.nothing(), "", None, charts.nothing(), None)


def register(app: Dash) -> None:
    asked = (Input(Shell.VIEW, "data"), Input(Shell.TICK, "data"))
    app.callback(
        Output(Id.CARDS, "children"),
        Output(Id.CHART, "figure"),
        Output(Id.CHART_NOTE, "children"),
        Output(Id.CHART_FACE, "children"),
        Output(Id.DONUT, "figure"),
        Output(Id.LEGEND, "children"),
        *asked,
    )(show_numbers)
    app.callback(Output(Id.ERRORS, "children"), *asked)(show_errors)
    app.callback(Output(Id.MODELS, "children"), *asked)(show_models)
    app.callback(Output(Id.ORGS, "children"), *asked)(show_orgs)


@guarded(lambda sentence: (faces.failed(sentence), *_NO_CHARTS))
def show_numbers(view: View, tick: int | None) -> Any:
    """Cards, chart and process groups: three views of the same two answers."""
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    scope, range_ = current_scope(link.org or None), link.time_range(now)
    totals = overview.totals(scope, range_).one
    activity = overview.activity(scope, range_)
    zone = zone_of(view["zone"])
    return (
        views.cards(totals, activity, range_, now),
        *views.activity(activity, zone),
        *views.groups(activity, link),
    )


@guarded(faces.failed)
def show_errors(view: View, tick: int | None) -> Any:
    link = Link.parse(view["search"])
    scope = current_scope(link.org or None)
    errors = overview.last_errors(scope, link.time_range(datetime.now(UTC)))
    return views.errors(errors, link, zone_of(view["zone"]), many=scope.org is None)


@guarded(faces.failed)
def show_models(view: View, tick: int | None) -> Any:
    link = Link.parse(view["search"])
    models = overview.models(current_scope(link.org or None), link.time_range(datetime.now(UTC)))
    return views.models(models)


@guarded(faces.failed)
def show_orgs(view: View, tick: int | None) -> Any:
    """Staff who look at all orgs see which one is unhealthy."""
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    scope = current_scope(link.org or None)
    if scope.org is not None:
        return None
    return views.orgs(overview.orgs(scope, link.time_range(now)), link, now)
