"""Callbacks of saved views: whose they are, what is done with one, what the menu looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access import saved_views
from access.errors import BadValue
from access.login import current_person, current_records, current_scope
from dashboards.errors import guarded
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link
from dashboards.traces.saved import views
from dashboards.traces.saved.layout import Id

View = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(
        Output(Id.VIEWS, "data"),
        Output(Id.LIST, "children"),
        Input(Id.WHOSE, "data"),
        Input(Id.DONE, "data"),
    )(show_views)
    app.callback(
        Output(Id.DONE, "data"),
        Output(Id.ERROR, "children"),
        Input(Id.WANTED, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(change)
    for name, output, *wires in (
        ("whose", Output(Id.WHOSE, "data"), Input(Shell.VIEW, "data"), State(Id.WHOSE, "data")),
        (
            "present",
            Output(Id.NAME, "children"),
            Input(Id.VIEWS, "data"),
            Input(Shell.VIEW, "data"),
            Input(Id.DONE, "data"),
        ),
    ):
        app.clientside_callback(ClientsideFunction("saved", name), output, *wires)


@guarded(lambda sentence: ([], sentence))
def show_views(whose: dict[str, Any] | None, done: Any) -> Any:
    """The views that the person may open here, and what they may do."""
    if whose is None:
        return no_update, no_update
    person, scope = current_person(), current_scope(str(whose["org"]) or None)
    found = saved_views.visible(current_records(), person, scope)
    writing = person.role != "alias_support"
    return views.known(found), views.menu(found, sharing=scope.org is not None, writing=writing)


@guarded(lambda sentence: (no_update, sentence))
def change(wanted: dict[str, Any], view: View) -> Any:
    """Save, update, rename or delete, as the menu asks."""
    person, records = current_person(), current_records()
    scope = current_scope(Link.parse(view["search"]).org or None)
    verb, id_, name = (str(wanted.get(each) or "") for each in ("verb", "view", "name"))
    place = {"path": "/traces", "search": views.held(str(wanted.get("search") or ""))}
    if verb == "save":
        shared = bool(wanted.get("shared"))
        id_ = saved_views.save(records, person, scope, name=name, shared=shared, **place).id
    elif verb == "update":
        saved_views.update(records, person, scope, id_, **place)
    elif verb == "rename":
        saved_views.rename(records, person, scope, id_, name)
    elif verb == "delete":
        saved_views.delete(records, person, scope, id_)
    else:
        raise BadValue("This cannot be done with a view.")
    return {"verb": verb, "view": id_, "at": wanted.get("at")}, ""
