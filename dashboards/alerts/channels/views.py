"""Views of channels: channels, attempts and what waits in; lines and sentences out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from alerts.channel_store import KeptChannel
from alerts.deliveries import Delivery, Outgoing
from alerts.rules import Rule
from dashboards.alerts.channels.layout import KINDS
from dashboards.parts import faces, formats
from dashboards.shell.link import Link

WORDS: Final = dict(KINDS)

LONGEST_ANSWER = 400

Names = Mapping[str, str]
"""Id of a channel → its name."""


def new(link: Link, *, edits: bool) -> Component:
    if not edits:
        return html.Span("Admins and owners change channels.", className="muted")
    return dcc.Link(
        "New channel", href=link.to("/alerts", tab="new", channel=""), className="button primary"
    )


def of_one_org() -> Component:
    return faces.empty("Choose one organisation above.", "Each has channels of its own.")


def channels(
    found: Sequence[KeptChannel],
    rules: Sequence[Rule],
    last: Mapping[str, Delivery],
    link: Link,
    now: datetime,
    *,
    edits: bool,
) -> Component:
    if not found:
        return faces.empty(
            "There is no channel yet.",
            "Alerts stand in the inbox all the same. A channel also tells them elsewhere.",
        )
    used = Counter(id_ for rule in rules for id_ in rule.channels)
    lines = [
        _channel(each, used[each.id], last.get(each.id), link, now, edits=edits) for each in found
    ]
    return html.Ul(lines, className="channels-lines")


def _channel(
    each: KeptChannel, used: int, last: Delivery | None, link: Link, now: datetime, *, edits: bool
) -> Component:
    here = link.channel == each.id
    return html.Li(
        [
            html.Span(
                WORDS.get(each.kind, each.kind), className=f"channel-kind channel-{each.kind}"
            ),
            html.Div(
                [
                    dcc.Link(
                        formats.shorten(each.name, 80),
                        href=link.to("/alerts", channel="" if here else each.id, before=""),
                        title="Show what was sent through it",
                    ),
                    html.Span(formats.shorten(each.shown, 160), className="muted"),
                ],
                className="stack",
            ),
            html.Span(_used(used), className="muted"),
            html.Div(_state(each), className="channel-state"),
            html.Div(_last(last, now), className="channel-last"),
            _changes(each, link) if edits else html.Span(),
        ],
        className="channel" + (" channel-here" if here else ""),
    )


def _used(rules: int) -> str:
    return "no rule yet" if not rules else f"{rules:,} rule{'s' if rules > 1 else ''}"


def _state(each: KeptChannel) -> list[Any]:
    if each.enabled:
        return [html.Span([html.I(), "on"], className="status status-ok")]
    return [
        html.Span([html.I(), "off"], className="status status-off"),
        html.Span(formats.shorten(each.disabled_reason, 200), className="muted"),
    ]


def _last(last: Delivery | None, now: datetime) -> list[Any]:
    if last is None:
        return [html.Span("nothing sent yet", className="muted")]
    return [_outcome(last), html.Span(formats.ago(last.at, now), className="muted")]


def _outcome(attempt: Delivery) -> Component:
    """Sent or not, with the status that the other side gave."""
    status = f" {attempt.status}" if attempt.status else ""
    if attempt.error is None:
        return html.Span([html.I(), f"sent{status}"], className="status status-ok")
    return html.Span([html.I(), f"failed{status}"], className="status status-error")


def _changes(each: KeptChannel, link: Link) -> Component:
    more: list[Component] = [
        html.Button(
            "Switch off" if each.enabled else "Switch on",
            className="button wide",
            **_does("off" if each.enabled else "on", each.id),
        )
    ]
    if each.kind == "webhook":
        more += [
            html.Button("New signing secret", className="button wide", **_does("rotate", each.id)),
            html.P("The old one signs beside it for a day.", className="muted"),
        ]
    more.append(_delete(each))
    return html.Div(
        [
            html.Button("Test", className="button", **_does("test", each.id)),
            dcc.Link(
                "Edit", href=link.to("/alerts", tab="edit", channel=each.id), className="button"
            ),
            html.Details(
                [
                    html.Summary("More", className="button"),
                    html.Div(more, className="menu channel-menu"),
                ],
                className="drop drop-right",
            ),
        ],
        className="channel-changes",
    )


def _delete(each: KeptChannel) -> Component:
    return html.Details(
        [
            html.Summary("Delete", className="button wide"),
            html.P("What waits for it will not be sent. This cannot be taken back."),
            html.Button("Delete it", className="button wide", **_does("delete", each.id)),
        ],
        className="channel-delete",
    )


def _does(verb: str, id_: str) -> dict[str, Any]:
    return {"data-verb": verb, "data-channel": id_}


# what was sent


def log(
    attempts: Sequence[Delivery], names: Names, link: Link, most: int, zone: ZoneInfo
) -> Component:
    """The attempts, newest first, each with status, time and answer."""
    whose = _whose(names, link)
    if not attempts:
        told = "Nothing was sent" + (" before that." if link.before else " yet.")
        hint = "Press Test beside a channel to try it."
        return html.Div([whose, faces.empty(told, hint)])
    label = formats.zone_label(zone, attempts[0].at)
    table = html.Table(
        [
            html.Thead(
                html.Tr(
                    [
                        html.Th(heading, scope="col")
                        for heading in (f"At ({label})", "Channel", "What", "Outcome", "Took")
                    ]
                )
            ),
            html.Tbody([row for each in attempts for row in _attempt(each, names, zone)]),
        ],
        className="plain channels-log",
    )
    return html.Div([whose, table, _pages(attempts, link, most)])


def _whose(names: Names, link: Link) -> Component | None:
    """The channel that the log is narrowed to, and the way to all of them."""
    if not link.channel:
        return None
    return html.P(
        [
            html.Span(f"Through {formats.shorten(names.get(link.channel), 80) or 'this channel'} "),
            dcc.Link("Show all", href=link.to("/alerts", channel="", before="", tab="")),
        ],
        className="channels-whose",
    )


def _attempt(each: Delivery, names: Names, zone: ZoneInfo) -> list[Component]:
    name = formats.shorten(names.get(each.channel_id), 40) or "deleted channel"
    first = html.Tr(
        [
            html.Td(formats.second(each.at, zone), className="time"),
            html.Td(name),
            html.Td(
                [html.Span(each.kind, className="muted"), " ", formats.shorten(each.title, 90)]
            ),
            html.Td(_outcome(each)),
            html.Td(formats.duration(each.seconds * 1e9), className="num"),
        ]
    )
    said = " – ".join(word for word in (each.error or "", _answer(each)) if word)
    if not said:
        return [first]
    return [first, html.Tr(html.Td(said, colSpan=5, className="channels-answer"))]


def _answer(each: Delivery) -> str:
    """What the other side said: hostile text, in quotes."""
    text = formats.shorten(each.answer, LONGEST_ANSWER)
    return f"answered “{text}”" if text else ""


def _pages(attempts: Sequence[Delivery], link: Link, most: int) -> Component | None:
    newest = (
        dcc.Link("Newest", href=link.to("/alerts", before=""), className="button")
        if link.before
        else None
    )
    older = (
        dcc.Link(
            "Older",
            href=link.to("/alerts", before=attempts[-1].at.isoformat()),
            className="button",
        )
        if len(attempts) == most
        else None
    )
    return html.Div([newest, older], className="pager channels-pager") if newest or older else None


# what was not


def left(
    waiting: Sequence[Outgoing], names: Names, now: datetime, zone: ZoneInfo, *, edits: bool
) -> Component:
    """Dead letters first, then what waits for its next attempt. Tests stand in the log only."""
    waiting = [each for each in waiting if each.kind != "test"]
    dead = [each for each in waiting if each.state == "dead"]
    on_the_way = [each for each in waiting if each.state != "dead"]
    if not waiting:
        return faces.empty("Everything was delivered.", "Nothing waits, and nothing was given up.")
    return html.Div([_dead(dead, names, zone, edits), _waiting(on_the_way, names, now)])


def _dead(dead: Sequence[Outgoing], names: Names, zone: ZoneInfo, edits: bool) -> Component | None:
    if not dead:
        return None
    every: dict[str, Any] = {
        "data-verb": "replay",
        "data-ids": " ".join(each.id for each in dead),
    }
    return html.Section(
        [
            html.Header(
                [
                    html.H3(f"Given up: {len(dead):,}"),
                    html.Button("Send all again", className="button", **every)
                    if edits and len(dead) > 1
                    else None,
                ],
                className="channels-left-head",
            ),
            html.Ul([_letter(each, names, zone, edits) for each in dead], className="letters"),
        ]
    )


def _letter(each: Outgoing, names: Names, zone: ZoneInfo, edits: bool) -> Component:
    data: dict[str, Any] = {"data-verb": "replay", "data-ids": each.id}
    tries = f"{each.attempts:,} attempt{'s' if each.attempts != 1 else ''}"
    made = formats.second(each.created_at, zone)
    name = formats.shorten(names.get(each.channel_id), 40) or "deleted channel"
    return html.Li(
        [
            html.Div(
                [
                    html.B(formats.shorten(each.title, 120)),
                    html.Span(
                        f"{name} · {each.kind} of {made} · {tries}",
                        className="muted",
                    ),
                    html.Span(_given_up(each.last_error), className="bad"),
                ],
                className="stack",
            ),
            html.Button("Send again", className="button", **data) if edits else None,
        ]
    )


def _given_up(error: str | None) -> str:
    return formats.shorten(error, 300).removesuffix(" We try again.")


def _waiting(on_the_way: Sequence[Outgoing], names: Names, now: datetime) -> Component | None:
    if not on_the_way:
        return None
    return html.Section(
        [
            html.H3(f"On its way: {len(on_the_way):,}"),
            html.Ul([_due(each, names, now) for each in on_the_way], className="letters"),
        ]
    )


def _due(each: Outgoing, names: Names, now: datetime) -> Component:
    wait = (each.due_at - now).total_seconds()
    when = f"next attempt in {formats.duration(wait * 1e9)}" if wait > 0 else "about to be sent"
    name = formats.shorten(names.get(each.channel_id), 40) or "deleted channel"
    return html.Li(
        html.Div(
            [
                html.B(formats.shorten(each.title, 120)),
                html.Span(
                    f"{name} · {each.kind} · attempt {each.attempts + 1:,}, {when}",
                    className="muted",
                ),
                html.Span(formats.shorten(each.last_error, 300), className="bad")
                if each.last_error
                else None,
            ],
            className="stack",
        )
    )


# a test


def tried(name: str, sent: Outgoing | None, attempts: Sequence[Delivery]) -> tuple[str, str]:
    """What became of a test: a sentence, and its tone, "" while nothing is known."""
    last = attempts[0] if attempts else None
    name = formats.shorten(name, 80)
    if sent is None:
        return "This test is not known any more.", "bad"
    if sent.state == "sent" and last:
        status = f" with {last.status}" if last.status else ""
        took = formats.duration(last.seconds * 1e9)
        return f"{name} took the test{status}, in {took}.", "good"
    if sent.state in ("dead", "cancelled"):
        why = (last.error if last else None) or sent.last_error or "Nobody said why."
        # a test is tried once
        return f"{name} did not take the test. {_given_up(why)}", "bad"
    return f"Trying {name}…", ""
