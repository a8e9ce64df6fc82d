"""Callbacks of the variables section: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from alerts import board, freshness, store
from alerts.rules import Staleness
from dashboards.alerts.sections import Asked, Section, asked, only_in
from dashboards.alerts.variables import course, detail, views
from dashboards.alerts.variables.chosen import Chosen
from dashboards.alerts.variables.layout import Id
from dashboards.errors import guarded
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell
from queries import alerting

View = dict[str, Any]


def register(app: Dash) -> None:
    moves = (Input(Shell.VIEW, "data"), Input(Shell.TICK, "data"))
    app.callback(
        Output(Id.TABLE, "columnDefs"),
        Output(Id.ROWS, "data"),
        Output(Id.KINDS, "children"),
        Output(Id.SUMMARY, "children"),
        Output(Id.FACE, "children"),
        *moves,
    )(show_board)
    app.callback(
        Output(Id.HEAD, "children"),
        Output(Id.CHART, "figure"),
        Output(Id.CHART_NOTE, "children"),
        Output(Id.RUNS, "children"),
        *moves,
    )(show_variable)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("alerts_variables", name), *wires, **more)

    browser(
        "controls",
        Output(Id.FIND, "value"),
        Output(Id.DETAIL, "hidden"),
        Input(Shell.VIEW, "data"),
    )
    browser("keep", Output(Id.TABLE, "rowData"), Input(Id.ROWS, "data"))
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    browser("typed", sink, Input(Id.FIND, "value"), prevent_initial_call=True)
    browser(
        "open",
        sink,
        Input(Id.TABLE, "cellClicked"),
        State(Shell.ORG, "options"),
        prevent_initial_call=True,
    )


@only_in(Section.VARIABLES)
@guarded(lambda sentence: ([], {"place": "", "rows": []}, None, None, faces.failed(sentence)))
def show_board(view: View, tick: int | None) -> Any:
    """Every watched variable, and what rules say of it."""
    asks = asked(view)
    found = freshness.board(asks.scope, asks.range, asks.now, roster=_roster(asks))
    watching = views.watch(board.present(asks.records, asks.scope, asks.now).alerts)
    shown = views.chosen(found.variables, asks.link)
    return (
        views.columns(many=asks.many),
        {"place": view["search"], "rows": views.rows(shown, watching, asks.now, asks.zone)},
        views.kinds(found.variables, asks.link),
        views.summary(found, len(shown), asks.now, asks.zone),
        views.nothing(found, len(shown), asks.link),
    )


def _roster(asks: Asked) -> list[str]:
    """Who is expected by the rules of the one org that is looked at."""
    if asks.many:
        return []
    rules = (rule for rule in store.visible(asks.records, asks.scope) if rule.enabled)
    conditions = [rule.condition for rule in rules if isinstance(rule.condition, Staleness)]
    return sorted({name for condition in conditions for name in condition.roster})


@only_in(Section.VARIABLES)
@guarded(lambda sentence: (faces.failed(sentence), charts.nothing(), None, None))
def show_variable(view: View, tick: int | None) -> Any:
    """One variable: what is wrong with it, its readings, its long runs."""
    asks = asked(view)
    if not asks.link.variable:
        return (no_update,) * 4
    names, range_ = Chosen.parse(asks.link.variable), asks.range
    key = (names.service, names.process, names.data, names.series)
    variable = freshness.one(asks.scope, range_, asks.now, key)
    readings = alerting.readings(asks.scope, range_, *key)
    alerts = board.present(asks.records, asks.scope, asks.now).alerts
    watching = views.about(alerts, names)
    runs = course.runs(readings.rows)
    known = readings.rows[0]["readings"] if readings.rows else 0
    return (
        detail.head(names, variable, watching, asks.link, asks.now, asks.zone, edits=asks.edits),
        course.figure(runs, range_, asks.zone, asks.link.variable),
        detail.note(len(readings), known),
        detail.runs(course.repeats(runs), asks.zone),
    )
