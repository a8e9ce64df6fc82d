"""Callbacks of share: a link that stays, what an export will be, and lines for a notebook."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access.login import current_scope
from dashboards.errors import guarded
from dashboards.export import links, notebook, preflight
from dashboards.export.routes import registry
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from dashboards.traces.share import views
from dashboards.traces.share.layout import Id
from queries import reader

View = dict[str, Any]
Wish = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(
        Output(Id.MADE, "data"),
        Input(Id.WANTED, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(make_link)
    app.callback(
        Output(Id.PREFLIGHT, "children"),
        Output(Id.READY, "data"),
        Input(Id.WISH, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(look_ahead)
    app.callback(
        Output(Id.NOTEBOOK_TEXT, "children"),
        Input(Id.NOTEBOOK_WISH, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(write_lines)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    """What needs no server: the clipboard, the dialogs, and the progress of a download."""
    sink = Output(Shell.SINK, "data", allow_duplicate=True)

    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("share", name), *wires, **more)

    browser(
        "notice",
        Output(Id.NOTICE, "hidden"),
        Output(Id.NOTICE_TEXT, "children"),
        Output(Id.ZONE, "children"),
        Input(Shell.VIEW, "data"),
    )
    for button, name in (
        (Id.RELATIVE, "copy_relative"),
        (Id.ABSOLUTE, "want_absolute"),
        (Id.PINNED, "want_pinned"),
        (Id.UNPIN, "unpin"),
        (Id.EXPORT, "open_export"),
        (Id.CLOSE, "close_export"),
        (Id.CANCEL, "cancel"),
        (Id.NOTEBOOK, "open_notebook"),
        (Id.NOTEBOOK_CLOSE, "close_notebook"),
        (Id.NOTEBOOK_COPY, "copy_notebook"),
    ):
        browser(name, sink, Input(button, "n_clicks"), prevent_initial_call=True)
    browser("copy_made", sink, Input(Id.MADE, "data"), prevent_initial_call=True)
    browser(
        "wish",
        sink,
        Input(Id.FORMAT, "value"),
        prevent_initial_call=True,
    )
    browser("ready", sink, Input(Id.READY, "data"), prevent_initial_call=True)
    browser(
        "start",
        sink,
        Input(Id.START, "n_clicks"),
        State(Id.READY, "data"),
        State(Id.BOM, "value"),
        prevent_initial_call=True,
    )


@guarded(lambda sentence: {"said": sentence})
def make_link(wanted: Wish | None, view: View) -> Any:
    """The link of the page with fixed times; pinned, its rows are held from now on."""
    if not isinstance(wanted, dict):
        return no_update
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    if wanted.get("kind") != "pinned":
        return {
            "search": links.fixed(link, now).search,
            "said": "Copied. Its times stay as they are.",
        }
    scope = current_scope(link.org or None)
    version = reader.the_reader().hold(scope, link.pinned, now)
    return {"search": links.fixed(link, now, version).search, "said": views.pinned(version)}


@guarded(lambda sentence: (views.refused(sentence), None))
def look_ahead(wish: Wish | None, view: View) -> Any:
    """How many rows and about how many bytes; and the address that gives just these."""
    if not isinstance(wish, dict):
        return no_update
    link, zone, now = Link.parse(view["search"]), zone_of(view["zone"]), datetime.now(UTC)
    scope, kind = current_scope(link.org or None), views.format_of(wish.get("format"))
    registry().refuse_too_many(scope.person_id)
    rows = links.fixed(links.rows_only(link), now)
    found = preflight.estimate(scope, rows.filters(now), kind, zone)
    return views.expected(found), views.order(found, rows, kind, zone)


@guarded(lambda sentence: sentence)
def write_lines(wish: Wish | None, view: View) -> Any:
    """Python that reads these rows from the lake's files, which are held from now on."""
    if not isinstance(wish, dict):
        return no_update
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    scope, asked = current_scope(link.org or None), reader.the_reader()
    version = asked.hold(scope, link.pinned, now)
    filters = links.fixed(link, now, version).filters(now)
    range_ = filters.range
    found = asked.files(scope, "spans", range_.since, range_.until, filters.version)
    return notebook.lines(link, filters, found, scope.org)
