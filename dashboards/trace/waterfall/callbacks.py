"""Callbacks of the waterfall: whose data, which question, what it looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access.login import current_scope
from access.scope import Scope
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from dashboards.trace.waterfall import looks, views
from dashboards.trace.waterfall.layout import Id
from queries import integrity, search, trace, waterfall
from queries.errors import Gone
from queries.tree import Trace
from queries.waterfall import View

Stored = dict[str, Any]

OPENED = "trace-opened"
MOST_ROWS = 600
MOST_SEARCHES = 8
NOWHERE = (no_update, no_update)
FAILED = {"failed": True}


def register(app: Dash) -> None:
    view, tree, opened = State(Shell.VIEW, "data"), State(Id.TREE, "data"), State(OPENED, "data")
    app.callback(
        Output(Id.SHAPE, "data"),
        Output(Id.SUMMARY, "children"),
        Output(Id.NOTICE, "children"),
        Output(Id.FACE, "children"),
        Input(Id.ASKED, "data"),
        view,
        tree,
        opened,
        prevent_initial_call=True,
    )(draw)
    app.callback(
        Output(Id.MINIMAP, "children"),
        Input(OPENED, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(draw_minimap)
    app.callback(
        Output(Id.GRID, "getRowsResponse"),
        Input(Id.GRID, "getRowsRequest"),
        view,
        tree,
        opened,
        prevent_initial_call=True,
    )(give_rows)
    app.callback(
        Output(Id.LANDED, "data"),
        Output(Id.TREE, "data", allow_duplicate=True),
        Input(Id.JUMP, "data"),
        view,
        tree,
        opened,
        prevent_initial_call=True,
    )(jump)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    """What needs no server: what is asked for, folds, zoom, and the grid itself."""

    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("trace_waterfall", name), *wires, **more)

    browser(
        "asked",
        Output(Id.ASKED, "data"),
        Input(Shell.VIEW, "data"),
        Input(OPENED, "data"),
        Input(Id.TREE, "data"),
        State(Id.ASKED, "data"),
    )
    browser(
        "controls",
        Output(Id.SHORT, "value"),
        Output(Id.ONLY, "value"),
        Output(Id.WHOLE, "hidden"),
        Input(Shell.VIEW, "data"),
    )
    browser("found", Output(Id.FOUND, "children"), Input(Id.LANDED, "data"))
    sink = Output(Id.SINK, "data", allow_duplicate=True)
    for name, *wires in (
        ("follow", Input(Shell.VIEW, "data")),
        ("noted", Input(Id.GRID, "getRowsRequest"), State(Shell.VIEW, "data")),
        ("settle", Input(Id.SHAPE, "data")),
        ("refresh", Input(Id.TREE, "data")),
        ("redraw_long", Input(OPENED, "data")),
        ("land", Input(Id.LANDED, "data")),
        ("open_span", Input(Id.GRID, "cellClicked")),
        ("find", Input(Id.FIND, "value")),
        ("find_next", Input(Id.NEXT, "n_clicks")),
        ("find_previous", Input(Id.PREVIOUS, "n_clicks")),
        ("put_short", Input(Id.SHORT, "value")),
        ("put_only", Input(Id.ONLY, "value")),
        ("put_grouped", Input(Id.GROUPED, "value")),
        ("put_clocks", Input(Id.CLOCKS, "value")),
        ("shallower", Input(Id.SHALLOWER, "n_clicks")),
        ("deeper", Input(Id.DEEPER, "n_clicks")),
        ("shut_all", Input(Id.SHUT_ALL, "n_clicks")),
        ("open_all", Input(Id.OPEN_ALL, "n_clicks")),
        ("use_as_root", Input(Id.ROOT, "n_clicks")),
        ("whole", Input(Id.WHOLE, "n_clicks")),
    ):
        browser(name, sink, *wires, prevent_initial_call=True)


@dataclass(frozen=True)
class Look:
    """How somebody looks at which trace; `matching` are the spans that the view is limited to."""

    link: Link
    zone: ZoneInfo
    trace: Trace
    view: View
    clocks: bool
    matching: Sequence[int] | None

    @property
    def shown(self) -> waterfall.Visible:
        return waterfall.visible(self.trace, self.view, self.matching)


def look(view: Stored | None, tree: Stored | None, opened: Stored | None) -> Look | None:
    """What the browser says is looked at; None while that is no trace."""
    link = Link.parse((view or {}).get("search"))
    if not view or not link.trace:
        return None
    scope = current_scope(link.org or None)
    found = _as_opened(scope, link, opened)
    folded = looks.view_of(link, tree)
    return Look(
        link,
        zone_of(view["zone"]),
        found,
        folded,
        looks.clocks(link, tree),
        _matching(scope, link, found) if folded.only else None,
    )


def _matching(scope: Scope, link: Link, found: Trace) -> Sequence[int]:
    """What the link's search finds in the trace; asked once, for every window needs it."""
    kept: dict[str, Sequence[int]] = found.remember("matching", dict)
    matching = kept.get(link.only)
    if matching is None:
        condition = search.condition(link.only)
        matching = trace.matching(scope, found, condition, link.pinned)
        while len(kept) >= MOST_SEARCHES:
            kept.pop(next(iter(kept)), None)
        kept[link.only] = matching
    return matching


def _as_opened(scope: Scope, link: Link, opened: Stored | None) -> Trace:
    """The trace as it was when the page opened it, or as it is now if that is no longer kept."""
    version = looks.version(link, opened)
    try:
        return trace.spans(scope, link.trace, version)
    except Gone:
        if link.version:
            raise
        return trace.spans(scope, link.trace)


@guarded(lambda sentence: (FAILED, None, None, faces.failed(sentence)))
def draw(asked: Stored | None, view: Stored | None, tree: Any, opened: Any) -> Any:
    """How many rows there are and what time they take up; the rows themselves the grid asks for."""
    looked = look(view, tree, opened)
    if looked is None:
        return None, None, None, None
    shown = looked.shown
    return (
        {**views.shape(looked.trace, looked.view, shown), **_echo(asked)},
        views.summary(looked.trace, looked.view, shown, looked.zone),
        views.notices(looked.trace, looked.view, clocks=looked.clocks),
        None if len(shown) else views.nothing(looked.view),
    )


def _echo(asked: Stored | None) -> Stored:
    """What was asked, for the browser to know which question an answer belongs to."""
    return {name: (asked or {}).get(name) for name in ("key", "opened")}


@guarded(lambda sentence: None)
def draw_minimap(opened: Stored | None, view: Stored | None) -> Any:
    """What went on when, over the whole trace."""
    link = Link.parse((view or {}).get("search"))
    if not opened or not link.trace:
        return None
    return views.minimap(
        waterfall.activity(_as_opened(current_scope(link.org or None), link, opened))
    )


@guarded(lambda sentence: {"rowData": [], "rowCount": 0})
def give_rows(request: Stored | None, view: Stored | None, tree: Any, opened: Any) -> Any:
    """The rows that the grid is about to show."""
    looked = look(view, tree, opened)
    if looked is None or not request:
        return {"rowData": [], "rowCount": 0}
    shown = looked.shown
    start = max(int(request["startRow"]), 0)
    end = min(int(request["endRow"]), start + MOST_ROWS)
    lines = waterfall.window(looked.trace, shown, start, end)
    return {
        "rowData": views.rows(looked.trace, lines, clocks=looked.clocks),
        "rowCount": len(shown),
    }


@guarded(lambda sentence: NOWHERE)
def jump(wanted: Stored | None, view: Stored | None, tree: Any, opened: Any) -> Any:
    """Where the next of the wanted spans stands, with everything opened that hid it."""
    looked = look(view, tree, opened)
    if looked is None or not wanted:
        return NOWHERE
    spans = _wanted(looked.trace, wanted, looked.link)
    at = waterfall.index_of(looked.trace, str(wanted.get("from") or ""))
    forward = not wanted.get("back")
    step = waterfall.step(spans, at, forward=forward)
    if step is None:
        return views.nowhere(wanted), no_update
    # keys that were pressed before the first of them was answered
    further = max(int(wanted.get("hops") or 1), 1) - 1
    step = (step + (further if forward else -further)) % len(spans)
    index = spans[step]
    revealed = waterfall.reveal(looked.trace, looked.view, index, looked.matching)
    shown = waterfall.visible(looked.trace, revealed, looked.matching)
    landed = views.landed(looked.trace, shown, index, step, len(spans), wanted)
    unchanged = revealed == looked.view
    return landed, no_update if unchanged else looks.tree_of(revealed, tree, looked.link)


def _wanted(found: Trace, wanted: Stored, link: Link) -> Sequence[int]:
    """The spans that somebody wants to go through, in pre-order."""
    what, text = str(wanted.get("what")), str(wanted.get("text") or "")
    if what == "find":
        return waterfall.found(found, text)
    if what == "span":
        index = waterfall.index_of(found, text)
        return [] if index is None else [index]
    if what == "zoom":
        begins, ends = looks.zoom(link)
        return [i for i, offset in enumerate(found.offset_ns) if begins <= offset <= ends]
    if what == "errors":
        return [i for i, status in enumerate(found.columns["status"]) if status == "error"]
    odd = integrity.finding(found, what)
    return odd.spans if odd else []
