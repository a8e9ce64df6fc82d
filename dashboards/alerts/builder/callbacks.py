"""Callbacks of the rule builder: whose rule, what its draft says, what it would have done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from alerts import checks, store, trials
from alerts.errors import Meanwhile, Problem, Refused
from alerts.rights import require
from alerts.rules import Rule, SqlQuery
from dashboards.alerts.builder import choosing, drafts, forms, turns, views
from dashboards.alerts.builder.drafts import Draft
from dashboards.alerts.builder.layout import Id, field, problem
from dashboards.alerts.sections import Asked, Section, View, asked, only_in
from dashboards.errors import guarded
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell

MOST = 4_500
"""Instants that the chart of the builder replays; the time machine replays all."""


def register(app: Dash) -> None:
    app.callback(
        Output(Id.HEAD, "children"),
        Output(Id.FORM, "children"),
        Output(Id.BASE, "data"),
        Output(Id.SAVE, "hidden"),
        Input(Id.ASKED, "data"),
    )(show_form)
    app.callback(
        Output(Id.SENTENCE, "children"), Output(Id.PROBLEMS, "data"), Input(Id.TYPED, "data")
    )(read_back)
    app.callback(
        Output(Id.GRAPH, "figure"),
        Output(Id.NOTE, "children"),
        Output(Id.FACE, "children"),
        Output(Id.OUTCOME, "children"),
        Input(Id.TYPED, "data"),
    )(show_course)
    app.callback(
        Output(Id.SAVED, "data"),
        Output(Id.ERROR, "children"),
        Input(Id.WANTED, "data"),
        prevent_initial_call=True,
    )(save)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("alerts_builder", name), *wires, **more)

    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    browser("asked", Output(Id.ASKED, "data"), Input(Shell.VIEW, "data"))
    browser(
        "typed",
        Output(Id.TYPED, "data"),
        Input(Shell.VIEW, "data"),
        Input(field(ALL), "value"),
        State(field(ALL), "id"),
        State(Id.BASE, "data"),
    )
    browser(
        "problems",
        Output(problem(ALL), "children"),
        Input(Id.PROBLEMS, "data"),
        State(problem(ALL), "id"),
    )
    browser(
        "save",
        Output(Id.WANTED, "data"),
        Input(Id.SAVE, "n_clicks"),
        State(Id.TYPED, "data"),
        State(Id.BASE, "data"),
        prevent_initial_call=True,
    )
    browser("saved", sink, Input(Id.SAVED, "data"), prevent_initial_call=True)
    browser("replay", sink, Input(Id.REPLAY, "n_clicks"), prevent_initial_call=True)


@only_in(Section.BUILDER)
@guarded(lambda sentence: ([], faces.failed(sentence), None, True))
def show_form(view: View) -> Any:
    """The controls of the rule that the link names, as its draft has them."""
    about = asked(view)
    about.link.time_range(about.now)
    rule = _rule(about)
    base = drafts.form_of(rule) if rule else drafts.blank("threshold")
    values = drafts.whole(base, drafts.from_link(about.link.draft))
    back = about.link.shared.to("/alerts", section=Section.RULES)
    return (
        views.head(rule, edits=about.edits, back=back),
        forms.form(values, choosing.known(about)),
        {"form": base, "revision": rule.revision if rule else 0},
        not about.edits,
    )


@only_in(Section.BUILDER)
@guarded(lambda sentence: (faces.failed(sentence), no_update))
def read_back(typed: dict[str, Any]) -> Any:
    """The draft in a sentence, and what is wrong with which field."""
    about = asked(typed)
    draft = _draft(about, typed)
    found = _problems(about, draft)
    said = [{"field": each.field, "sentence": each.sentence} for each in found]
    return views.sentence(draft.rule, choosing.channels(about), found), said


@only_in(Section.BUILDER)
@guarded(lambda sentence: (charts.nothing(), "", faces.failed(sentence), None))
def show_course(typed: dict[str, Any]) -> Any:
    """What the metric did over the range, and where the draft would have fired."""
    about = asked(typed)
    draft = _draft(about, typed)
    if _problems(about, draft):
        # the sentence says what is wrong; what was drawn before is no answer to it
        hint = "It is drawn once every field can be read."
        return charts.nothing(), "", faces.empty("No chart yet.", hint), None
    refuse_sql(about, draft.rule)
    range_ = trials.stretch(draft.rule, about.range, MOST)
    with turns.taken(about.person.id, "builder") as watch:
        muting = trials.muting_of(about.records, about.scope, range_)
        trial = trials.trial(about.scope, draft.rule, range_, muting, watch=watch)
    return (
        views.figure(trial, about.zone),
        views.note(trial, about.zone, cut=range_ != about.range),
        None if trial.values else faces.empty("Nothing was measured in this time range."),
        views.outcome(trial, about.zone),
    )


@guarded(lambda sentence: (no_update, sentence))
def save(wanted: dict[str, Any] | None) -> Any:
    """Keep the draft as a new rule, or as the next revision of the one it is of."""
    if not wanted:
        raise PreventUpdate
    about = asked(wanted)
    base = _rule(about)
    draft = _draft(about, wanted, base)
    if draft.problems:
        raise Refused(draft.problems)
    who = (about.records, about.person, about.scope)
    if base is None:
        made = store.create(*who, draft.rule, about.now)
    elif base.revision != wanted.get("revision"):
        raise Meanwhile
    else:
        made = store.update_rule(*who, draft.rule, about.now)
    return {"rule": made.id, "revision": made.revision, "name": made.name}, ""


def refuse_sql(about: Asked, rule: Rule) -> None:
    """SQL that is not saved runs only for those who may write it."""
    if not isinstance(rule.condition, SqlQuery):
        return
    kept = store.find(about.records, about.scope, rule.id) if rule.id else None
    if kept is None or kept.condition != rule.condition:
        require(about.person, about.scope, "write_sql")


def _rule(about: Asked) -> Rule | None:
    """The rule that the link names, if it names one."""
    name = about.link.rule
    return store.find(about.records, about.scope, name) if name else None


def _draft(about: Asked, typed: dict[str, Any], base: Rule | None = None) -> Draft:
    fields = typed.get("fields")
    return drafts.draft(fields if isinstance(fields, dict) else {}, base or _rule(about))


def _problems(about: Asked, draft: Draft) -> Sequence[Problem]:
    refusal = checks.in_org(about.scope, about.now)
    return draft.problems or list(checks.unknown(draft.rule, refusal))
