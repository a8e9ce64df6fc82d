"""Callbacks of the list: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access.login import current_scope
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from dashboards.traces.grid import views
from dashboards.traces.grid.layout import Id
from queries import traces

View = dict[str, Any]

ROWS = 100


def register(app: Dash) -> None:
    app.callback(
        Output(Id.TABLE, "columnDefs"),
        Output(Id.TABLE, "rowData"),
        Output(Id.CURSORS, "data"),
        Output(Id.SUMMARY, "children"),
        Output(Id.FACE, "children"),
        Input(Shell.VIEW, "data"),
    )(show_list)
    app.callback(Output(Id.TOTAL, "children"), Input(Shell.VIEW, "data"))(show_total)
    app.callback(
        Output(Id.NEW, "children"),
        Input(Shell.TICK, "data"),
        State(Shell.VIEW, "data"),
        State(Id.CURSORS, "data"),
        prevent_initial_call=True,
    )(count_new)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    """What needs no server: controls to URL and back, rows and pages to links."""

    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("traces", name), *wires, **more)

    browser(
        "controls",
        Output(Id.MODE, "value"),
        Input(Shell.VIEW, "data"),
    )
    browser(
        "pager",
        Output(Id.FIRST, "disabled"),
        Output(Id.NEWER, "disabled"),
        Output(Id.OLDER, "disabled"),
        Input(Id.CURSORS, "data"),
    )
    browser("fresh", Output(Id.NEW, "hidden"), Input(Id.NEW, "children"), Input(Id.CURSORS, "data"))
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    for name, *wires in (
        ("put_mode", Input(Id.MODE, "value")),
        ("open_trace", Input(Id.TABLE, "cellClicked"), State(Shell.ORG, "options")),
    ):
        browser(name, sink, *wires, prevent_initial_call=True)
    for button, name in (
        (Id.FIRST, "go_first"),
        (Id.NEW, "go_first"),
        (Id.NEWER, "go_newer"),
        (Id.OLDER, "go_older"),
    ):
        browser(
            name,
            sink,
            Input(button, "n_clicks"),
            State(Id.CURSORS, "data"),
            prevent_initial_call=True,
        )


@guarded(lambda sentence: (no_update, [], None, None, faces.failed(sentence)))
def show_list(view: View) -> Any:
    """A page of spans or traces."""
    link, now, zone = Link.parse(view["search"]), datetime.now(UTC), zone_of(view["zone"])
    scope = current_scope(link.org or None)
    search = traces.search_traces if link.mode == "traces" else traces.search
    found = search(scope, link.filters(now), link.page(ROWS))
    return (
        views.columns(link.mode, many=scope.org is None),
        views.rows(found.rows, link.mode, zone),
        views.cursors(found),
        views.summary(found, link.mode, zone),
        views.nothing(link) if not found.rows else None,
    )


@guarded(lambda sentence: None)
def show_total(view: View) -> Any:
    """How many rows match in all; asked apart, so that the list need not wait for it."""
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    scope, filters = current_scope(link.org or None), link.filters(now)
    if link.mode == "traces":
        return views.total_traces(traces.count_traces(scope, filters))
    return views.total_spans(traces.count(scope, filters))


@guarded(lambda sentence: None)
def count_new(tick: int | None, view: View, cursors: dict[str, Any] | None) -> Any:
    """How many spans came since the list was read; the list itself stays where it is."""
    link = Link.parse(view["search"])
    if link.after or link.before or link.mode == "traces" or not cursors:
        return None
    scope = current_scope(link.org or None)
    fresh = traces.newer(scope, link.filters(datetime.now(UTC)), views.top_of(cursors))
    return f"{fresh:,} new – show" if fresh else None
