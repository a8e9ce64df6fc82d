"""Views of silences: silences and alerts in, lines and sentences out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from alerts import silences
from alerts.board import Alert
from alerts.silences import Matcher, Silence
from dashboards.parts import faces, formats
from dashboards.shell.link import Link

State = Literal["active", "to come", "over"]

WORDS: Final = {"": "All", "active": "Active", "to come": "To come", "over": "Over"}

SHOWN = 8
"""Alerts that a preview names."""

MOST_LABELS = 10


def state(silence: Silence, now: datetime) -> State:
    if silence.over_at <= now:
        return "over"
    return "active" if silences.is_active(silence, now) else "to come"


def chosen(found: Sequence[Silence], link: Link, now: datetime) -> list[Silence]:
    """Those that the URL asks for: what mutes now first, then what comes, then what is over."""
    rank = {"active": 0, "to come": 1, "over": 2}
    shown = [each for each in found if link.kind in ("", state(each, now))]
    return sorted(shown, key=lambda each: rank[state(each, now)])


def kinds(found: Sequence[Silence], link: Link, now: datetime) -> list[Component]:
    counts = Counter[str](state(each, now) for each in found)
    counts[""] = len(found)
    return [
        dcc.Link(
            [html.Span(word), html.Span(formats.count(counts[kind]), className="num")],
            href=link.to("/alerts", kind=kind),
            className="kind" + (" kind-here" if link.kind == kind else ""),
        )
        for kind, word in WORDS.items()
    ]


def new(link: Link, *, edits: bool) -> Component:
    if not edits:
        return html.Span("Admins and owners of the organisation silence alerts.", className="muted")
    return dcc.Link(
        "New silence", href=link.to("/alerts", silence="new"), className="button primary"
    )


def lines(
    shown: Sequence[Silence],
    alerts: Sequence[Alert],
    link: Link,
    now: datetime,
    zone: ZoneInfo,
    *,
    edits: bool,
    many: bool = False,
) -> Component:
    if not shown:
        return nothing(link)
    return html.Ul(
        [_line(each, alerts, link, now, zone, edits=edits, many=many) for each in shown],
        className="silences-lines",
    )


def nothing(link: Link) -> Component:
    if link.kind in ("active", "to come", "over"):
        return faces.empty(f"No silence is {link.kind}.", "Choose All to see the others.")
    return faces.empty(
        "Nothing is silenced.",
        "A silence keeps planned works quiet: its alerts are recorded, and tell nobody.",
    )


def _line(
    silence: Silence,
    alerts: Sequence[Alert],
    link: Link,
    now: datetime,
    zone: ZoneInfo,
    *,
    edits: bool,
    many: bool,
) -> Component:
    here = state(silence, now)
    return html.Li(
        [
            html.Span(
                [html.I(), here], className=f"silence-state silence-{here.replace(' ', '-')}"
            ),
            html.Div(
                [
                    html.Div([_matcher(m) for m in silence.matchers], className="silence-matchers"),
                    html.Div(_when(silence, now, zone), className="silence-when"),
                    html.Div(_who(silence, zone, many), className="muted"),
                ],
                className="silence-what",
            ),
            html.Div(_mutes(silence, alerts, here), className="silence-mutes"),
            _changes(silence, link) if edits and here != "over" else html.Span(),
        ],
        className="silence",
    )


def _matcher(matcher: Matcher) -> Component:
    return html.Code(formats.shorten(str(matcher), 120), className="matcher")


def _when(silence: Silence, now: datetime, zone: ZoneInfo) -> str:
    since, until = (formats.minute(at, zone) for at in (silence.starts_at, silence.over_at))
    told = f"{since} – {until} {formats.zone_label(zone, silence.over_at)}"
    if silence.weekly is None:
        return told
    coming = silences.next_times(silence, now, 1)
    word = "next" if coming and coming[0][0] > now else "now"
    times = (
        f", {word} {formats.minute(coming[0][0], zone)} – {formats.minute(coming[0][1], zone)}"
        if coming
        else ""
    )
    return f"{silence.weekly}{times}; {told}"


def _who(silence: Silence, zone: ZoneInfo, many: bool) -> str:
    by = f"by {silence.created_by}" if silence.created_by else ""
    ended = silence.ended_at and silence.ended_at < silence.ends_at
    end = (
        f"ended early {formats.minute(silence.ended_at, zone)}"
        if ended and silence.ended_at
        else ""
    )
    words = (silence.org if many else "", formats.shorten(silence.comment, 300), by, end)
    return " · ".join(word for word in words if word)


def _mutes(silence: Silence, alerts: Sequence[Alert], here: State) -> list[Any]:
    """What it mutes, of what is going on."""
    if here == "over":
        return []
    own = [each for each in alerts if each.rule.org == silence.org and each.state != "inactive"]
    count = sum(silences.matches(silence.matchers, each.labels) for each in own)
    if here == "active":
        return [html.B(f"{count:,}"), " muted now"]
    return [html.B(f"{count:,}"), " would be muted"]


def _changes(silence: Silence, link: Link) -> Component:
    wanted: dict[str, Any] = {"data-verb": "end", "data-silence": silence.id}
    return html.Div(
        [
            dcc.Link("Edit", href=link.to("/alerts", silence=silence.id), className="button"),
            html.Details(
                [
                    html.Summary("End now", className="button"),
                    html.Div(
                        [
                            html.P("From now on it mutes nothing. This cannot be taken back."),
                            html.Button("End it", className="button wide", **wanted),
                        ],
                        className="menu",
                    ),
                ],
                className="drop drop-right",
            ),
        ],
        className="silence-changes",
    )


def summary(found: Sequence[Silence], now: datetime, zone: ZoneInfo) -> str:
    active = sum(state(each, now) == "active" for each in found)
    return (
        f"{active:,} active of {len(found):,}; those over for more than 30 days are not listed"
        f"{formats.as_of(now, zone)}"
    )


# the dialog


def preview(
    silence: Silence, alerts: Sequence[Alert], known: int, now: datetime, zone: ZoneInfo
) -> Component:
    """What the silence would mute of the present alerts, and when."""
    going_on = sum(alert.state != "inactive" for alert in alerts)
    if alerts:
        words = f"{len(alerts):,} of {known:,} alerts, {going_on:,} of them going on now."
    elif known:
        words = f"None of the {known:,} present alerts; those to come with these labels."
    else:
        words = "There are no alerts yet; those to come with these labels."
    shown = sorted(alerts, key=lambda alert: alert.state == "inactive")[:SHOWN]
    more = len(alerts) - len(shown)
    return html.Div(
        [
            html.P(words, className="preview-count"),
            html.Ul([_alert(alert) for alert in shown], className="preview-alerts"),
            html.P(f"and {more:,} more", className="muted") if more else None,
            _times(silence, now, zone),
        ]
    )


def _alert(alert: Alert) -> Component:
    labels = ", ".join(f"{name}={value}" for name, value in alert.group.items())
    word = {"inactive": "ok", "no_data": "no data"}.get(alert.state, alert.state)
    return html.Li(
        [
            html.Span(word, className=f"watch watch-{word.replace(' ', '-')}"),
            html.Span(
                [
                    html.B(formats.shorten(alert.rule.name, 80)),
                    html.Span(formats.shorten(labels, 160), className="muted"),
                ],
                className="stack",
            ),
        ]
    )


def _times(silence: Silence, now: datetime, zone: ZoneInfo) -> Component:
    coming = silences.next_times(silence, now)
    lines = [
        html.Li(f"{formats.minute(since, zone)} – {formats.minute(until, zone)}")
        for since, until in coming
    ]
    label = formats.zone_label(zone, silence.starts_at)
    return html.Div([html.H3(f"When ({label})"), html.Ul(lines, className="preview-times num")])


def wrong(sentence: str) -> Component:
    """A form that is not a silence yet, and why."""
    return html.P(sentence, className="muted")


def labels(alerts: Sequence[Alert], matchers: Sequence[Matcher]) -> list[Component]:
    """Labels of the present alerts to put into a silence, those of what goes on first."""
    named = {matcher.name for matcher in matchers}
    going_on = [alert for alert in alerts if alert.state != "inactive"]
    counts = Counter(
        label
        for alert in going_on or alerts
        for label in alert.labels.items()
        if label[0] not in named
    )
    return [_label(name, value) for (name, value), _ in counts.most_common(MOST_LABELS)]


def _label(name: str, value: str) -> Component:
    matcher = Matcher(name, value)
    data: dict[str, Any] = {"data-matcher": str(matcher)}
    return html.Button(
        formats.shorten(str(matcher), 60), type="button", className="matcher matcher-add", **data
    )
