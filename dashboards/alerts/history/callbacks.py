"""Callbacks of the history: whose alerts, what happened to them, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from alerts import past, store
from dashboards.alerts.history import views
from dashboards.alerts.history.layout import Id
from dashboards.alerts.sections import Asked, Section, View, asked, only_in
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell


def register(app: Dash) -> None:
    app.callback(
        Output(Id.TABLE, "columnDefs"),
        Output(Id.TABLE, "rowData"),
        Output(Id.FACE, "children"),
        Output(Id.SUMMARY, "children"),
        Output(Id.PAGER, "children"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
    )(show_history)
    app.callback(
        Output(Id.TABS, "children"),
        Output(Id.RULE, "options"),
        Output(Id.KIND, "options"),
        Input(Shell.VIEW, "data"),
    )(show_choices)
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    for name, output, *wires in (
        ("open", sink, Input(Id.TABLE, "cellClicked"), State(Shell.ORG, "options")),
        ("put_rule", sink, Input(Id.RULE, "value")),
        ("put_kind", sink, Input(Id.KIND, "value")),
        ("put_find", sink, Input(Id.FIND, "value")),
    ):
        app.clientside_callback(
            ClientsideFunction("alerts_history", name), output, *wires, prevent_initial_call=True
        )
    for name, control in (("rule", Id.RULE), ("kind", Id.KIND), ("find", Id.FIND)):
        app.clientside_callback(
            ClientsideFunction("alerts_history", name),
            Output(control, "value"),
            Input(Shell.VIEW, "data"),
        )


@only_in(Section.HISTORY)
@guarded(lambda sentence: ([], [], faces.failed(sentence), None, None))
def show_history(view: View, tick: int | None) -> Any:
    """A page of what happened, or of evaluations with their reasons, the newest first."""
    about = asked(view)
    wanted, after = views.filters(about), views.cursor(about.link.after)
    rows, following = _page(about, wanted, after)
    return (
        views.columns(about),
        rows,
        views.nothing(rows, about),
        views.summary(rows, following, about),
        views.pager(following, about),
    )


def _page(about: Asked, wanted: past.Filters, after: past.Cursor | None) -> Any:
    where = (about.records, about.scope, wanted, after, views.ROWS)
    if views.is_evaluations(about.link):
        evaluations, following = past.evaluations(*where)
        return views.evaluations(evaluations, about), following
    events, following = past.history(*where)
    return views.events(events, about), following


@only_in(Section.HISTORY)
@guarded(lambda sentence: (None, [], []))
def show_choices(view: View) -> Any:
    """What the filters offer."""
    about = asked(view)
    rules = store.visible(about.records, about.scope)
    return views.tabs(about), views.rules(rules, about), views.kinds(about)
