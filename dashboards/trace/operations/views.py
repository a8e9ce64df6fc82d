"""Views of the statistics by operation: statistics in, grid rows and words out."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards.parts import formats, tables
from dashboards.parts.hues import hue
from dashboards.trace.terms import spans_of
from queries.critical import CriticalPath
from queries.operations import Statistics
from queries.skew import Skew
from queries.tree import Trace

SHOWN = 2_000
"""Operations sent to the page, those with most self time."""


def rows(found: list[Statistics], trace: Trace, critical_ns: int) -> list[dict[str, Any]]:
    all_ns = sum(each.self_ns for each in found)
    return [_row(each, trace, all_ns, critical_ns) for each in found[:SHOWN]]


def _row(each: Statistics, trace: Trace, all_ns: int, critical_ns: int) -> dict[str, Any]:
    """An operation: numbers to sort by, and each in words. Its id is the search for its spans."""
    times = {
        "total": each.total_ns,
        "self": each.self_ns,
        "p50": each.p50_ns,
        "p95": each.p95_ns,
        "max": each.max_ns,
    }
    return {
        "id": f"{spans_of(each.service, each.name)}\n{each.name}",
        "process": formats.visible(each.name),
        "service": formats.visible(each.service) if each.service else "(no service)",
        "hue": hue(each.service, trace.services),
        "count": each.count,
        "count_text": formats.count(each.count),
        "errors": each.errors,
        "errors_text": formats.count(each.errors) if each.errors else "",
        **times,
        **{f"{name}_text": formats.duration(ns) for name, ns in times.items()},
        "share": each.self_ns / all_ns if all_ns else 0,
        "share_text": formats.percent(each.self_ns, all_ns),
        "critical": each.critical_ns / critical_ns if critical_ns else 0,
        "critical_text": formats.percent(each.critical_ns, critical_ns),
        "tokens": each.tokens,
        "tokens_text": formats.count(each.tokens) if each.tokens else "",
        "cost": each.cost_usd or 0,
        "cost_text": formats.money(each.cost_usd) if each.cost_usd else "",
    }


def summary(found: list[Statistics], trace: Trace, path: CriticalPath) -> list[Component]:
    """What the table is about, and how long the critical path is."""
    operations = "operation" if len(found) == 1 else "operations"
    cut = f"{SHOWN:,} of " if len(found) > SHOWN else ""
    spans = f"{cut}{len(found):,} {operations} in {len(trace):,} spans"
    spent = formats.duration(sum(each.self_ns for each in found))
    steps = len(path.by_span())
    waited = f"critical path {formats.duration(path.length_ns)} through {steps:,} spans"
    return [
        html.Span(spans),
        html.Span(f"{spent} spent in all"),
        html.Span(waited if steps else "no critical path: the root took no time"),
    ]


def clocks(found: list[Skew], trace: Trace) -> Component | None:
    """How the clocks of the services agree, and what that is known from."""
    if len(found) < 2:
        return None
    moved = [each for each in found if each.why == "moved"]
    return html.Details(
        [
            html.Summary([html.Strong("Clocks"), html.Span(_verdict(found, moved))]),
            html.P(EXPLANATION, className="muted"),
            tables.plain(HEADINGS, [_clock(each, trace) for each in found]),
        ],
        open=bool(moved),
        className="clocks-panel",
    )


def _verdict(found: list[Skew], moved: list[Skew]) -> str:
    if not moved:
        return f"No sign of clock skew between the {len(found)} services."
    names = ", ".join(formats.shorten(_service(each.service), 40) for each in moved[:3])
    more = f" and {len(moved) - 3} more" if len(moved) > 3 else ""
    verb = "seems" if len(moved) == 1 else "seem"
    return f"The clock of {names}{more} {verb} to be off."


def _clock(each: Skew, trace: Trace) -> list[Any]:
    return [
        html.Span(
            [
                html.I(className=f"dot hue-{hue(each.service, trace.services)}"),
                _service(each.service),
            ],
            className="hue-name",
        ),
        ", ".join(_service(giver) for giver in each.givers[:3]) or formats.NOTHING,
        formats.count(each.calls) if each.calls else formats.NOTHING,
        formats.count(each.misfits) if each.calls else formats.NOTHING,
        _signed(each.offset_ns),
        WHY[each.why],
    ]


def _signed(ns: int) -> str:
    if not ns:
        return "0"
    return ("+" if ns > 0 else "−") + formats.duration(abs(ns))


def _service(service: str) -> str:
    return formats.shorten(formats.visible(service), 80) if service else "(no service)"


HEADINGS = ("Service", "Called by", "Calls", "Do not fit", "Correction", "Why")

WHY = {
    "first": "The others are told in this clock.",
    "uncalled": "Nobody in this trace waited for its spans, so nothing is known.",
    "fits": "Most of its calls lie within their callers.",
    "moved": "Most of its calls lie outside of their callers; this centres them, by the median.",
}

EXPLANATION = (
    "A called span should lie within its caller. Where most calls of a service do not, its clock "
    "is probably off, by about the correction given here. All times on this page stay as they were "
    "recorded."
)
