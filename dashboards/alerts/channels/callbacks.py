"""Callbacks of the channels section: whose data, which question, what it looks like."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from access.errors import BadValue
from alerts import deliveries, store
from alerts.channel_store import KeptChannel, the_channels
from alerts.deliveries import Delivery
from alerts.rights import require
from dashboards.alerts.channels import form, views
from dashboards.alerts.channels.form import Form
from dashboards.alerts.channels.layout import FIELDS, Id
from dashboards.alerts.sections import Asked, Section, asked, only_in, section_of
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, LinkError

View = dict[str, Any]

MOST = 50
"""Attempts on a page of the log."""

ALL_STATES = ("waiting", "sending", "sent", "dead", "cancelled")


def register(app: Dash) -> None:
    moves = (
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
        Input(Id.SAVED, "data"),
        Input(Id.DONE, "data"),
        Input(Id.WATCHED, "data"),
    )
    app.callback(Output(Id.NEW, "children"), Output(Id.LIST, "children"), *moves)(show_channels)
    app.callback(Output(Id.LOG, "children"), *moves)(show_log)
    app.callback(Output(Id.LEFT, "children"), *moves)(show_left)
    app.callback(
        Output(Id.DONE, "data"),
        Output(Id.SAID, "children"),
        Output(Id.SECRET, "children"),
        Input(Id.WANTED, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(act)
    app.callback(
        Output(Id.TRIED, "children"),
        Output(Id.TRIED, "className"),
        Output(Id.WATCHED, "data"),
        Input(Id.WATCH, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(watch)
    app.callback(
        Output(Id.TITLE, "children"),
        *(Output(field, "value") for field in FIELDS),
        Output(Id.ERROR, "children"),
        Output(Id.SAVE, "disabled"),
        Input(Shell.VIEW, "data"),
    )(fill)
    app.callback(
        Output(Id.SAVED, "data"),
        Output(Id.ERROR, "children", allow_duplicate=True),
        Output(Id.SECRET, "children", allow_duplicate=True),
        Input(Id.SAVE, "n_clicks"),
        *(State(field, "value") for field in FIELDS),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(save)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    app.clientside_callback(
        ClientsideFunction("alerts_channels", "dialog"),
        Output(Id.OPEN, "data"),
        Input(Shell.VIEW, "data"),
    )
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    for name, wire in (
        ("close", Input(Id.CANCEL, "n_clicks")),
        ("saved", Input(Id.SAVED, "data")),
        ("done", Input(Id.DONE, "data")),
        ("watched", Input(Id.WATCHED, "data")),
        ("show_secret", Input(Id.SECRET, "children")),
        ("copy_secret", Input(Id.SECRET_COPY, "n_clicks")),
        ("close_secret", Input(Id.SECRET_CLOSE, "n_clicks")),
    ):
        app.clientside_callback(
            ClientsideFunction("alerts_channels", name), sink, wire, prevent_initial_call=True
        )


@only_in(Section.CHANNELS)
@guarded(lambda sentence: (None, faces.failed(sentence)))
def show_channels(view: View, *moves: Any) -> Any:
    """Every channel, who uses it and how it went last."""
    asks = asked(view)
    if asks.many:
        return None, views.of_one_org()
    found = the_channels().all(asks.person, asks.scope)
    rules = store.visible(asks.records, asks.scope)
    last = _last(asks, found)
    return (
        views.new(asks.link, edits=asks.edits),
        views.channels(found, rules, last, asks.link, asks.now, edits=asks.edits),
    )


def _last(asks: Asked, found: list[KeptChannel]) -> dict[str, Delivery]:
    """The last attempt through each channel."""
    last = {}
    for each in found:
        attempts = deliveries.log(asks.records, asks.person, asks.scope, channel_id=each.id, most=1)
        if attempts:
            last[each.id] = attempts[0]
    return last


def _names(asks: Asked) -> dict[str, str]:
    return {each.id: each.name for each in the_channels().all(asks.person, asks.scope)}


@only_in(Section.CHANNELS)
@guarded(faces.failed)
def show_log(view: View, *moves: Any) -> Any:
    """What was sent, attempt by attempt."""
    asks = asked(view)
    if asks.many:
        return None
    attempts = deliveries.log(
        asks.records,
        asks.person,
        asks.scope,
        channel_id=asks.link.channel or None,
        before=_before(asks.link),
        most=MOST,
    )
    return views.log(attempts, _names(asks), asks.link, MOST, asks.zone)


def _before(link: Link) -> datetime | None:
    if not link.before:
        return None
    try:
        moment = datetime.fromisoformat(link.before)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise LinkError("The link names no page of the log. Begin with the newest.") from error


@only_in(Section.CHANNELS)
@guarded(faces.failed)
def show_left(view: View, *moves: Any) -> Any:
    """What waits for its next attempt, and what was given up."""
    asks = asked(view)
    if asks.many:
        return None
    waiting = deliveries.outgoing(asks.records, asks.person, asks.scope)
    return views.left(waiting, _names(asks), asks.now, asks.zone, edits=asks.edits)


@guarded(lambda sentence: (no_update, sentence, no_update))
def act(wanted: dict[str, Any], view: View) -> Any:
    """Test, switch, renew the secret of, or delete a channel; send dead letters again."""
    asks, channels = asked(view), the_channels()
    verb, id_ = (str(wanted.get(each) or "") for each in ("verb", "channel"))
    whose = (asks.person, asks.scope)
    done: dict[str, Any] = {"verb": verb, "channel": id_, "at": asks.now.isoformat()}
    secret: Any = no_update
    if verb == "test":
        done["notification"] = channels.test(*whose, id_)
    elif verb in ("on", "off"):
        channels.switch(*whose, id_, verb == "on")
    elif verb == "rotate":
        secret = channels.rotate(*whose, id_).signing
    elif verb == "delete":
        channels.delete(*whose, id_)
    elif verb == "replay":
        ids = str(wanted.get("ids") or "").split()
        done["again"] = deliveries.replay(asks.records, *whose, ids, asks.now)
    else:
        raise BadValue("This cannot be done with a channel.")
    return done, "", secret


@guarded(lambda sentence: (sentence, "channels-tried bad", {"done": True}))
def watch(wanted: dict[str, Any], view: View) -> Any:
    """What became of a test so far."""
    asks = asked(view)
    id_ = str(wanted.get("notification") or "")
    found = deliveries.outgoing(
        asks.records, asks.person, asks.scope, states=ALL_STATES, notification_id=id_
    )
    attempts = deliveries.log(asks.records, asks.person, asks.scope, notification_id=id_)
    sent = found[0] if found else None
    name = _names(asks).get(sent.channel_id, "") if sent else ""
    sentence, tone = views.tried(name, sent, attempts)
    return (
        sentence,
        f"channels-tried {tone}".strip(),
        {"notification": id_, "turn": wanted.get("turn"), "done": bool(tone)},
    )


_SAME = (no_update,) * (len(FIELDS) + 1)


@only_in(Section.CHANNELS)
@guarded(lambda sentence: (*_SAME, sentence, True))
def fill(view: View) -> Any:
    """The dialog for the channel that the URL names, or for a new one."""
    asks = asked(view)
    if asks.link.tab not in ("new", "edit"):
        raise PreventUpdate
    require(asks.person, asks.scope, "edit")
    if asks.link.tab == "new":
        return ("New channel", *astuple(Form()), "", False)
    kept = the_channels().find(asks.person, asks.scope, asks.link.channel)
    return ("Change a channel", *astuple(form.filled(kept)), "", False)


@guarded(lambda sentence: (no_update, sentence, no_update))
def save(clicks: int | None, *wires: Any) -> Any:
    """Keep a new channel, or change one; a new webhook tells its secret, this once."""
    view = wires[-1]
    link = Link.parse((view or {}).get("search"))
    if section_of(link) is not Section.CHANNELS or link.tab not in ("new", "edit"):
        raise PreventUpdate
    asks, channels, typed = asked(view), the_channels(), Form.of(wires[:-1])
    whose = (asks.person, asks.scope)
    if link.tab == "new":
        made = channels.create(*whose, typed.kind, typed.name, typed.given())
        told = made.signing or no_update
        return {"channel": made.channel.id, "at": asks.now.isoformat()}, "", told
    kept = channels.find(*whose, link.channel)
    given = typed.given_anew(kept)
    channels.update(*whose, kept.id, name=typed.name, given=given)
    return {"channel": kept.id, "at": asks.now.isoformat()}, "", no_update
