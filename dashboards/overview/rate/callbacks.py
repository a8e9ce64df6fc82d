"""Callbacks of what stands below the rate: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from dashboards.errors import guarded
from dashboards.overview.asked import View, asked
from dashboards.overview.rate import views
from dashboards.overview.rate.layout import Id
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from queries import overview


def register(app: Dash) -> None:
    wires = (Input(Shell.VIEW, "data"), Input(Shell.TICK, "data"))
    app.callback(Output(Id.SERVICES, "children"), *wires)(show_services)
    app.callback(Output(Id.OPERATIONS, "children"), *wires)(show_operations)
    app.clientside_callback(
        ClientsideFunction("overview", "without_rate"),
        Output(Id.ROOM, "hidden"),
        Input(Shell.VIEW, "data"),
    )


@guarded(faces.failed)
def show_services(view: View, tick: int | None) -> Any:
    """Which services there are, how busy they are and how many of their spans fail."""
    about = asked(view)
    if about.link.chart != "rate":
        return no_update
    return views.services(overview.services(about.scope, about.range), about)


@guarded(faces.failed)
def show_operations(view: View, tick: int | None) -> Any:
    """The operations with most spans."""
    about = asked(view)
    if about.link.chart != "rate":
        return no_update
    return views.operations(overview.operations(about.scope, about.range), about)
