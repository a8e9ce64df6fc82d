"""Callbacks of the rules: whose they are, what is done with one, what the list looks like."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update

from access.errors import BadValue
from alerts import board, exchange, starter, store
from alerts.errors import Refused
from alerts.replay import LAG
from dashboards.alerts.rules import views
from dashboards.alerts.rules.layout import Id
from dashboards.alerts.sections import Section, View, asked, only_in
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell


def register(app: Dash) -> None:
    app.callback(
        Output(Id.TABLE, "columnDefs"),
        Output(Id.TABLE, "rowData"),
        Output(Id.TOOLS, "children"),
        Output(Id.SUMMARY, "children"),
        Output(Id.FACE, "children"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
        Input(Id.DONE, "data"),
        Input(Id.LOADED, "data"),
    )(show_rules)
    app.callback(
        Output(Id.DONE, "data"),
        Output(Id.ERROR, "children"),
        Output(Id.FILE, "data"),
        Input(Id.WANTED, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(change)
    app.callback(
        Output(Id.ANSWER, "children"),
        Output(Id.LOADED, "data"),
        Input(Id.READ, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(read_yaml)
    app.clientside_callback(
        ClientsideFunction("alerts_rules", "loaded"),
        Output(Shell.SINK, "data", allow_duplicate=True),
        Input(Id.LOADED, "data"),
        prevent_initial_call=True,
    )


@only_in(Section.RULES)
@guarded(lambda sentence: ([], [], [], None, faces.failed(sentence)))
def show_rules(view: View, tick: Any, done: Any, loaded: Any) -> Any:
    """The rules with what became of them lately."""
    about = asked(view)
    found = board.listed(about.records, about.scope, about.now, LAG)
    return (
        views.columns(many=about.many),
        views.rows(found, about.now, about.zone, edits=about.edits),
        views.tools(
            edits=about.edits,
            many=about.many,
            none=not found,
            builder=about.link.shared.to("/alerts", section=Section.BUILDER),
        ),
        views.summary(found, about.now, about.zone),
        views.nothing(found, edits=about.edits),
    )


@guarded(lambda sentence: (no_update, sentence, no_update))
def change(wanted: dict[str, Any], view: View) -> Any:
    """Turn on or off, delete, add the starter set or export, as the list asks."""
    about = asked(view)
    who = (about.records, about.person, about.scope)
    verb, rule_id = str(wanted.get("verb") or ""), str(wanted.get("rule") or "")
    done: dict[str, Any] = {"verb": verb, "rule": rule_id, "at": wanted.get("at")}
    if verb == "export":
        text = exchange.export(about.records, about.scope)
        name = f"rules-{about.scope.org or 'all'}-{about.now:%Y-%m-%d}.yaml"
        return no_update, "", {"content": text, "filename": name, "type": "application/yaml"}
    if verb in ("enable", "disable"):
        store.set_enabled(*who, rule_id, verb == "enable", about.now)
    elif verb == "delete":
        store.delete(*who, rule_id, about.now)
    elif verb == "starter":
        done["count"] = len(starter.add(*who, about.now))
    else:
        raise BadValue("This cannot be done with a rule.")
    return done, "", no_update


@guarded(lambda sentence: (html.P(sentence, className="field-error"), no_update))
def read_yaml(wanted: dict[str, Any], view: View) -> Any:
    """What a text of rules would make; on import, keep it."""
    about = asked(view)
    text, replacing = str(wanted.get("text") or ""), bool(wanted.get("replacing"))
    if not text.strip():
        return None, no_update
    try:
        if wanted.get("verb") != "import":
            read = exchange.read(about.records, about.scope, text, about.now, replacing=replacing)
            before = {rule.name for rule in store.visible(about.records, about.scope)}
            return views.would_make(read, before), no_update
        kept = exchange.load(
            about.records, about.person, about.scope, text, about.now, replacing=replacing
        )
    except Refused as error:
        return views.wrong(error), no_update
    return None, {"at": wanted.get("at"), "count": len(kept.rules)}
