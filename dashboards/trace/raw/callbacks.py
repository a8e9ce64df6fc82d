"""Callbacks of the raw trace: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.trace.raw import views
from dashboards.trace.raw.layout import Id
from dashboards.trace.tab import View, opened
from queries import raw

OUTPUTS = (
    Output(Id.DATA, "data"),
    Output(Id.WHICH, "children"),
    Output(Id.LINKS, "children"),
    Output(Id.FACE, "children"),
)


def register(app: Dash) -> None:
    app.callback(*OUTPUTS, Input(Shell.VIEW, "data"))(show_raw)
    for name, output, *wires in (
        ("draw_json", Output(Shell.SINK, "data", allow_duplicate=True), Input(Id.DATA, "data")),
        (
            "copy_json",
            Output(Id.COPIED, "children"),
            Input(Id.COPY, "n_clicks"),
            Input(Id.DATA, "data"),
        ),
    ):
        app.clientside_callback(
            ClientsideFunction("trace_tabs", name), output, *wires, prevent_initial_call=True
        )


@guarded(lambda sentence: (None, None, None, faces.failed(sentence)))
def show_raw(view: View | None) -> Any:
    """The chosen span as it is stored, or a page of the trace's spans."""
    tab = opened(view, "raw")
    if tab is None:
        return (no_update,) * len(OUTPUTS)
    which = views.which(tab.trace, tab.link)
    trace, version = tab.trace, tab.link.pinned
    rows = raw.spans(tab.scope, trace.trace_id, trace.org_id, which.span_ids, version=version)
    shown = views.fitting(rows)
    return (
        views.json_text(shown),
        views.words(which, shown, rows, trace),
        views.links(which, trace, tab.link),
        None,
    )
