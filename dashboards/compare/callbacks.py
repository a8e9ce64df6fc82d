"""Callbacks of the comparison: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from dashboards.compare import views
from dashboards.compare.layout import Id
from dashboards.compare.pair import View, opened
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from queries import cohort
from queries.filters import TimeRange

SUGGESTED_DAYS = 14

NO_ROWS: dict[str, Any] = {"rowData": [], "rowCount": 0}


def register(app: Dash) -> None:
    app.callback(
        Output(Id.LEFT_HEAD, "children"),
        Output(Id.RIGHT_HEAD, "children"),
        Output(Id.SENTENCE, "children"),
        Output(Id.ONLY, "options"),
        Input(Id.PAIR, "data"),
        State(Shell.VIEW, "data"),
    )(show_pair)
    app.callback(
        Output(Id.SUGGESTIONS, "children"),
        Input(Id.PAIR, "data"),
        State(Shell.VIEW, "data"),
    )(suggest)
    app.callback(
        Output(Id.PLACES, "data"),
        Output(Id.SUMMARY, "children"),
        Output(Id.FACE, "children"),
        Input(Shell.VIEW, "data"),
    )(show_places)
    app.callback(
        Output(Id.TABLE, "getRowsResponse"),
        Input(Id.TABLE, "getRowsRequest"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(give_rows)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    """What needs no server: controls to URL and back, clicks to links, jumps in the grid."""

    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("compare", name), *wires, **more)

    browser("pair", Output(Id.PAIR, "data"), Input(Shell.VIEW, "data"), State(Id.PAIR, "data"))
    browser(
        "controls",
        Output(Id.LEFT, "value"),
        Output(Id.RIGHT, "value"),
        Output(Id.ONLY, "value"),
        Input(Shell.VIEW, "data"),
    )
    browser(
        "able",
        *(Output(button, "disabled") for button in (Id.FIRST, Id.PREVIOUS, Id.NEXT)),
        Input(Id.PLACES, "data"),
    )
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    for name, *wires in (
        ("reload", Input(Shell.VIEW, "data")),
        ("put_left", Input(Id.LEFT, "value")),
        ("put_right", Input(Id.RIGHT, "value")),
        ("put_only", Input(Id.ONLY, "value")),
        ("swap", Input(Id.SWAP, "n_clicks")),
        ("open_span", Input(Id.TABLE, "cellClicked")),
        ("jump_first", Input(Id.FIRST, "n_clicks"), State(Id.PLACES, "data")),
        ("jump_previous", Input(Id.PREVIOUS, "n_clicks"), State(Id.PLACES, "data")),
        ("jump_next", Input(Id.NEXT, "n_clicks"), State(Id.PLACES, "data")),
    ):
        browser(name, sink, *wires, prevent_initial_call=True)


@guarded(lambda sentence: (None, None, faces.failed(sentence), no_update))
def show_pair(key: str | None, view: View | None) -> Any:
    """Both traces, and what differs between them in words."""
    pair = opened(view)
    compared = pair.compared
    return (
        views.head(pair.left, pair),
        views.head(pair.right, pair),
        views.sentence(compared, pair.link) if compared else None,
        views.filters(compared),
    )


@guarded(lambda sentence: None)
def suggest(key: str | None, view: View | None) -> Any:
    """Runs of the same operation to compare with; asked apart, so that nothing waits for it."""
    pair = opened(view)
    found = pair.left.trace or pair.right.trace
    if found is None:
        return None
    now = datetime.now(UTC)
    latest = TimeRange(now - timedelta(days=SUGGESTED_DAYS), now)
    return views.suggestions(cohort.of(pair.scope, found, latest), found, pair)


@guarded(lambda sentence: (None, None, faces.failed(sentence)))
def show_places(view: View | None) -> Any:
    """How many steps are shown, and where among them the differences are."""
    pair = opened(view)
    compared = pair.compared
    if compared is None:
        return None, None, views.nothing(pair)
    shown = views.shown(compared, pair.link)
    return (
        views.places(compared, shown),
        views.summary(compared, shown, pair.zone),
        None if shown else views.nothing_left(pair.link),
    )


@guarded(lambda sentence: NO_ROWS)
def give_rows(request: dict[str, Any] | None, view: View | None) -> Any:
    """The window of steps that the grid asks for."""
    compared = (pair := opened(view)).compared
    if compared is None or request is None:
        return NO_ROWS
    shown = views.shown(compared, pair.link)
    begin, end = views.window(request)
    return {"rowData": views.rows(compared, shown[begin:end], pair.link), "rowCount": len(shown)}
