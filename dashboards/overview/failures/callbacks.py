"""Callbacks of what stands below the errors: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from dashboards.errors import guarded
from dashboards.overview.asked import View, asked
from dashboards.overview.failures import views
from dashboards.overview.failures.layout import Id
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from queries import overview


def register(app: Dash) -> None:
    wires = (Input(Shell.VIEW, "data"), Input(Shell.TICK, "data"))
    app.callback(Output(Id.EXCEPTIONS, "children"), *wires)(show_exceptions)
    app.callback(Output(Id.CAUSES, "children"), *wires)(show_causes)
    app.clientside_callback(
        ClientsideFunction("overview", "without_errors"),
        Output(Id.ROOM, "hidden"),
        Input(Shell.VIEW, "data"),
    )


@guarded(faces.failed)
def show_exceptions(view: View, tick: int | None) -> Any:
    """Which exceptions came, how often and when."""
    about = asked(view)
    if about.link.chart != "errors":
        return no_update
    return views.exceptions(*overview.exceptions(about.scope, about.range), about)


@guarded(faces.failed)
def show_causes(view: View, tick: int | None) -> Any:
    """The spans where errors begin."""
    about = asked(view)
    if about.link.chart != "errors":
        return no_update
    return views.causes(overview.root_causes(about.scope, about.range), about)
