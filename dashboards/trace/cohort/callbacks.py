"""Callbacks of the cohort tab: whose data, which question, what it looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from dashboards.errors import guarded
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell
from dashboards.trace.cohort import views
from dashboards.trace.cohort.layout import DAYS, DEFAULT_DAYS, Id
from dashboards.trace.tab import View, opened
from queries import cohort
from queries.unusual import ranked

TAB = "cohort"

OUTPUTS = (
    Output(Id.SENTENCE, "children"),
    Output(Id.LINKS, "children"),
    Output(Id.CHART, "figure"),
    Output(Id.CHART_NOTE, "children"),
    Output(Id.TABLE, "rowData"),
    Output(Id.SUMMARY, "children"),
    Output(Id.FACE, "children"),
)


def register(app: Dash) -> None:
    app.callback(*OUTPUTS, Input(Shell.VIEW, "data"))(show_cohort)

    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("cohort", name), *wires, **more)

    browser(
        "controls",
        Output(Id.DAYS, "value"),
        Output(Id.OTHER, "value"),
        Input(Shell.VIEW, "data"),
    )
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    for name, *wires in (
        ("put_days", Input(Id.DAYS, "value")),
        ("put_other", Input(Id.OTHER, "value")),
        ("open_step", Input(Id.TABLE, "cellClicked"), State(Shell.VIEW, "data")),
    ):
        browser(name, sink, *wires, prevent_initial_call=True)


@guarded(lambda sentence: (None, None, charts.nothing(), None, [], None, faces.failed(sentence)))
def show_cohort(view: View | None) -> Any:
    """How this run stands among those before it, and what each of its steps did unlike theirs."""
    tab = opened(view, TAB)
    if tab is None:
        return (no_update,) * len(OUTPUTS)
    days = DAYS.get(tab.link.cohort, DAYS[DEFAULT_DAYS])
    before = cohort.before(tab.trace, days)
    found = cohort.of(tab.scope, tab.trace, before, tab.link.pinned)
    if not found.runs:
        return None, None, charts.nothing(), None, [], None, views.nobody(found, days)
    answer = cohort.paths(tab.scope, tab.trace, found, tab.link.pinned)
    steps = ranked(answer.rows, len(found.runs), tab.trace.length_ns)
    return (
        views.sentence(found, tab.trace, steps, days),
        views.links(found, tab.trace, tab.link),
        views.spread(found, tab.trace),
        views.spread_note(found, tab.trace),
        views.rows(steps, tab.trace),
        views.summary(found, steps, answer, tab.zone),
        None,
    )
