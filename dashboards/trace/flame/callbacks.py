"""Callbacks of the flame graph: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.trace.flame import views
from dashboards.trace.flame.layout import Id
from dashboards.trace.tab import View, opened
from queries.flame import flame

OUTPUTS = (
    Output(Id.DATA, "data"),
    Output(Id.CRUMBS, "children"),
    Output(Id.SUMMARY, "children"),
    Output(Id.LEGEND, "children"),
    Output(Id.FACE, "children"),
)


def register(app: Dash) -> None:
    app.callback(*OUTPUTS, Input(Shell.VIEW, "data"))(show_flame)
    app.clientside_callback(
        ClientsideFunction("trace_tabs", "draw_flame"),
        Output(Shell.SINK, "data", allow_duplicate=True),
        Input(Id.DATA, "data"),
        prevent_initial_call=True,
    )


@guarded(lambda sentence: (None, None, None, None, faces.failed(sentence)))
def show_flame(view: View | None) -> Any:
    """Where the time went, or where it went below the frame that the link names."""
    tab = opened(view, "flame")
    if tab is None:
        return (no_update,) * len(OUTPUTS)
    found = flame(tab.trace, views.zoomed(tab.trace, tab.link.select))
    return (
        views.drawing(found, tab.trace),
        views.crumbs(found, tab.trace, tab.link),
        views.summary(found, tab.trace),
        views.legend(found, tab.trace),
        None,
    )
