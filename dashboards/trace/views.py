"""Views of the trace page's head: facts, oddities and the ways on from here."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import faces, formats
from dashboards.parts.hues import hue
from dashboards.shell.link import Link
from queries.facts import AT_ONCE, Facts, Share, facts, longest_wait
from queries.integrity import Finding, findings
from queries.trace import MAX_SPANS
from queries.tree import Trace

LONGEST = 300
"""Characters of a text in the head; the span panel holds all of it."""

_OF_THE_PAGE = (
    "trace",
    "span",
    "tab",
    "root",
    "short",
    "only",
    "zoom",
    "other",
    "cohort",
    "select",
)
"""What the link says about a trace, and about no list."""


def head(found: Trace, link: Link, zone: ZoneInfo) -> Component:
    """What the trace is, how it went, what is odd, and the way back."""
    known = facts(found)
    name, service = (found.columns[column][known.root] for column in ("name", "service_name"))
    return html.Div(
        [
            _back(link),
            html.Div(
                [
                    html.H1(
                        [
                            html.I(className=f"dot hue-{hue(service, found.services)}"),
                            html.Span(formats.shorten(formats.visible(name), LONGEST)),
                            html.Small(formats.shorten(service, LONGEST)),
                        ]
                    ),
                    _trace_id(found.trace_id),
                ],
                className="trace-title",
            ),
            html.Dl(
                [
                    html.Div([html.Dt(title), html.Dd(value, title=hint)])
                    for title, value, hint in _facts(known, longest_wait(found), zone)
                ]
            ),
            _oddities(findings(found)),
            *_notices(found, link),
        ],
        className="trace-head",
    )


def opened(found: Trace) -> dict[str, Any]:
    """Which trace this page holds on to; without a number of spans when it is not all of them."""
    partial = found.answer.truncated or found.also_in
    return {
        "trace": found.trace_id,
        "version": found.answer.versions.get("spans"),
        "spans": None if partial else len(found),
        "long": len(found) > AT_ONCE,
    }


def gained(spans: int) -> str | None:
    """What came since the trace was opened; None for nothing."""
    if spans <= 0:
        return None
    return f"Gained {spans:,} {'span' if spans == 1 else 'spans'} since you opened it – show"


def nothing() -> Component:
    """The page without a trace."""
    return html.Div(
        [
            dcc.Link("← Back to the list", href="/traces", className="back"),
            faces.empty("No trace is chosen.", "Open one from the list, or paste its id there."),
        ]
    )


def _back(link: Link) -> Component:
    there = link.to("/traces", **dict.fromkeys(_OF_THE_PAGE, ""))
    return dcc.Link("← Back to the list", href=there, className="back")


def _trace_id(trace_id: str) -> Component:
    named: dict[str, Any] = {"data-copy": trace_id, "aria-label": "Copy the trace id"}
    return html.Span(
        [
            html.Code(trace_id),
            html.Button("Copy", className="button small", **named),
        ],
        className="trace-id",
    )


def _facts(known: Facts, wait: Share | None, zone: ZoneInfo) -> list[tuple[str, Any, str]]:
    """Title, value and hint of every fact."""
    failed = formats.percent(known.errors, known.spans) if known.errors else ""
    told = f"{formats.stamp(known.started, zone)} {formats.zone_label(zone, known.started)}"
    found: list[tuple[str, Any, str]] = [
        ("Started", told, ""),
        ("Duration", formats.duration(known.duration_ns), f"{known.duration_ns:,} ns"),
        ("Spans", formats.count(known.spans), ""),
        ("Services", formats.count(known.services), ""),
        ("Errors", _errors(known.errors), failed),
    ]
    if known.tokens is not None:
        found.append(("Tokens", formats.count(known.tokens), "Of model calls"))
    if known.cost_usd is not None:
        found.append(("Cost", formats.money(known.cost_usd), "As reported by the senders"))
    if wait is not None:
        text = f"{formats.shorten(wait.service, 40)} {formats.percent(wait.part, 1)}"
        found.append(("Critical path", text, "The service that the trace waited for longest"))
    return found


def _errors(errors: int) -> Component:
    if not errors:
        return html.Span("0")
    named: dict[str, Any] = {"data-jump": "errors"}
    return html.Button(f"{errors:,}", className="fact-link bad", title="Go to the next", **named)


def _oddities(found: list[Finding]) -> Component | None:
    """Each a number that leads to its spans, one after the other."""
    if not found:
        return None
    return html.Div(
        [html.Span("Odd about it:", className="muted"), *(_oddity(each) for each in found)],
        className="oddities",
    )


def _oddity(each: Finding) -> Component:
    named: dict[str, Any] = {"data-jump": each.key}
    hint = f"{each.why} Go to the next."
    return html.Button(each.words, className="oddity", title=hint, **named)


def _notices(found: Trace, link: Link) -> list[Component]:
    notices: list[Component] = []
    if found.answer.truncated:
        text = f"The first {MAX_SPANS:,} spans by start are shown; this trace has more."
        notices.append(html.P(text, className="notice"))
    for org in found.also_in:
        there = link.to("/trace", org=org, span="")
        text = f"{org} has another trace with this id"
        notices.append(html.P([dcc.Link(text, href=there), "."], className="notice"))
    return notices
