"""Callbacks of the inbox and the bell: whose notices, which of them, what they look like."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, no_update

from alerts import inbox
from dashboards.alerts.inbox import views
from dashboards.alerts.inbox.layout import Id
from dashboards.alerts.sections import Section, View, asked, only_in
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.bell import Id as Bell
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import LinkError


def register(app: Dash) -> None:
    app.callback(
        Output(Bell.COUNT, "children"),
        Output(Bell.LIST, "children"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
        Input(Bell.TICK, "n_intervals"),
        Input(Bell.READ, "data"),
    )(show_bell)
    app.callback(
        Output(Id.SUMMARY, "children"),
        Output(Id.LIST, "children"),
        Output(Id.PAGER, "children"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
        Input(Bell.READ, "data"),
    )(show_inbox)
    for button in (Bell.READ_ALL, Id.READ_ALL):
        app.callback(
            Output(Bell.READ, "data", allow_duplicate=True),
            Input(button, "n_clicks"),
            State(Shell.VIEW, "data"),
            prevent_initial_call=True,
        )(read_all)


@guarded(lambda sentence: ("", faces.failed(sentence)))
def show_bell(view: View | None, tick: Any, own_tick: Any, read: Any) -> Any:
    """How many notices are unread, and the newest."""
    if not view:
        return no_update, no_update
    about = asked(view)
    who = (about.records, about.person, about.scope)
    newest = inbox.notices(*who, most=views.IN_BELL)
    return views.count(inbox.unread(*who)), views.under_bell(newest, about)


@only_in(Section.INBOX)
@guarded(lambda sentence: (None, faces.failed(sentence), None))
def show_inbox(view: View, tick: Any, read: Any) -> Any:
    """A page of notices, the newest first."""
    about = asked(view)
    who = (about.records, about.person, about.scope)
    found = inbox.notices(*who, before=_before(about.link.after), most=views.ROWS)
    return (
        views.summary(found, inbox.unread(*who), about),
        views.listed(found, about),
        views.pager(found, about),
    )


@guarded(lambda sentence: no_update)
def read_all(clicks: int | None, view: View | None) -> Any:
    """The person has read every notice there is here now."""
    if not clicks or not view:
        return no_update
    about = asked(view)
    who = (about.records, about.person, about.scope)
    newest = inbox.notices(*who, most=1)
    if not newest:
        return no_update
    inbox.mark_read(*who, newest[0].id, about.now)
    return {"at": about.now.isoformat()}


def _before(after: str) -> int | None:
    """The id of the last notice of the page before. Raises LinkError."""
    if not after:
        return None
    if not after.isascii() or not after.isdigit() or len(after) > 18:
        raise LinkError("The link's place in the inbox is not a number. Open the newest page.")
    return int(after)
