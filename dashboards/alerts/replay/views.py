"""Views of the time machine: the two drafts, what differs between them, and every event of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from alerts import sentences
from alerts.judging import Run
from alerts.rules import Labels, Rule
from alerts.trials import Incident, Trial, incidents
from dashboards.alerts.builder.drafts import Draft, Form
from dashboards.alerts.builder.views import lasts, plain, plain_layout, said, times
from dashboards.alerts.replay.layout import knob
from dashboards.parts import charts, formats, tables, timeline
from dashboards.parts.charts import Figure

MOST_ROWS: Final = 5_000
MOST_LANES: Final = 6
MOST_BARS: Final = 4_000
MOST_MARKS: Final = 300
"""Notifications that are drawn; more of them hide what they are about."""

KNOBS: Final = {
    "limit": "Limit",
    "more_than": "Same value more than",
    "silent_for": "Not seen for",
    "lag": "Late by",
    "sensitivity": "Deviations",
    "in_a_row": "In a row",
    "recovery": "Well again at",
    "for_": "For at least",
    "keep_firing": "Ends after",
    "window": "Looks at",
    "every": "Looks every",
    "cooldown": "At most once in",
}
"""What is turned most often; everything else is changed in the builder."""

LETTERS: Final = {"a": "A", "b": "B"}
STATES: Final = {
    "firing": ("firing", charts.ALARM),
    "pending": ("pending", "#e0a43a"),
    "recovering": ("recovering", "#ef7fa8"),
    "no_data": ("no data", "#8894a8"),
    "error": ("error", "#a77bf3"),
}
NEWS: Final = {"firing": "told: firing", "resolved": "told: resolved", "reminder": "told again"}
CHANGES: Final = {
    "cleared": "cleared",
    "fired": "fired",
    "refired": "firing again",
    "no_data": "no data",
}


@dataclass(frozen=True)
class Side:
    """One of the two: its draft and, once it is there, what it would have done."""

    letter: str
    draft: Draft
    trial: Trial | None = None
    failure: str = ""


# the drafts


def head(back: str) -> list[Any]:
    return [
        dcc.Link("← Rules", href=back, className="builder-back"),
        html.H1("Time machine"),
        html.Span(
            "What a rule would have done, by the evaluator's own functions, with today's silences.",
            className="muted",
        ),
    ]


def side(
    letter: str, form: Form | None, draft: Draft | None, rules: Mapping[str, str], chosen: str
) -> Component:
    """The choice of a rule and its knobs; the second side may be empty."""
    options = [{"label": name, "value": key} for key, name in rules.items()]
    first = {"a": "A new rule", "b": "Nothing to compare with"}[letter]
    more = [{"label": "A variant of A", "value": "variant"}] if letter == "b" else []
    return html.Section(
        [
            html.Header(
                [
                    html.Span(LETTERS[letter], className=f"letter letter-{letter}"),
                    dcc.Dropdown(
                        id=knob(letter, "rule"),
                        options=[{"label": first, "value": "none"}, *more, *options],
                        value=chosen,
                        clearable=False,
                        searchable=True,
                        className="pick field-pick",
                    ),
                ]
            ),
            *(_drafted(letter, form, draft) if form and draft else []),
        ],
        className="replay-side",
    )


def _drafted(letter: str, form: Form, draft: Draft) -> list[Component]:
    wrong = {each.field: each.sentence for each in draft.problems}
    says = (
        html.P(" ".join(wrong.values()), className="field-error")
        if wrong
        else html.P(sentences.headline(draft.rule), className="replay-says")
    )
    boxes = [
        html.Label(
            [
                html.Span(label),
                dcc.Input(
                    id=knob(letter, name),
                    type="text",
                    value=_text(form[name]),
                    debounce=True,
                    autoComplete="off",
                    className="field-box field-wrong" if name in wrong else "field-box",
                ),
            ]
        )
        for name, label in KNOBS.items()
        if name in form and _counts(name, form)
    ]
    return [says, html.Div(boxes, className="replay-knobs")]


def _counts(name: str, form: Form) -> bool:
    """Whether a field says anything in a rule of this kind."""
    kind = form.get("kind")
    if name in ("more_than", "silent_for", "lag") and kind:
        return name == {"frozen": "more_than", "silent": "silent_for", "lagging": "lag"}[str(kind)]
    return not (name == "window" and form["type"] in ("budget", "heartbeat"))


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


# how far it is


def progress(reached: datetime | None, since: datetime | None, until: datetime) -> Component:
    """How far a replay has come."""
    if reached is None or since is None:
        return html.Span("Beginning…", className="muted")
    share = min(1.0, max(0.0, (reached - since) / (until - since)))
    bar: dict[str, Any] = {
        "aria-valuenow": round(100 * share),
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-label": "Replayed",
    }
    return html.Div(
        [
            html.Div(
                html.I(style={"width": f"{100 * share:.1f}%"}),
                className="replay-bar",
                role="progressbar",
                **bar,
            ),
            html.Span(f"{100 * share:.0f} %", className="num"),
        ],
        className="replay-going",
    )


# what it would have done


def result(sides: Sequence[Side]) -> Component:
    """The numbers of each side, and what differs in words."""
    failed = [each for each in sides if each.failure]
    found = [(each, each.trial) for each in sides if each.trial]
    if failed:
        said_no = [f"{LETTERS[each.letter]}: {each.failure}" for each in failed]
        return html.Div([html.P(each, className="field-error", role="alert") for each in said_no])
    if not found:
        return html.Div(html.P("There is nothing to replay."))
    numbers = [_numbers(trial) for _, trial in found]
    rows = [
        [html.Span(LETTERS[each.letter], className=f"letter letter-{each.letter}"), *said.values()]
        for (each, _), said in zip(found, numbers, strict=True)
    ]
    words = difference(found[0][1], found[1][1]) if len(found) == 2 else alone(found[0][1])
    return html.Div(
        [html.P(words), tables.plain(["", *numbers[0]], rows, "numbers replay-numbers")]
    )


def _numbers(trial: Trial) -> dict[str, str]:
    found = incidents(trial.replay)
    lengths = [each.lasted(trial.range.until) for each in found]
    kinds = [told.kind for told in trial.replay.notices]
    return {
        "Times fired": f"{len(found):,}",
        "Alerts that fired": f"{len({each.labels for each in found}):,}",
        "Time spent firing": lasts(sum(lengths, timedelta(0))) if lengths else formats.NOTHING,
        "Longest": lasts(max(lengths)) if lengths else formats.NOTHING,
        "Notifications": f"{len(kinds):,}",
        "Of these reminders": f"{kinds.count('reminder'):,}",
        "Evaluations": f"{trial.replay.instants:,}",
    }


def alone(trial: Trial) -> str:
    found = incidents(trial.replay)
    if not found:
        return "It would never have fired."
    return (
        f"It would have fired {times(len(found))} and sent "
        f"{notifications(len(trial.replay.notices))}."
    )


def difference(one: Trial, other: Trial) -> str:
    """What B does otherwise than A, in words."""
    first, second = incidents(one.replay), incidents(other.replay)
    only_a = unmatched(first, second, one.range.until)
    only_b = unmatched(second, first, one.range.until)
    fewer = len(other.replay.notices) - len(one.replay.notices)
    if not only_a and not only_b and not fewer and len(first) == len(second):
        return "A and B would have done the same."
    told = f"B sends {notifications(abs(fewer))} {'more' if fewer > 0 else 'fewer'} than A"
    told = told if fewer else "Both send as many notifications"
    return (
        f"{told}. A fires {times(len(first))}, of these {len(only_a):,} without B; "
        f"B fires {times(len(second))}, of these {len(only_b):,} without A."
    )


def notifications(count: int) -> str:
    return f"{count:,} notification{'' if count == 1 else 's'}"


def unmatched(
    these: Sequence[Incident], those: Sequence[Incident], until: datetime
) -> list[Incident]:
    """Incidents of the same alert that overlap none of the others."""
    by_labels: dict[Labels, list[Incident]] = {}
    for each in those:
        by_labels.setdefault(each.labels, []).append(each)
    return [
        each
        for each in these
        if not any(
            other.began <= (each.ended or until) and each.began <= (other.ended or until)
            for other in by_labels.get(each.labels, ())
        )
    ]


# the lanes


def figure(sides: Sequence[Side], zone: ZoneInfo) -> Figure:
    """A lane for each alert of each side; its states as bars, its notifications as marks."""
    found = [(each.letter, each.trial) for each in sides if each.trial]
    if not found:
        return charts.nothing()
    lanes = [(letter, labels, trial) for letter, trial in found for labels in _lanes(trial)]
    names = [_lane(letter, labels) for letter, labels, _ in lanes]
    range_ = found[0][1].range
    return {
        "data": [*_bars(lanes, zone), *_marks(lanes, zone)],
        "layout": {
            **plain_layout(range_.since, range_.until, zone),
            "uirevision": "replay",
            "barmode": "overlay",
            "bargap": 0.45,
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "margin": {"l": 190, "r": 12, "t": 28, "b": 24},
            "yaxis": {
                **timeline.axis(),
                "type": "category",
                "categoryorder": "array",
                "categoryarray": names[::-1],
                "range": [-0.6, len(names) - 0.4],
            },
        },
    }


def _lanes(trial: Trial) -> list[Labels]:
    """The alerts that would have been in trouble most often; one lane at least."""
    counts: dict[Labels, int] = {}
    for run in trial.replay.evaluations:
        counts[run.labels] = counts.get(run.labels, 0) + (run.state != "inactive")
    ranked = sorted(counts, key=lambda labels: (-counts[labels], labels))[:MOST_LANES]
    return [labels for labels in ranked if counts[labels]] or ranked[:1]


def _lane(letter: str, labels: Labels) -> str:
    return plain(f"{LETTERS[letter]} · {formats.shorten(said(labels), 26) or 'the rule'}")


Lane = tuple[str, Labels, Trial]


def _bars(lanes: Sequence[Lane], zone: ZoneInfo) -> list[dict[str, Any]]:
    drawn: dict[str, list[tuple[str, Run, timedelta]]] = {state: [] for state in STATES}
    for letter, labels, trial in lanes:
        for run in trial.replay.evaluations:
            if run.labels == labels and run.state in drawn:
                drawn[run.state].append((_lane(letter, labels), run, trial.rule.every))
    return [_bar(state, runs, zone) for state, runs in drawn.items() if runs]


def _bar(state: str, runs: Sequence[tuple[str, Run, timedelta]], zone: ZoneInfo) -> dict[str, Any]:
    word, colour = STATES[state]
    longest = sorted(runs, key=lambda each: each[1].first_at - each[1].last_at)[:MOST_BARS]
    lengths = [run.last_at - run.first_at + every for _, run, every in longest]
    return {
        "type": "bar",
        "orientation": "h",
        "name": word,
        "y": [lane for lane, _, _ in longest],
        "base": timeline.milliseconds([run.first_at for _, run, _ in longest]),
        "x": [length.total_seconds() * 1000 for length in lengths],
        "marker": {"color": colour, "line": {"width": 0}},
        "customdata": [
            f"{word} from {formats.minute(run.first_at, zone)} for {lasts(length)}<br>"
            f"{plain(run.text)}"
            for (_, run, _), length in zip(longest, lengths, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _marks(lanes: Sequence[Lane], zone: ZoneInfo) -> list[dict[str, Any]]:
    found = [
        (_lane(letter, labels), told)
        for letter, labels, trial in lanes
        for told in trial.replay.notices
        if told.labels == labels
    ]
    if not found or len(found) > MOST_MARKS:
        return []
    shapes = {"firing": "triangle-up", "resolved": "triangle-down", "reminder": "circle"}
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "notification",
            "x": timeline.milliseconds([told.at for _, told in found]),
            "y": [lane for lane, _ in found],
            "marker": {
                "color": charts.INK,
                "size": 6,
                "symbol": [shapes[told.kind] for _, told in found],
            },
            "customdata": [
                f"{NEWS[told.kind]} {formats.minute(told.at, zone)}<br>{plain(told.text)}"
                for _, told in found
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
    ]


def note(sides: Sequence[Side], zone: ZoneInfo) -> str:
    trials = [each.trial for each in sides if each.trial]
    if not trials:
        return ""
    since, until = trials[0].range.since, trials[0].range.until
    many = sum(len(trial.replay.notices) for trial in trials) > MOST_MARKS
    unmarked = " Notifications are marked when they are fewer." if many else ""
    return (
        f"{formats.minute(since, zone)} – {formats.minute(until, zone)} "
        f"{formats.zone_label(zone, until)}. Up to {MOST_LANES} alerts each.{unmarked}"
    )


# every event


def rows(sides: Sequence[Side], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Every change and every notification of both, the newest first."""
    found = [event for each in sides if each.trial for event in _events(each.letter, each.trial)]
    found.sort(key=lambda event: event["when"], reverse=True)
    return [
        {
            **{name: value for name, value in event.items() if name != "when"},
            "id": str(place),
            "at": formats.second(event["when"], zone),
        }
        for place, event in enumerate(found[:MOST_ROWS])
    ]


def _events(letter: str, trial: Trial) -> list[dict[str, Any]]:
    changes = [
        _event(letter, t.labels, t.change.at, t.change.kind, False, t.change.text)
        for t in trial.replay.changes
    ]
    told = [_event(letter, t.labels, t.at, t.kind, True, t.text) for t in trial.replay.notices]
    return changes + told


def _event(
    letter: str, labels: Labels, at: datetime, kind: str, told: bool, text: str
) -> dict[str, Any]:
    return {
        "when": at,
        "side": LETTERS[letter],
        "kind": kind,
        "told": told,
        "what": NEWS[kind] if told else CHANGES.get(kind, kind),
        "group": formats.shorten(said(labels), 200) or "the rule",
        "text": formats.shorten(text, 500),
    }


def summary(sides: Sequence[Side]) -> str:
    trials = [each.trial for each in sides if each.trial]
    changes = sum(len(trial.replay.changes) for trial in trials)
    notices = sum(len(trial.replay.notices) for trial in trials)
    cut = f", the newest {MOST_ROWS:,} are listed" if changes + notices > MOST_ROWS else ""
    return f"{changes:,} changes of state and {notices:,} notifications{cut}"


def rule_names(rules: Sequence[Rule]) -> dict[str, str]:
    return {rule.id: formats.visible(rule.name) for rule in rules}
