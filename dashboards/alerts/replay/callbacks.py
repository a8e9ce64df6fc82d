"""Callbacks of the time machine: whose rules, which drafts of them, what each would have done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, no_update

from alerts import checks, store, trials
from alerts.rules import Rule
from alerts.spec import spec_of
from alerts.trials import Trial, Watch
from dashboards.alerts.builder import drafts
from dashboards.alerts.builder.callbacks import refuse_sql
from dashboards.alerts.builder.drafts import Draft
from dashboards.alerts.replay import running, views
from dashboards.alerts.replay.layout import SIDES, Id, knob
from dashboards.alerts.replay.running import Running
from dashboards.alerts.replay.views import Side
from dashboards.alerts.sections import Asked, Section, View, asked, only_in
from dashboards.errors import guarded
from dashboards.parts import charts, faces
from dashboards.shell.layout import Id as Shell
from queries import alerting
from queries.filters import TimeRange

LONGEST = timedelta(days=400)
"""How far back data is looked for."""

PATIENCE = 0.4
"""Seconds that a short replay is waited for, so that it needs no second look."""

NAMES = {"a": ("rule", "draft"), "b": ("rival", "rival_draft")}
"""Where the link keeps each side: the rule, and its draft."""


def register(app: Dash) -> None:
    app.callback(
        Output(Id.HEAD, "children"), Output(Id.SIDES, "children"), Input(Id.ASKED, "data")
    )(show_sides)
    app.callback(
        Output(Id.PROGRESS, "children"),
        Output(Id.RESULT, "children"),
        Output(Id.GRAPH, "figure"),
        Output(Id.NOTE, "children"),
        Output(Id.FACE, "children"),
        Output(Id.TABLE, "rowData"),
        Output(Id.TABLE_FACE, "children"),
        Output(Id.SUMMARY, "children"),
        Output(Id.POLL, "disabled"),
        Input(Id.WANTED, "data"),
        Input(Id.POLL, "n_intervals"),
        # an answer that takes longer than the interval would never be painted
        running=[(Output(Id.POLL, "interval"), 60_000, 700)],
    )(show_replay)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("alerts_replay", name), *wires, **more)

    browser("asked", Output(Id.ASKED, "data"), Input(Shell.VIEW, "data"))
    browser("wanted", Output(Id.WANTED, "data"), Input(Shell.VIEW, "data"))
    browser("whole", Output(Id.WHOLE, "value"), Input(Shell.VIEW, "data"))
    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    browser("put_whole", sink, Input(Id.WHOLE, "value"), prevent_initial_call=True)
    browser(
        "turned",
        sink,
        Input(knob(ALL, ALL), "value"),
        State(knob(ALL, ALL), "id"),
        prevent_initial_call=True,
    )


@only_in(Section.REPLAY)
@guarded(lambda sentence: ([], faces.failed(sentence)))
def show_sides(view: View) -> Any:
    """Which rules are replayed, and the knobs of each."""
    about = asked(view)
    rules = store.visible(about.records, about.scope)
    names = views.rule_names(rules)
    back = about.link.shared.to("/alerts", section=Section.RULES)
    return views.head(back), [_side(about, letter, rules, names) for letter in SIDES]


@only_in(Section.REPLAY)
@guarded(
    lambda sentence: (
        None,
        None,
        charts.nothing(),
        "",
        faces.failed(sentence),
        [],
        None,
        "",
        True,
    )
)
def show_replay(wanted: dict[str, Any], polled: int | None) -> Any:
    """What each side would have done, or how far it has come."""
    about = asked(wanted)
    until = _until(wanted, about)
    begun = [_begun(about, letter, until) for letter in SIDES if _exists(about, letter)]
    waiting = [run for _, run in begun if run and not run.wait(PATIENCE)]
    if waiting:
        shown = views.progress(waiting[0].reached, waiting[0].began, until)
        return (shown, *(no_update,) * 7, False)
    sides = [
        Side(side.letter, side.draft, run.trial if run else None, run.failure if run else _no(side))
        for side, run in begun
    ]
    events = views.rows(sides, about.zone)
    nothing = None if events else faces.empty("Nothing would have happened in this time.")
    return (
        None,
        views.result(sides),
        views.figure(sides, about.zone),
        views.note(sides, about.zone),
        None if any(side.trial for side in sides) else faces.empty("There is nothing to draw."),
        events,
        nothing,
        views.summary(sides),
        True,
    )


def _no(side: Side) -> str:
    return " ".join(problem.sentence for problem in side.draft.problems)


def _exists(about: Asked, letter: str) -> bool:
    """The second side is there when the link names it."""
    rule, draft = (getattr(about.link, name) for name in NAMES[letter])
    return letter == "a" or bool(rule or draft)


def _side(about: Asked, letter: str, rules: Sequence[Rule], names: dict[str, str]) -> Any:
    if not _exists(about, letter):
        return views.side(letter, None, None, names, "none")
    base, draft = _drafted(about, letter)
    form = drafts.whole(
        drafts.form_of(base) if base else drafts.blank("threshold"),
        drafts.from_link(getattr(about.link, NAMES[letter][1])),
    )
    chosen = base.id if base else "none" if letter == "a" else "variant"
    return views.side(letter, form, draft, names, chosen)


def _drafted(about: Asked, letter: str) -> tuple[Rule | None, Draft]:
    name, draft = (getattr(about.link, each) for each in NAMES[letter])
    base = store.find(about.records, about.scope, name) if name else None
    read = drafts.draft(drafts.from_link(draft), base)
    unknown = checks.unknown(read.rule, checks.in_org(about.scope, about.now))
    return base, Draft(read.rule, read.problems or tuple(unknown))


def _begun(about: Asked, letter: str, until: datetime) -> tuple[Side, Running | None]:
    """A side and its replay, which goes on while it is asked about; none for what is no rule."""
    _, draft = _drafted(about, letter)
    side = Side(letter, draft)
    if draft.problems:
        return side, None
    refuse_sql(about, draft.rule)
    fixed = about.link.time_range(until) if about.link.kind == "range" else None
    name = json.dumps([draft.rule.id, draft.rule.name, spec_of(draft.rule), str(fixed or until)])

    def run(watch: Watch) -> Trial:
        range_ = trials.stretch(draft.rule, fixed or _kept(about, until))
        muting = trials.muting_of(about.records, about.scope, range_)
        return trials.trial(about.scope, draft.rule, range_, muting, watch=watch)

    return side, running.ask((about.scope, name), run)


def _kept(about: Asked, until: datetime) -> TimeRange:
    """From the first span that is kept to the end; at least an hour."""
    range_ = TimeRange(until - LONGEST, until)
    began = alerting.began(about.scope, range_).one["began"]
    return TimeRange(min(began or until, until - timedelta(hours=1)), until)


def _until(wanted: dict[str, Any], about: Asked) -> datetime:
    """The minute in which it was asked, as the browser remembers it; never later than now."""
    at = wanted.get("at")
    try:
        moment = datetime.fromtimestamp(float(at or 0) / 1000, UTC)
    except (ValueError, OverflowError, TypeError, OSError):
        moment = about.now
    moment = moment if timedelta(0) <= about.now - moment < LONGEST else about.now
    return moment.replace(second=0, microsecond=0)
