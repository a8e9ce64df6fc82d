"""Callbacks of the Code Inspector: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access.login import current_scope
from dashboards.code import detail, views
from dashboards.code.layout import Id
from dashboards.code.source import callbacks as source
from dashboards.errors import guarded
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from queries import code
from queries.code import Function

View = dict[str, Any]


def register(app: Dash) -> None:
    moves = (Input(Shell.VIEW, "data"), Input(Shell.TICK, "data"))
    app.callback(
        Output(Id.TABLE, "rowData"),
        Output(Id.SUMMARY, "children"),
        Output(Id.FACE, "children"),
        *moves,
    )(show_functions)
    app.callback(
        Output(Id.SUGGESTIONS, "children"),
        Input(Id.TYPED, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(suggest)
    app.callback(
        Output(Id.HEAD, "children"),
        Output(Id.CARDS, "children"),
        Output(Id.HISTORY, "figure"),
        Output(Id.HISTORY_NOTE, "children"),
        Output(Id.DURATIONS, "figure"),
        Output(Id.DURATIONS_NOTE, "children"),
        Output(Id.REVISIONS, "children"),
        *moves,
    )(show_function)
    for place, panel in (
        (Id.EXCEPTIONS, show_exceptions),
        (Id.KIN, show_kin),
        (Id.TRACES, show_traces),
    ):
        app.callback(Output(place, "children"), *moves)(panel)
    _register_browser(app)
    source.register(app)


def _register_browser(app: Dash) -> None:
    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("code", name), *wires, **more)

    browser(
        "controls",
        Output(Id.FIND, "value"),
        Output(Id.LIST, "hidden"),
        Output(Id.DETAIL, "hidden"),
        Output(Id.BACK, "hidden"),
        Input(Shell.VIEW, "data"),
    )
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    for name, *wires in (
        ("typed", Input(Id.FIND, "value")),
        ("open", Input(Id.TABLE, "cellClicked")),
        ("sorted", Input(Id.TABLE, "columnState")),
        ("back", Input(Id.BACK, "n_clicks")),
        ("bar_to_spans", Input(Id.HISTORY, "clickData")),
        ("bar_to_spans", Input(Id.DURATIONS, "clickData")),
    ):
        browser(name, sink, *wires, prevent_initial_call=True)


def chosen(link: Link) -> Function:
    return Function(link.function, link.service or None)


@guarded(lambda sentence: ([], None, faces.failed(sentence)))
def show_functions(view: View, tick: int | None) -> Any:
    """All functions, unless one of them is looked at."""
    link, zone = Link.parse(view["search"]), zone_of(view["zone"])
    if link.function:
        return no_update, no_update, no_update
    scope, range_ = current_scope(link.org or None), link.time_range(datetime.now(UTC))
    sought = link.find, link.service or None
    found = code.functions(scope, range_, *sought)
    earlier = code.before(range_)
    before = code.functions(scope, earlier, *sought) if earlier else None
    listed = views.Listed(found, before, code.own(scope, range_), range_, zone)
    return views.rows(listed, link.sort), views.summary(listed), views.nothing(listed, link)


@guarded(lambda sentence: faces.failed(sentence))
def suggest(typed: dict[str, Any] | None, view: View) -> Any:
    """Functions whose name holds what was typed, with calls and p95."""
    text = str((typed or {}).get("text") or "")
    if not text.strip():
        return None
    link = Link.parse(view["search"])
    scope, range_ = current_scope(link.org or None), link.time_range(datetime.now(UTC))
    within = None if link.function else link.service or None
    return views.suggestions(code.functions(scope, range_, text, within), link)


def _failed(sentence: str) -> Any:
    return None, faces.failed(sentence), charts.nothing(), None, charts.nothing(), None, None


@guarded(_failed)
def show_function(view: View, tick: int | None) -> Any:
    """One function in numbers, over time, by duration and by release."""
    link, zone = Link.parse(view["search"]), zone_of(view["zone"])
    if not link.function:
        return views.within(link), *[no_update] * 6
    scope, now = current_scope(link.org or None), datetime.now(UTC)
    range_, function = link.time_range(now), chosen(link)
    offset = range_.until.astimezone(zone).utcoffset() or timedelta()
    numbers = code.numbers(scope, range_, function)
    history = code.history(scope, range_, function, offset)
    revisions = code.revisions(scope, range_, function)
    durations = code.durations(scope, range_, function)
    return (
        detail.head(numbers, function, link),
        detail.tiles(numbers, function, range_, link),
        detail.history(history, numbers, revisions, range_, zone, link),
        detail.history_note(history, range_),
        detail.durations(durations, numbers, function, link),
        None if durations.rows else "no call tells how long it took",
        detail.revisions(revisions, range_, zone, link),
    )


@guarded(faces.failed)
def show_exceptions(view: View, tick: int | None) -> Any:
    link, zone = Link.parse(view["search"]), zone_of(view["zone"])
    if not link.function:
        return no_update
    scope, range_ = current_scope(link.org or None), link.time_range(datetime.now(UTC))
    found = code.exceptions(scope, range_, chosen(link))
    return detail.exceptions(found, chosen(link), zone, link)


@guarded(faces.failed)
def show_kin(view: View, tick: int | None) -> Any:
    """Who calls it, and whom it calls."""
    link = Link.parse(view["search"])
    if not link.function:
        return no_update
    scope, range_ = current_scope(link.org or None), link.time_range(datetime.now(UTC))
    function = chosen(link)
    callers, callees = code.callers(scope, range_, function), code.callees(scope, range_, function)
    return detail.kin(callers, callees, link)


@guarded(faces.failed)
def show_traces(view: View, tick: int | None) -> Any:
    """Where it took longest, and where it failed last."""
    link, zone = Link.parse(view["search"]), zone_of(view["zone"])
    if not link.function:
        return no_update
    scope, range_ = current_scope(link.org or None), link.time_range(datetime.now(UTC))
    function = chosen(link)
    slowest, failing = code.slowest(scope, range_, function), code.failing(scope, range_, function)
    return detail.traces(slowest, failing, zone, link, several=scope.org is None)
