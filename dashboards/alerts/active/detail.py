"""Views of one alert: what it is, why, where it leads, what happened, and what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from alerts import sentences
from alerts.board import Alert
from alerts.deliveries import Outgoing
from alerts.past import Event
from dashboards.alerts import words
from dashboards.alerts.active import behind
from dashboards.alerts.active.chosen import Chosen
from dashboards.alerts.sections import Asked
from dashboards.parts import formats

LONGEST_TEXT = 400
DELIVERED = {
    "waiting": "waits",
    "sending": "is being sent",
    "sent": "was sent",
    "dead": "could not be sent",
    "cancelled": "was not sent",
}


def head(chosen: Chosen, about: Asked) -> list[Component]:
    """State, severity and name; the way back to the list."""
    alert = chosen.alert
    name = alert.rule.name if alert else (chosen.events[0].rule or "A rule that was deleted")
    group = alert.group if alert else chosen.events[0].group
    return [
        html.Div(
            [
                words.state(_state(chosen)),
                words.severity(alert.rule.severity) if alert else None,
                html.Span(className="context-gap"),
                dcc.Link("Close", href=about.link.to("/alerts", alert=""), className="button"),
            ],
            className="detail-line",
        ),
        html.H2(formats.shorten(formats.visible(name), 200)),
        html.P(words.group(group), className="muted"),
    ]


def _state(chosen: Chosen) -> str:
    if chosen.alert and (chosen.present or not chosen.incident_id):
        return chosen.alert.state
    return "inactive" if chosen.ended else "firing"


def body(chosen: Chosen, about: Asked) -> list[Component]:
    """Why, what it is about, its labels, and where it leads."""
    alert = chosen.alert
    parts = [_why(chosen, about)]
    if alert:
        parts += [_facts(chosen, alert, about), _labels(alert), _links(chosen, alert, about)]
    return parts


def _why(chosen: Chosen, about: Asked) -> Component:
    """The one reason of the last evaluation."""
    last = chosen.evaluation
    if last is None:
        return html.P("It has not been evaluated yet.", className="why")
    times = f"{last.evaluations:,} evaluations" if last.evaluations > 1 else "one evaluation"
    since = formats.second(last.first_at, about.zone)
    until = formats.second(last.last_at, about.zone)
    when = f"{times}, {since} – {until}" if last.evaluations > 1 else f"{times}, {until}"
    return html.Div(
        [
            html.P(
                [
                    html.Strong(words.REASONS.get(last.reason, last.reason)),
                    f" – {formats.shorten(last.text, LONGEST_TEXT)}" if last.text else "",
                ]
            ),
            html.P(when, className="muted"),
        ],
        className="why",
    )


def _facts(chosen: Chosen, alert: Alert, about: Asked) -> Component:
    zone = about.zone
    began, ended = chosen.began or alert.opened_at, chosen.ended
    rows: list[tuple[str, Any]] = [
        ("Rule", dcc.Link(sentences.headline(alert.rule), href=behind.rule(about.link, alert)))
    ]
    if alert.rule.description:
        rows.append(("About", formats.shorten(alert.rule.description, LONGEST_TEXT)))
    if began:
        length = words.lasting((ended or about.now) - began)
        rows.append(
            ("Began", f"{formats.second(began, zone)}, {length}{' ago' if not ended else ' long'}")
        )
    if ended:
        rows.append(("Ended", formats.second(ended, zone)))
    if chosen.alert and alert.flapping:
        rows.append(("Flapping", "3 or more crossings in the last 20 evaluations."))
    if alert.silenced_by:
        rows.append(("Silenced", formats.shorten(alert.silenced_by, 200)))
    rows.append(("Times in", formats.zone_label(zone, about.now)))
    return html.Dl([item for name, value in rows for item in (html.Dt(name), html.Dd(value))])


def _labels(alert: Alert) -> Component:
    chips = [
        html.Li([html.Span(formats.visible(name)), formats.shorten(formats.visible(value), 120)])
        for name, value in alert.labels.items()
    ]
    named: dict[str, Any] = {"aria-label": "Labels"}
    return html.Ul(chips, className="chips", **named)


def _links(chosen: Chosen, alert: Alert, about: Asked) -> Component:
    """To the spans of the exact windows, to the variable, to a silence of just this alert."""
    link = replace(about.link, alert="")
    window, whole = behind.window(alert), behind.of_incident(link, chosen, about.now)
    variable = behind.variable(link, alert)
    found = [
        dcc.Link("Variable", href=variable, className="button") if variable else None,
        dcc.Link(
            "Spans of the last window", href=behind.spans(link, alert, *window), className="button"
        )
        if window
        else None,
        dcc.Link("Spans of the incident", href=whole, className="button") if whole else None,
        dcc.Link("Silence…", href=behind.silence(link, alert), className="button")
        if about.edits
        else None,
    ]
    return html.Div([each for each in found if each], className="detail-links")


def looked_after(alert: Alert | None, about: Asked) -> str:
    """Who looks after it and who snoozed it, or why this person cannot say so."""
    if about.many:
        return "Choose the organisation above to acknowledge or snooze."
    if not about.marks:
        return "Your role reads alerts only."
    if alert is None:
        return ""
    said = []
    if alert.acknowledged_at:
        at = formats.second(alert.acknowledged_at, about.zone)
        note = f": {formats.shorten(alert.note, LONGEST_TEXT)}" if alert.note else "."
        said.append(f"{alert.acknowledged_by or 'Somebody'} acknowledged it at {at}{note}")
    if alert.snoozed_until and about.now < alert.snoozed_until:
        until = formats.second(alert.snoozed_until, about.zone)
        by = f" by {alert.snoozed_by}" if alert.snoozed_by else ""
        said.append(f"Snoozed{by} until {until}; it is still recorded.")
    return " ".join(said)


def offered(chosen: Chosen, about: Asked) -> tuple[Any, ...]:
    """The sentence on who looks after it; then what is hidden of the actions."""
    alert = chosen.alert if chosen.present else None
    acting = about.marks and alert is not None
    acknowledged = bool(alert and alert.acknowledged_at)
    snoozed = bool(alert and alert.snoozed_until and about.now < alert.snoozed_until)
    open_ = bool(alert and alert.incident_id)
    said = looked_after(alert, about)
    noting = about.marks and chosen.incident_id is not None
    return (
        not (said or acting or noting),
        said,
        not (acting and open_ and not acknowledged),
        not (acting and acknowledged),
        not (acting and not snoozed),
        not (acting and snoozed),
        not noting,
    )


def lost() -> list[Component]:
    """The head when the alert cannot be shown: the way back to the list."""
    return [
        html.Div(
            dcc.Link("All alerts", href="/alerts", className="button"), className="detail-line"
        )
    ]


# what happened


def happened(
    events: Sequence[Event], sent: Sequence[Outgoing], names: dict[str, str], about: Asked
) -> list[Component]:
    """What happened and who was told, newest first."""
    lines = [(event.at, _event(event, about.zone)) for event in events]
    lines += [(_told_at(each), _told(each, names, about.zone)) for each in sent]
    shown = [line for _, line in sorted(lines, key=lambda item: item[0], reverse=True)]
    if not shown:
        return [html.H3("What happened"), html.P("Nothing yet.", className="muted")]
    return [html.H3("What happened"), html.Ul(shown, className="happened")]


def _event(event: Event, zone: ZoneInfo) -> Component:
    look = words.LOOKS.get(event.kind, event.kind)
    who = formats.shorten(event.person, 80) if event.person else ""
    return _line(look, words.KINDS.get(event.kind, event.kind), who, event.text, event.at, zone)


def _told(each: Outgoing, names: dict[str, str], zone: ZoneInfo) -> Component:
    channel = names.get(each.channel_id, "a channel that is gone")
    status = f" ({each.last_status})" if each.last_status else ""
    said = f"{each.kind.capitalize()} {DELIVERED.get(each.state, each.state)} to {channel}{status}"
    return _line("told", said, "", each.last_error or "", _told_at(each), zone)


def _told_at(each: Outgoing) -> datetime:
    return each.sent_at or each.created_at


def _line(look: str, word: str, who: str, text: str, at: datetime, zone: ZoneInfo) -> Component:
    return html.Li(
        [
            html.Div(
                [
                    words.mark(look, word),
                    html.Span(who, className="muted") if who else None,
                    html.Span(formats.second(at, zone), className="time muted"),
                ],
                className="happened-line",
            ),
            html.P(formats.shorten(text, LONGEST_TEXT)) if text else None,
        ]
    )
