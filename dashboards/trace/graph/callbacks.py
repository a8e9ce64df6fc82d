"""Callbacks of the span graph: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.trace.graph import views
from dashboards.trace.graph.layout import Id
from dashboards.trace.tab import View, opened
from queries.handoffs import handoffs

OUTPUTS = (
    Output(Id.DRAWING, "elements"),
    Output(Id.TABLE, "rowData"),
    Output(Id.CHOSEN, "children"),
    Output(Id.SUMMARY, "children"),
    Output(Id.FACE, "children"),
)


def register(app: Dash) -> None:
    app.callback(*OUTPUTS, Input(Shell.VIEW, "data"))(show_graph)
    app.clientside_callback(
        ClientsideFunction("trace_tabs", "graph_style"),
        Output(Id.DRAWING, "stylesheet"),
        Input(Id.DRAWING, "elements"),
    )
    app.clientside_callback(
        ClientsideFunction("trace_tabs", "graph_controls"),
        Output(Id.PARTY, "value"),
        Input(Shell.VIEW, "data"),
    )
    for control, prop, name in (
        (Id.PARTY, "value", "put_party"),
        (Id.DRAWING, "tapNodeData", "choose_part"),
        (Id.DRAWING, "tapEdgeData", "choose_part"),
        (Id.TABLE, "cellClicked", "choose_row"),
    ):
        app.clientside_callback(
            ClientsideFunction("trace_tabs", name),
            Output(Shell.SINK, "data", allow_duplicate=True),
            Input(control, prop),
            prevent_initial_call=True,
        )


@guarded(lambda sentence: ([], [], None, None, faces.failed(sentence)))
def show_graph(view: View | None) -> Any:
    """Who gave work to whom, and what is known of the part that the link names."""
    tab = opened(view, "graph")
    if tab is None:
        return (no_update,) * len(OUTPUTS)
    chosen = views.chosen(tab.link.select)
    found = handoffs(tab.trace, chosen.party)
    return (
        views.elements(found, chosen),
        views.rows(found, chosen),
        views.facts(found, chosen, tab.link),
        views.summary(found, chosen),
        views.nothing(found, chosen),
    )
