"""Views of notices: in the inbox and under the bell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from alerts.inbox import MOST_COUNTED, InboxNotice
from dashboards.alerts import words
from dashboards.alerts.sections import Asked, Section
from dashboards.parts import faces, formats
from dashboards.shell.link import Link

ROWS = 50
IN_BELL = 6
LONGEST = 300


def count(unread: int) -> str:
    """What the bell says; nothing when there is nothing new."""
    if not unread:
        return ""
    return f"{MOST_COUNTED - 1}+" if unread >= MOST_COUNTED else str(unread)


def under_bell(notices: Sequence[InboxNotice], about: Asked) -> list[Component]:
    """The newest notices, and the way to all."""
    to_all = about.link.shared.to("/alerts", section=Section.INBOX.value)
    if not notices:
        return [faces.empty("No notices yet.", "Alerts that fire say so here.")]
    lines = html.Ul([_notice(notice, about) for notice in notices[:IN_BELL]], className="notices")
    return [lines, dcc.Link("Open the inbox", href=to_all, className="button wide")]


def listed(notices: Sequence[InboxNotice], about: Asked) -> Component:
    if not notices:
        hint = "Alerts that fire, and what comes of them, say so here."
        return faces.empty("No notices yet." if not about.link.after else "No older ones.", hint)
    return html.Ul([_notice(notice, about) for notice in notices], className="notices")


def _notice(notice: InboxNotice, about: Asked) -> Component:
    new = [html.Span("New", className="only-heard")] if notice.unread else []
    return html.Li(
        dcc.Link(
            [
                html.Span([*new, words.severity(notice.severity)], className="notice-mark"),
                html.Span(formats.shorten(notice.title, LONGEST), className="notice-title"),
                html.Span(formats.second(notice.at, about.zone), className="time muted"),
                html.Span(_text(notice, about), className="notice-text muted"),
            ],
            href=_leads_to(notice, about),
            className="notice-line notice-new" if notice.unread else "notice-line",
        )
    )


def _text(notice: InboxNotice, about: Asked) -> str:
    org = f"{notice.org} · " if about.many else ""
    return org + formats.shorten(notice.text, LONGEST)


def _leads_to(notice: InboxNotice, about: Asked) -> str:
    """To the incident, inside its org for those who look at all of them."""
    link: Link = about.link.shared
    if about.many:
        link = replace(link, org=notice.org)
    return link.to("/alerts", alert=notice.incident_id or "")


def summary(notices: Sequence[InboxNotice], unread: int, about: Asked) -> str:
    zone = formats.zone_label(about.zone, about.now)
    new = f"{count(unread)} unread" if unread else "Nothing unread"
    return f"{new} · {zone}" if notices else zone


def pager(notices: Sequence[InboxNotice], about: Asked) -> list[Any]:
    """The way to older notices and back to the newest."""
    newest = dcc.Link("Newest", href=about.link.to("/alerts", after=""), className="button")
    full = len(notices) == ROWS
    to_older = about.link.to("/alerts", after=str(notices[-1].id)) if full else ""
    older = dcc.Link("Older", href=to_older, className="button")
    return [
        html.Span(className="context-gap"),
        newest if about.link.after else None,
        older if full else None,
    ]
