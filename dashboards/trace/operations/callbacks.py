"""Callbacks of the statistics by operation: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.trace.operations import views
from dashboards.trace.operations.layout import Id
from dashboards.trace.tab import View, opened
from queries import critical, skew
from queries.operations import statistics

OUTPUTS = (
    Output(Id.TABLE, "rowData"),
    Output(Id.SUMMARY, "children"),
    Output(Id.CLOCKS, "children"),
    Output(Id.FACE, "children"),
)


def register(app: Dash) -> None:
    app.callback(*OUTPUTS, Input(Shell.VIEW, "data"))(show_operations)
    app.clientside_callback(
        ClientsideFunction("trace_tabs", "only_these"),
        Output(Shell.SINK, "data", allow_duplicate=True),
        Input(Id.TABLE, "cellClicked"),
        prevent_initial_call=True,
    )


@guarded(lambda sentence: ([], None, None, faces.failed(sentence)))
def show_operations(view: View | None) -> Any:
    """Every operation of the trace, and how the clocks of its services agree."""
    tab = opened(view, "operations")
    if tab is None:
        return (no_update,) * len(OUTPUTS)
    path = critical.path(tab.trace)
    found = statistics(tab.trace, path)
    return (
        views.rows(found, tab.trace, path.length_ns),
        views.summary(found, tab.trace, path),
        views.clocks(skew.skews(tab.trace), tab.trace),
        None,
    )
