"""Callbacks of the logs of a trace: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.trace.logs import views
from dashboards.trace.logs.layout import Id
from dashboards.trace.tab import View, opened
from queries import logs

OUTPUTS = (
    Output(Id.TABLE, "rowData"),
    Output(Id.SUMMARY, "children"),
    Output(Id.FACE, "children"),
)


def register(app: Dash) -> None:
    app.callback(*OUTPUTS, Input(Shell.VIEW, "data"))(show_logs)
    app.clientside_callback(
        ClientsideFunction("trace_tabs", "log_controls"),
        Output(Id.LEVEL, "value"),
        Output(Id.TEXT, "value"),
        Input(Shell.VIEW, "data"),
    )
    for name, *wires in (
        ("put_logs", Input(Id.LEVEL, "value"), Input(Id.TEXT, "value")),
        ("open_span", Input(Id.TABLE, "cellClicked")),
    ):
        app.clientside_callback(
            ClientsideFunction("trace_tabs", name),
            Output(Shell.SINK, "data", allow_duplicate=True),
            *wires,
            prevent_initial_call=True,
        )


@guarded(lambda sentence: ([], None, faces.failed(sentence)))
def show_logs(view: View | None) -> Any:
    """The log records of the trace, of the severity and with the text that the link names."""
    tab = opened(view, "logs")
    if tab is None:
        return (no_update,) * len(OUTPUTS)
    found = logs.of_trace(tab.scope, tab.trace.trace_id, within=views.around(tab.trace))
    own = views.of_org(found, tab.trace.org_id)
    chosen = views.chosen(own, views.wanted(tab.link.select))
    return (
        views.rows(chosen, tab.trace, tab.zone),
        views.summary(own, chosen, tab.zone),
        views.nothing(own, chosen),
    )
