"""Views of the rules: rows of the list, its tools, and what a text of rules would make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from alerts import sentences
from alerts.board import SPARKLINE, Listed
from alerts.errors import Refused
from alerts.rules import Rule, type_of
from alerts.written import Loaded
from dashboards.alerts.rules.layout import COLUMNS, ORG_COLUMN
from dashboards.parts import faces, formats

BARS = 28
"""Bars of the sparkline of a rule's firings: six hours each."""

TYPES = {
    "staleness": "Staleness",
    "threshold": "Threshold",
    "budget": "Budget",
    "heartbeat": "Heartbeat",
    "anomaly": "Anomaly",
    "sql_query": "SQL",
    "failures": "Failures in a row",
}


def columns(*, many: bool) -> list[dict[str, Any]]:
    return [*([ORG_COLUMN] if many else []), *COLUMNS]


def rows(
    listed: Sequence[Listed], now: datetime, zone: ZoneInfo, *, edits: bool
) -> list[dict[str, Any]]:
    return [_row(each, now, zone, edits) for each in listed]


def _row(each: Listed, now: datetime, zone: ZoneInfo, edits: bool) -> dict[str, Any]:
    rule = each.rule
    last, next_ = each.evaluated_at, each.next_at
    return {
        "id": rule.id,
        "org": rule.org,
        "name": formats.visible(rule.name),
        "says": formats.shorten(sentences.headline(rule), 300),
        "kind": TYPES[type_of(rule.condition)],
        "severity": rule.severity,
        "state": each.state,
        "state_text": _state(each),
        "fired": len(each.fired),
        "fired_text": f"{len(each.fired):,} ×" if each.fired else formats.NOTHING,
        "bars": bars(each.fired, now),
        "last": formats.ago(last, now) if last else formats.NOTHING,
        "last_at": _told(last, zone),
        "next": _soon(next_, now),
        "next_at": _told(next_, zone),
        "enabled": rule.enabled,
        "edits": edits,
        "by": f"Changed by {each.updated_by or 'Observatory'} {formats.ago(each.updated_at, now)}",
    }


def _state(each: Listed) -> str:
    """The worst state of its groups, and how many are in trouble of how many."""
    words = {
        "inactive": "ok",
        "no_data": "no data",
        "off": "off",
    }
    word = words.get(each.state, each.state)
    return f"{word} · {each.open:,} of {each.groups:,}" if each.open and each.groups > 1 else word


def bars(fired: Sequence[datetime], now: datetime) -> list[int]:
    """How often it fired in each part of the last days, the oldest first."""
    found = [0] * BARS
    for at in fired:
        place = int((at - (now - SPARKLINE)) / SPARKLINE * BARS)
        found[min(max(place, 0), BARS - 1)] += 1
    return found


def _soon(at: datetime | None, now: datetime) -> str:
    if at is None:
        return formats.NOTHING
    left = max(at - now, timedelta(0))
    return (
        f"in {sentences.lasts(timedelta(seconds=round(left.total_seconds())))}".replace(
            "seconds", "s"
        )
        .replace("minutes", "min")
        .replace("minute", "min")
        .replace("second", "s")
    )


def _told(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{formats.second(at, zone)} {formats.zone_label(zone, at)}" if at else ""


def summary(listed: Sequence[Listed], now: datetime, zone: ZoneInfo) -> str:
    on = sum(each.rule.enabled for each in listed)
    firing = sum(each.state == "firing" for each in listed)
    count = f"{len(listed):,} rule{'' if len(listed) == 1 else 's'}, {on:,} on, {firing:,} firing"
    return count + formats.as_of(now, zone)


def tools(*, edits: bool, many: bool, none: bool, builder: str) -> list[Component]:
    """What can be done with the rules here; who may not is told so."""
    export = [] if none else [html.Button("Export YAML", className="button", **_does("export"))]
    if many:
        note = "Choose one organisation above to change its rules: a rule belongs to exactly one."
        return [html.Span(note, className="muted"), html.Span(className="context-gap"), *export]
    if not edits:
        note = "You can read these rules. Admins and owners of the organisation change them."
        return [html.Span(note, className="muted"), html.Span(className="context-gap"), *export]
    return [
        dcc.Link("New rule", href=builder, className="button primary"),
        html.Button("Import YAML…", className="button", **_does("open-yaml")),
        *export,
        html.Span(className="context-gap"),
        html.Button(
            "Add the starter set",
            className="button",
            title="Ten rules worth having from the first day. Those you have already stay.",
            **_does("starter"),
        ),
    ]


def nothing(listed: Sequence[Listed], *, edits: bool) -> Component | None:
    if listed:
        return None
    if not edits:
        return faces.empty(
            "There are no rules yet.", "An admin or owner of the organisation can make them."
        )
    begin = html.Button(
        "Begin with the starter set", className="button primary", **_does("starter")
    )
    return html.Div(
        [
            html.P("There are no rules yet.", className="face-title"),
            html.P("Ten rules of the starter set watch errors, durations, queues and silence."),
            html.P(begin),
        ],
        className="face",
    )


def would_make(loaded: Loaded, before: set[str]) -> Component:
    """What a text would make: each rule read back, and what is still missing."""
    count = len(loaded.rules)
    found = f"{count:,} rule{'' if count == 1 else 's'} can be imported."
    return html.Div(
        [
            html.P(found, className="yaml-fine"),
            *(html.P(note, className="yaml-note") for note in loaded.notes),
            html.Ul([html.Li(_made(rule, rule.name in before)) for rule in loaded.rules]),
        ]
    )


def _made(rule: Rule, known: bool) -> list[Component]:
    name: list[Component] = [html.Strong(formats.visible(rule.name))]
    if known:
        name.append(html.Span("replaces", className="tag"))
    return [
        html.Div(name, className="yaml-name"),
        html.Div(sentences.headline(rule), className="muted"),
    ]


def wrong(error: Refused) -> Component:
    """Every mistake with its line and key; a click leads to the line."""
    count = len(error.problems)
    return html.Div(
        [
            html.P(f"{count:,} mistake{'' if count == 1 else 's'}", className="yaml-wrong"),
            html.Ul([html.Li(_mistake(problem.sentence)) for problem in error.problems]),
        ]
    )


def _mistake(sentence: str) -> Component:
    found = re.match(r"Line (\d+)", sentence)
    if not found:
        return html.Span(sentence)
    line: dict[str, Any] = {"data-line": found[1]}
    return html.Button(sentence, className="yaml-mistake", title="Go to this line", **line)


def _does(verb: str) -> dict[str, Any]:
    return {"data-rules": verb}
