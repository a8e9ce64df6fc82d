"""Callbacks of the pipeline: whose data, how it arrives, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output

from dashboards.errors import guarded
from dashboards.overview.asked import View, asked
from dashboards.overview.pipeline import views
from dashboards.overview.pipeline.layout import Id
from dashboards.overview.pipeline.provided import the_pipeline
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from queries import overview


def register(app: Dash) -> None:
    app.callback(
        Output(Id.LINE, "children"),
        Output(Id.ASKED, "data"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
    )(show)
    app.clientside_callback(
        ClientsideFunction("overview", "age"),
        Output(Id.AGE, "title"),
        Input(Id.ASKED, "data"),
        Input(Shell.VIEW, "data"),
    )


@guarded(lambda sentence: (faces.failed(sentence), None))
def show(view: View, tick: int | None) -> Any:
    """How telemetry of the org, or for staff of all, arrives right now."""
    about = asked(view)
    standing = the_pipeline().standing(about.scope.org, about.now)
    newest = overview.newest(about.scope, about.now)
    return views.line(standing, newest, about.now, about.zone), {"at": tick}
