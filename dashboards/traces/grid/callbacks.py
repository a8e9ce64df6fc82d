"""Callbacks of the list: whose data, which question, what it looks like."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access import preferences
from access.login import current_person, current_records, current_scope
from access.scope import Scope
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from dashboards.traces.grid import columns, views
from dashboards.traces.grid.columns import Shown
from dashboards.traces.grid.layout import Id
from dashboards.traces.grid.views import GridRow
from queries import family, search, suggest, traces, watched
from queries.errors import BadQuestion
from queries.family import Place
from queries.filters import EPOCH, Cursor, TimeRange
from queries.reader import Row

View = dict[str, Any]

ROWS = 100
MOST_OPENED = 300
"""Opened rows that a page remembers."""

NEAR = timedelta(hours=1)
"""How long before or after the rows shown their parents and children are looked for first."""

MOST_AT_ONCE = 20
"""Rows that are opened by one request."""

MOST_BELOW = 2_000
"""Rows below opened ones that one page is sent."""


def register(app: Dash) -> None:
    app.callback(
        Output(Id.TABLE, "columnDefs"),
        Output(Id.TABLE, "rowData"),
        Output(Id.CURSORS, "data"),
        Output(Id.SUMMARY, "children"),
        Output(Id.FACE, "children"),
        Input(Id.ASKED, "data"),
    )(show_list)
    app.callback(
        Output(Id.NEW, "children"),
        Input(Shell.TICK, "data"),
        State(Shell.VIEW, "data"),
        State(Id.CURSORS, "data"),
        prevent_initial_call=True,
    )(count_new)
    for store, kept, answer in (
        (Id.UNKNOWN, Id.KIN, show_kin),
        (Id.WANTED, Id.KIDS, open_row),
        (Id.CELL, Id.TERM, term_of),
        (Id.JUMP, Id.JUMPED, jump),
        (Id.TYPED, Id.KEYS, suggest_columns),
        (Id.CHOSEN, Id.REMEMBERED, remember_columns),
    ):
        app.callback(
            Output(kept, "data"),
            Input(store, "data"),
            State(Shell.VIEW, "data"),
            prevent_initial_call=True,
        )(answer)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    """What needs no server: controls to URL and back, rows and pages to links."""

    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("traces", name), *wires, **more)

    browser("controls", Output(Id.MODE, "value"), Input(Shell.VIEW, "data"))
    browser("asked", Output(Id.ASKED, "data"), Input(Shell.VIEW, "data"))
    browser(
        "pager",
        Output(Id.FIRST, "disabled"),
        Output(Id.NEWER, "disabled"),
        Output(Id.OLDER, "disabled"),
        Input(Id.CURSORS, "data"),
    )
    browser("fresh", Output(Id.NEW, "hidden"), Input(Id.NEW, "children"), Input(Id.CURSORS, "data"))
    browser(
        "jump_error",
        Output(Id.JUMP_ERROR, "children"),
        Input(Id.JUMPED, "data"),
        prevent_initial_call=True,
    )
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    for name, *wires in (
        ("put_mode", Input(Id.MODE, "value")),
        ("rows_came", Input(Id.TABLE, "rowData")),
        ("kin_came", Input(Id.KIN, "data")),
        ("kids_came", Input(Id.KIDS, "data")),
        ("term_came", Input(Id.TERM, "data")),
        ("keys_came", Input(Id.KEYS, "data")),
        ("remembered", Input(Id.REMEMBERED, "data")),
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
def show_list(asked: View) -> Any:
    """A page of spans or traces, or the watched variables, those opened by the reader open."""
    link, now, zone = Link.parse(asked["search"]), datetime.now(UTC), zone_of(asked["zone"])
    scope = current_scope(link.org or None)
    shown = columns_of(link)
    grid = columns.definitions(shown, many=scope.org is None)
    if link.mode == "watched":
        answer = watched.variables(scope, link.filters(now))
        return (
            grid,
            views.rows(answer.rows, link, zone),
            {"newer": None, "older": None, "top": None},
            views.summary(answer, link, zone),
            views.nothing(link) if not answer.rows else None,
        )
    ask = traces.search_traces if link.mode == "traces" else traces.search
    found = ask(scope, link.filters(now), link.page(ROWS))
    return (
        grid,
        _opened(scope, link, found.rows, shown, opened_ids(asked), zone),
        views.cursors(found),
        None,
        views.nothing(link) if not found.rows else None,
    )


def columns_of(link: Link) -> tuple[Shown, ...]:
    """The columns of the link, or else those that the reader chose last time."""
    if link.cols:
        return columns.parse(link.cols, link.mode)
    chosen = preferences.chosen(current_records(), current_person(), _preference(link.mode))
    return columns.parse(str((chosen or {}).get("cols", "")), link.mode)


def opened_ids(asked: View) -> list[str]:
    """Names of opened rows as the browser remembers them; what makes no sense is left out."""
    ids = asked.get("opened")
    if not isinstance(ids, list):
        return []
    return [id_ for id_ in ids[-MOST_OPENED:] if isinstance(id_, str) and _is_place(id_)]


def _is_place(id_: str) -> bool:
    try:
        place = views.place(id_)
        return len(bytes.fromhex(place.trace_id)) == 16 and len(bytes.fromhex(place.span_id)) < 9
    except ValueError:
        return False


def _opened(
    scope: Scope,
    link: Link,
    found: list[Row],
    shown: Sequence[Shown],
    ids: list[str],
    zone: ZoneInfo,
) -> list[GridRow]:
    """The rows of a page with what hangs below those that are open."""
    top = views.rows(found, link, zone)
    here = {row["id"] for row in top}
    below = [id_ for id_ in ids if id_.split("/", 1)[0] in here]
    kids = _below(scope, link, below) if below else {}
    below_too = [*found, *(row for each in kids.values() for row in each)]
    cells = _more(scope, link, below_too, shown, zone)
    rows = views.unfolded(top, set(below), kids, zone, MOST_BELOW)
    return [views.with_more(row, cells) for row in rows]


def _below(scope: Scope, link: Link, ids: Sequence[str]) -> dict[str, list[Row]]:
    """What hangs below each of the rows, in at most two questions."""
    places = {id_: views.place(id_) for id_ in ids}
    spans = [place for place in places.values() if place.span_id]
    whole = [place for place in places.values() if not place.span_id]
    found: dict[Place, list[Row]] = {}
    for row in family.children(scope, spans, link.pinned) if spans else ():
        parent = Place(row["org_id"], row["trace_id"], row["parent_span_id"])
        found.setdefault(parent, []).append(row)
    for row in family.roots(scope, whole, link.pinned) if whole else ():
        found.setdefault(Place(row["org_id"], row["trace_id"]), []).append(row)
    return {id_: found[place] for id_, place in places.items() if place in found}


def _more(
    scope: Scope, link: Link, found: Sequence[Row], shown: Sequence[Shown], zone: ZoneInfo
) -> dict[str, GridRow]:
    """Cells of the columns that the list's own question does not read."""
    spans = [row for row in found if row.get("span_id")]
    fields, named = columns.fields_of(shown), columns.attributes_of(shown)
    if not spans or link.mode != "spans" or not (fields or named):
        return {}
    of_span, of_resource = (
        [attribute.name for attribute in named if attribute.column == place]
        for place in ("attributes", "resource")
    )
    at_hand = all(field.column in spans[0] for field in fields)
    return views.more(
        shown,
        spans if at_hand else traces.columns_of(scope, spans, link.pinned),
        traces.attributes_of(scope, spans, of_span, of_resource, link.pinned) if named else (),
        zone,
    )


@guarded(lambda sentence: None)
def count_new(tick: int | None, view: View, cursors: dict[str, Any] | None) -> Any:
    """How many spans came since the list was read; the list itself stays where it is."""
    link = Link.parse(view["search"])
    if link.after or link.before or link.mode != "spans" or not cursors:
        return None
    scope = current_scope(link.org or None)
    fresh = traces.newer(scope, link.filters(datetime.now(UTC)), views.top_of(cursors))
    return f"{fresh:,} new – show" if fresh else None


@guarded(lambda sentence: None)
def show_kin(asked: dict[str, Any], view: View) -> Any:
    """Which of the rows have children, and which lost their parent; asked after the list."""
    link = Link.parse(view["search"])
    scope = current_scope(link.org or None)
    spans = {id_: views.place(id_) for id_ in asked["ids"][:ROWS] if _is_place(id_)}
    if not spans:
        return None
    near = around(asked.get("since"), asked.get("until"))
    ask = partial(family.standing, near=near) if near else family.kin
    found = {
        family.place_of(row): views.standing(row)
        for row in ask(scope, list(spans.values()), version=link.pinned)
    }
    return {id_: found[place] for id_, place in spans.items() if place in found}


def around(since: Any, until: Any) -> TimeRange | None:
    """The time in which parents and children of the rows shown are likely to have started."""
    try:
        ends = [datetime.fromisoformat(end).astimezone(UTC) for end in (since, until)]
        return TimeRange(ends[0] - NEAR, ends[1] + NEAR)
    except (TypeError, ValueError, OverflowError, BadQuestion):
        return None


@guarded(lambda sentence: {"error": sentence})
def open_row(wanted: dict[str, Any], view: View) -> Any:
    """What hangs below each row that was opened."""
    link, zone = Link.parse(view["search"]), zone_of(view["zone"])
    scope = current_scope(link.org or None)
    ids = [id_ for id_ in wanted["ids"][-MOST_AT_ONCE:] if _is_place(id_)]
    if not ids:
        raise BadQuestion("This row is not known. Load the page again.")
    found = _below(scope, link, ids)
    cells = _more(
        scope, link, [row for rows in found.values() for row in rows], columns_of(link), zone
    )
    return {"below": views.below_each(ids, found, cells, zone), "at": wanted.get("at")}


@guarded(lambda sentence: {"error": sentence})
def term_of(cell: dict[str, Any], view: View) -> Any:
    """The term of the search that keeps, or leaves out, what a cell holds."""
    value = cell["value"]
    return {
        "term": search.term(str(cell["key"]), value, exclude=bool(cell.get("exclude"))),
        "at": cell.get("at"),
    }


@guarded(lambda sentence: {"error": sentence})
def jump(typed: dict[str, Any], view: View) -> Any:
    """The page that begins at a time as somebody wrote it, in their zone."""
    link, now, zone = Link.parse(view["search"]), datetime.now(UTC), zone_of(view["zone"])
    range_ = link.time_range(now)
    moment = moment_of(str(typed["text"]), zone, now)
    if not range_.since <= moment < range_.until:
        raise BadQuestion("That time is outside the time range. Choose a longer one.")
    return {"after": cursor_at(moment, link.mode).encode(), "at": typed.get("at")}


def moment_of(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """A time of day is the last such time before `now`; with a date, or an offset, it is exact."""
    words = text.strip()
    try:
        if ":" in words and "-" not in words.split("+")[0]:
            local = now.astimezone(zone)
            clock = datetime.fromisoformat(f"{local:%Y-%m-%d}T{words}")
            moment = clock.replace(tzinfo=clock.tzinfo or zone).astimezone(UTC)
            return moment if moment <= now else moment - timedelta(days=1)
        typed = datetime.fromisoformat(words)
        return (typed if typed.tzinfo else typed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadQuestion("Write a time as 14:05 or 2026-11-20 14:05:30.") from error


def cursor_at(moment: datetime, mode: str) -> Cursor:
    """The place in the list just before the first row that began at `moment` or earlier."""
    micros = (moment - EPOCH) // timedelta(microseconds=1)
    if mode == "traces":
        return Cursor(micros * 1000, "")
    return Cursor(micros, "ff" * 16, "ff" * 8)


@guarded(lambda sentence: {"error": sentence})
def suggest_columns(typed: dict[str, Any], view: View) -> Any:
    """Attributes of the newest spans whose key holds what was typed."""
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    scope = current_scope(link.org or None)
    prefix = str(typed["text"])[:200]
    found = suggest.keys(scope, link.time_range(now), prefix)
    known = (columns.of_key(key.key) for key in found)
    return {
        "text": typed["text"],
        "keys": [
            {"key": column.key, "title": column.title}
            for column in known
            if column and column.search.startswith(("attr.", "resource."))
        ],
    }


@guarded(lambda sentence: None)
def remember_columns(chosen: dict[str, Any], view: View) -> Any:
    """Keep the reader's columns for the next time; no columns means the default again."""
    mode = str(chosen["mode"])
    if mode not in columns.DEFAULTS:
        return None
    records, person, name = current_records(), current_person(), _preference(mode)
    if not chosen.get("cols"):
        preferences.forget(records, person, name)
        return {"reset": True, "at": chosen.get("at")}
    # written again from what is understood, so that nothing else is kept
    cols = columns.write(columns.parse(str(chosen["cols"])[:4_000], mode))
    preferences.choose(records, person, name, {"cols": cols})
    return None


def _preference(mode: str) -> str:
    return f"columns.{mode if mode in columns.DEFAULTS else 'spans'}"
