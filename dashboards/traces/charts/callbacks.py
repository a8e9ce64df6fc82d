"""Callbacks of charts: whose data, which question, what it looks like; and what a brush means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access.login import current_scope
from dashboards.errors import guarded
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from dashboards.traces.charts import views
from dashboards.traces.charts.layout import Id
from queries import choices, explore
from queries.explore import LEVELS
from queries.filters import TimeRange

View = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(
        Output(Id.GRAPH, "figure"),
        Output(Id.NOTE, "children"),
        Output(Id.LABEL, "children"),
        Output(Id.FACE, "children"),
        Input(Id.KIND, "value"),
        Input(Id.OPEN, "data"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
    )(show)
    app.callback(
        Output(Id.ZOOM, "data"),
        Input(Id.BRUSH, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(zoom)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("explore", name), *wires, **more)

    browser(
        "fold_charts",
        Output(Id.BODY, "hidden"),
        Output(Id.FOLD, "children"),
        Input(Id.OPEN, "data"),
    )
    browser(
        "toggle",
        Output(Id.OPEN, "data"),
        Input(Id.FOLD, "n_clicks"),
        State(Id.OPEN, "data"),
        prevent_initial_call=True,
    )
    browser(
        "brush",
        Output(Id.BRUSH, "data"),
        Input(Id.GRAPH, "selectedData"),
        State(Id.GRAPH, "figure"),
        State(Id.DRAG, "value"),
        prevent_initial_call=True,
    )
    browser("zoomed", Output(Id.RESET, "hidden"), Input(Shell.VIEW, "data"))
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    browser("put_zoom", sink, Input(Id.ZOOM, "data"), prevent_initial_call=True)
    browser("reset_zoom", sink, Input(Id.RESET, "n_clicks"), prevent_initial_call=True)


@guarded(lambda sentence: (charts.nothing(), "", "", faces.failed(sentence)))
def show(kind: str, is_open: bool, view: View, tick: int | None) -> Any:
    """The list over time: as bars, or by latency."""
    if not is_open:
        return no_update, "", "", None
    link, now, zone = Link.parse(view["search"]), datetime.now(UTC), zone_of(view["zone"])
    scope, filters = current_scope(link.org or None), link.filters(now)
    ask = explore.heatmap if kind == "heatmap" else explore.histogram
    found = ask(scope, filters, _ahead(zone, filters.range))
    if not found.answer.rows:
        return charts.nothing(), "", "", views.nothing()
    revision = f"{kind} {link.org} {link.range} {link.since} {link.until}"
    return (
        views.chart(found, zone, revision),
        views.note(found),
        views.label(found, zone),
        None,
    )


def _ahead(zone: ZoneInfo, range_: TimeRange) -> timedelta:
    """How far the zone's clock is ahead of UTC, so that days begin at its midnight."""
    return range_.since.astimezone(zone).utcoffset() or timedelta()


@guarded(lambda sentence: no_update)
def zoom(brush: dict[str, Any] | None, view: View) -> Any:
    """Where a brush leads: to what it covers, or to a comparison of that with the rest."""
    if not brush:
        return no_update
    link = Link.parse(view["search"])
    if brush.get("drag") == "compare":
        return {
            "select": lasting(
                f"start>={brush['since']} start<{brush['until']}", brush.get("levels")
            )
        }
    return {
        "since": brush["since"],
        "until": brush["until"],
        "q": lasting(link.q, brush.get("levels")),
    }


def lasting(text: str, levels: Sequence[Any] | None) -> str:
    """The search with the durations of the levels that were brushed, from the first to the last."""
    if not levels:
        return text
    low, high = (max(0, min(int(level), len(LEVELS))) for level in levels)
    return choices.lasting(
        text,
        LEVELS[low - 1] if low else None,
        LEVELS[high] if high < len(LEVELS) else None,
    )
