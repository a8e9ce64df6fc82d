"""Callbacks of the silences section: whose data, which question, what it looks like."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from access.errors import BadValue
from alerts import board, silences
from alerts.errors import Refused
from alerts.rights import require
from alerts.silences import Silence
from dashboards.alerts.sections import Asked, Section, asked, only_in, section_of
from dashboards.alerts.silences import form, views
from dashboards.alerts.silences.form import Form
from dashboards.alerts.silences.layout import FIELDS, Id
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link

View = dict[str, Any]

NEW = "new"
"""What the URL says instead of the id of a silence that is to be made."""


def register(app: Dash) -> None:
    app.callback(
        Output(Id.KINDS, "children"),
        Output(Id.NEW, "children"),
        Output(Id.LIST, "children"),
        Output(Id.SUMMARY, "children"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
        Input(Id.SAVED, "data"),
        Input(Id.DONE, "data"),
    )(show_silences)
    app.callback(
        Output(Id.TITLE, "children"),
        *(Output(field, "value") for field in FIELDS),
        Output(Id.ERROR, "children"),
        Output(Id.SAVE, "disabled"),
        Input(Shell.VIEW, "data"),
    )(fill)
    app.callback(
        Output(Id.PREVIEW, "children"),
        Output(Id.LABELS, "children"),
        *(Input(field, "value") for field in FIELDS),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(preview)
    app.callback(
        Output(Id.SAVED, "data"),
        Output(Id.ERROR, "children", allow_duplicate=True),
        Input(Id.SAVE, "n_clicks"),
        *(State(field, "value") for field in FIELDS),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(save)
    app.callback(
        Output(Id.DONE, "data"),
        Output(Id.SAID, "children"),
        Input(Id.WANTED, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(act)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    app.clientside_callback(
        ClientsideFunction("alerts_silences", "dialog"),
        Output(Id.OPEN, "data"),
        Input(Shell.VIEW, "data"),
    )
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    for name, wire in (
        ("close", Input(Id.CANCEL, "n_clicks")),
        ("saved", Input(Id.SAVED, "data")),
    ):
        app.clientside_callback(
            ClientsideFunction("alerts_silences", name), sink, wire, prevent_initial_call=True
        )


@only_in(Section.SILENCES)
@guarded(lambda sentence: (None, None, faces.failed(sentence), None))
def show_silences(view: View, tick: int | None, saved: Any, done: Any) -> Any:
    """Every silence, and what it mutes of what is going on."""
    asks = asked(view)
    found = silences.visible(asks.records, asks.scope, asks.now)
    alerts = board.present(asks.records, asks.scope, asks.now).alerts
    shown = views.chosen(found, asks.link, asks.now)
    return (
        views.kinds(found, asks.link, asks.now),
        views.new(asks.link, edits=asks.edits),
        views.lines(
            shown, alerts, asks.link, asks.now, asks.zone, edits=asks.edits, many=asks.many
        ),
        views.summary(found, asks.now, asks.zone),
    )


_SAME = (no_update,) * (len(FIELDS) + 1)


@only_in(Section.SILENCES)
@guarded(lambda sentence: (*_SAME, sentence, True))
def fill(view: View) -> Any:
    """The dialog for the silence that the URL names, or for a new one."""
    asks = asked(view)
    if not asks.link.silence:
        raise PreventUpdate
    require(asks.person, asks.scope, "edit")
    kept = _kept(asks)
    if kept is None:
        made = Form(matchers=asks.link.matchers, zone=asks.zone.key)
        return ("New silence", *_values(made), "", False)
    return ("Change a silence", *_values(form.filled(kept, asks.zone)), "", False)


def _kept(asks: Asked) -> Silence | None:
    """The silence that is changed. Raises NotFound."""
    if asks.link.silence == NEW:
        return None
    return silences.find(asks.records, asks.scope, asks.link.silence)


def _values(filled: Form) -> tuple[Any, ...]:
    values = astuple(filled)
    return tuple(list(value) if isinstance(value, tuple) else value for value in values)


@guarded(lambda sentence: (views.wrong(sentence), no_update))
def preview(*wires: Any) -> Any:
    """What the silence of the form would mute."""
    asks = _dialog_of(wires[-1])
    filled = Form.of(wires[:-1])
    known = board.present(asks.records, asks.scope, asks.now).alerts
    try:
        meant = form.silence(filled, asks.now, asks.zone)
    except Refused as error:
        return views.wrong(str(error)), _labels(known, filled)
    if wrong := list(silences.problems(meant, asks.now)):
        return views.wrong(wrong[0].sentence), _labels(known, filled)
    muted = [alert for alert in known if silences.matches(meant.matchers, alert.labels)]
    return views.preview(meant, muted, len(known), asks.now, asks.zone), _labels(known, filled)


def _labels(known: Any, filled: Form) -> Any:
    try:
        return views.labels(known, silences.parsed(filled.matchers))
    except Refused:
        return no_update


@guarded(lambda sentence: (no_update, sentence))
def save(clicks: int | None, *wires: Any) -> Any:
    """Make the silence, or change it."""
    asks = _dialog_of(wires[-1])
    kept = _kept(asks)
    meant = form.silence(Form.of(wires[:-1]), asks.now, asks.zone, kept)
    keep = silences.change if kept else silences.create
    made = keep(asks.records, asks.person, asks.scope, meant, asks.now)
    return {"silence": made.id, "at": asks.now.isoformat()}, ""


def _dialog_of(view: View) -> Asked:
    """Who asks in the dialog, when it is open."""
    link = Link.parse((view or {}).get("search"))
    if section_of(link) is not Section.SILENCES or not link.silence:
        raise PreventUpdate
    return asked(view)


@guarded(lambda sentence: (no_update, sentence))
def act(wanted: dict[str, Any], view: View) -> Any:
    """End a silence."""
    asks = asked(view)
    if wanted.get("verb") != "end":
        raise BadValue("This cannot be done with a silence.")
    id_ = str(wanted.get("silence") or "")
    silences.end(asks.records, asks.person, asks.scope, id_, asks.now)
    return {"silence": id_, "at": asks.now.isoformat()}, ""
