"""Callbacks of the trace page: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from access.login import current_scope
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from dashboards.trace import views
from dashboards.trace.cohort import callbacks as cohort
from dashboards.trace.flame import callbacks as flame
from dashboards.trace.graph import callbacks as graph
from dashboards.trace.layout import TABS, Id, button_id, slot_id
from dashboards.trace.logs import callbacks as logs
from dashboards.trace.operations import callbacks as operations
from dashboards.trace.panel import callbacks as panel
from dashboards.trace.raw import callbacks as raw
from dashboards.trace.waterfall import callbacks as waterfall
from queries import trace

View = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(
        Output(Id.HEAD, "children"),
        Output(Id.OPENED, "data"),
        Output(Id.BODY, "hidden"),
        Input(Id.ASKED, "data"),
        State(Shell.VIEW, "data"),
    )(show_head)
    app.callback(
        Output(Id.GAINED, "children"),
        Output(Id.GAINED, "hidden"),
        Input(Shell.TICK, "data"),
        Input(Id.OPENED, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(count_gained)
    _register_browser(app)
    for tab in (waterfall, flame, operations, graph, logs, raw, cohort, panel):
        tab.register(app)


def _register_browser(app: Dash) -> None:
    """What needs no server: which trace is asked for, which tab is open."""

    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("trace", name), *wires, **more)

    browser("asked", Output(Id.ASKED, "data"), Input(Shell.VIEW, "data"), State(Id.ASKED, "data"))
    browser(
        "tabs",
        *(Output(slot_id(tab), "hidden") for tab, _, _ in TABS),
        *(Output(button_id(tab), "className") for tab, _, _ in TABS),
        Input(Shell.VIEW, "data"),
    )
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    browser("show_gained", sink, Input(Id.GAINED, "n_clicks"), prevent_initial_call=True)


@guarded(lambda sentence: (faces.failed(sentence), None, True))
def show_head(asked: dict[str, Any] | None, view: View | None) -> Any:
    """What the trace is, how it went, what is odd about it; and at which version it was opened."""
    if not asked or not view:
        return None, None, True
    link, zone = Link.parse(view["search"]), zone_of(view["zone"])
    if not link.trace:
        return views.nothing(), None, True
    scope = current_scope(link.org or None)
    found = trace.spans(scope, link.trace, link.pinned)
    return views.head(found, link, zone), views.opened(found), False


@guarded(lambda sentence: (None, True))
def count_gained(tick: int | None, opened: dict[str, Any] | None, view: View | None) -> Any:
    """How many spans of the trace came since it was opened; what is shown stays where it is."""
    link = Link.parse((view or {}).get("search"))
    known = (opened or {}).get("spans")
    if not opened or known is None or opened.get("trace") != link.trace or link.version:
        return None, True
    now = trace.stored(current_scope(link.org or None), link.trace)
    words = views.gained(now.spans - int(known))
    return words, words is None
