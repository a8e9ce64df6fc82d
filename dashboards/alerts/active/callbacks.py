"""Callbacks of active alerts: whose alerts, where they stand, what they look like; and what a
person does about one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access.errors import BadValue
from alerts import board, channel_store, deliveries, marks
from alerts.measures import course
from dashboards.alerts.active import chart, detail, views
from dashboards.alerts.active import chosen as choosing
from dashboards.alerts.active.chosen import Chosen
from dashboards.alerts.active.layout import SNOOZES, Id
from dashboards.alerts.sections import Asked, Section, View, asked, only_in
from dashboards.alerts.tiles import views as tiles
from dashboards.alerts.tiles.layout import Id as Tiles
from dashboards.errors import guarded
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell

WIRES = (Input(Shell.VIEW, "data"), Input(Shell.TICK, "data"), Input(Id.DONE, "data"))

STATES = ("waiting", "sending", "sent", "dead", "cancelled")
ENDED = "This incident is over: add a note instead."


def register(app: Dash) -> None:
    app.callback(
        Output(Tiles.TILES, "children"),
        Output(Id.TABLE, "columnDefs"),
        Output(Id.TABLE, "rowData"),
        Output(Id.SUMMARY, "children"),
        Output(Id.FACE, "children"),
        *WIRES,
    )(show_alerts)
    app.callback(
        Output(Id.HEAD, "children"),
        Output(Id.BODY, "children"),
        Output(Id.PAST, "children"),
        *WIRES,
    )(show_one)
    app.callback(
        Output(Id.ACTIONS, "hidden"),
        Output(Id.LOOKED_AFTER, "children"),
        Output(Id.ACKNOWLEDGING, "hidden"),
        Output(Id.TAKE_BACK, "hidden"),
        Output(Id.SNOOZING, "hidden"),
        Output(Id.WAKE, "hidden"),
        Output(Id.NOTING, "hidden"),
        *WIRES,
    )(offer)
    app.callback(Output(Id.CHART, "figure"), Output(Id.CHART_FACE, "children"), *WIRES[:2])(
        show_chart
    )
    _register_acts(app)
    for name, output, *wires in (
        (
            "open",
            Output(Shell.SINK, "data", allow_duplicate=True),
            Input(Id.TABLE, "cellClicked"),
            State(Shell.ORG, "options"),
        ),
        ("find", Output(Shell.SINK, "data", allow_duplicate=True), Input(Id.FIND, "value")),
    ):
        app.clientside_callback(
            ClientsideFunction("alerts_active", name), output, *wires, prevent_initial_call=True
        )
    for name, output in (
        ("closed", Output(Id.DETAIL, "hidden")),
        ("found", Output(Id.FIND, "value")),
    ):
        app.clientside_callback(
            ClientsideFunction("alerts_active", name), output, Input(Shell.VIEW, "data")
        )


def _register_acts(app: Dash) -> None:
    """What a person does; each empties what was typed for it."""
    acts = (
        (acknowledge, Id.ACKNOWLEDGE, Id.ACKNOWLEDGE_NOTE),
        (take_back, Id.TAKE_BACK, None),
        (snooze, Id.SNOOZE, Id.SNOOZE_FOR),
        (wake, Id.WAKE, None),
        (add_note, Id.ADD_NOTE, Id.NOTE),
    )
    for act, button, said in acts:
        typed = said in (Id.ACKNOWLEDGE_NOTE, Id.NOTE)
        app.callback(
            Output(Id.DONE, "data", allow_duplicate=True),
            Output(Id.ERROR, "children", allow_duplicate=True),
            *([Output(said, "value")] if said and typed else []),
            Input(button, "n_clicks"),
            *([State(said, "value")] if said else []),
            State(Shell.VIEW, "data"),
            prevent_initial_call=True,
        )(act)


@only_in(Section.ACTIVE)
@guarded(lambda sentence: ([], [], [], None, faces.failed(sentence)))
def show_alerts(view: View, tick: int | None, done: Any) -> Any:
    """The tiles and the list, of one look at the board."""
    about = asked(view)
    found = board.present(about.records, about.scope, about.now)
    alerts = views.filtered(found, about)
    return (
        tiles.strip(found, about.link),
        views.columns(about),
        views.rows(alerts, about),
        views.summary(alerts, found, about),
        views.nothing(alerts, found, about),
    )


@only_in(Section.ACTIVE)
@guarded(lambda sentence: (detail.lost(), faces.failed(sentence), None))
def show_one(view: View, tick: int | None, done: Any) -> Any:
    """One alert: what it is, why, where it leads, and what happened to it."""
    about = asked(view)
    if not about.link.alert:
        return None, None, None
    chosen = choosing.find(about)
    sent, names = _told(about, chosen)
    return (
        detail.head(chosen, about),
        detail.body(chosen, about),
        detail.happened(chosen.events, sent, names, about),
    )


def _told(about: Asked, chosen: Chosen) -> tuple[list[deliveries.Outgoing], dict[str, str]]:
    """Which notifications of the incident went where; asked inside one org only."""
    if about.many or chosen.incident_id is None:
        return [], {}
    who = (about.person, about.scope)
    sent = deliveries.outgoing(about.records, *who, states=STATES, incident_id=chosen.incident_id)
    channels = channel_store.the_channels().all(*who) if sent else []
    return sent, {channel.id: channel.name for channel in channels}


@only_in(Section.ACTIVE)
@guarded(lambda sentence: (True, None, True, True, True, True, True))
def offer(view: View, tick: int | None, done: Any) -> Any:
    """What this person may do about this alert now."""
    about = asked(view)
    if not about.link.alert:
        return True, None, True, True, True, True, True
    chosen = choosing.find(about)
    return detail.offered(chosen, about)


@only_in(Section.ACTIVE)
@guarded(lambda sentence: (charts.nothing(), faces.failed(sentence)))
def show_chart(view: View, tick: int | None) -> Any:
    """The value against the threshold, over the incident or the last hours."""
    about = asked(view)
    chosen = choosing.find(about) if about.link.alert else None
    if chosen is None or chosen.alert is None:
        return charts.nothing(), None
    if about.many:
        return charts.nothing(), faces.empty("Choose the organisation above to see the chart.")
    range_ = chosen.stretch(about.now)
    found = course(about.scope, chosen.alert.rule, range_)
    return (
        chart.figure(found, chosen, range_, about.zone),
        chart.nothing(found, chosen.alert),
    )


# what a person does


@guarded(lambda sentence: (no_update, sentence, no_update))
def acknowledge(clicks: int | None, note: str | None, view: View) -> Any:
    about, rule_id, group_key = _one(view, clicks)
    who = (about.records, about.person, about.scope)
    marks.acknowledge(*who, rule_id, group_key, note or "", about.now)
    return _done("acknowledged", about), "", ""


@guarded(lambda sentence: (no_update, sentence))
def take_back(clicks: int | None, view: View) -> Any:
    about, rule_id, group_key = _one(view, clicks)
    marks.take_back(about.records, about.person, about.scope, rule_id, group_key, about.now)
    return _done("taken back", about), ""


@guarded(lambda sentence: (no_update, sentence))
def snooze(clicks: int | None, hours: str | None, view: View) -> Any:
    about, rule_id, group_key = _one(view, clicks)
    if hours not in SNOOZES:
        raise BadValue("Choose how long to snooze.")
    until = about.now + timedelta(hours=int(hours))
    marks.snooze(about.records, about.person, about.scope, rule_id, group_key, until, about.now)
    return _done("snoozed", about), ""


@guarded(lambda sentence: (no_update, sentence))
def wake(clicks: int | None, view: View) -> Any:
    about, rule_id, group_key = _one(view, clicks)
    marks.snooze(about.records, about.person, about.scope, rule_id, group_key, None, about.now)
    return _done("awake", about), ""


@guarded(lambda sentence: (no_update, sentence, no_update))
def add_note(clicks: int | None, note: str | None, view: View) -> Any:
    about = asked(view)
    incident = choosing.find(about).incident_id if clicks else None
    if incident is None:
        raise BadValue("There is no incident to write a note on yet.")
    marks.note(about.records, about.person, about.scope, incident, note or "", about.now)
    return _done("noted", about), "", ""


def _one(view: View, clicks: int | None) -> tuple[Asked, str, str]:
    """The alert that the page shows. One of the past cannot be acted on."""
    about = asked(view)
    chosen = choosing.find(about)
    if not clicks or not chosen.present:
        raise BadValue(ENDED)
    return about, chosen.rule_id, chosen.group_key


def _done(what: str, about: Asked) -> dict[str, str]:
    return {"what": what, "at": about.now.isoformat()}
