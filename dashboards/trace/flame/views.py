"""Views of the flame graph: frames in; boxes, crumbs and words out."""

from __future__ import annotations

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import formats
from dashboards.parts.hues import hue
from dashboards.shell.link import Link
from dashboards.trace.terms import spans_of
from queries.flame import Flame, Frame
from queries.tree import Trace

LONGEST = 120
"""Characters of a name in a box; the hover has all that the trace holds of it."""


def zoomed(trace: Trace, select: str) -> int | None:
    """The span whose frame the link names; None when it names none of this trace."""
    ids = trace.columns["span_id"]
    return ids.index(select) if select and select in ids else None


def drawing(found: Flame, trace: Trace) -> dict[str, Any]:
    """Boxes with their places as shares of the width, and what each says."""
    width = sum(frame.value for frame in found.frames if frame.level == 0) or 1
    boxes = [_box(frame, width, found, trace) for frame in found.frames]
    return {"boxes": boxes, "above": _above(found, trace)}


def _box(frame: Frame, width: int, found: Flame, trace: Trace) -> dict[str, Any]:
    return {
        "level": frame.level,
        "left": frame.left / width,
        "width": frame.value / width,
        "hue": None if frame.merged else hue(frame.service, trace.services),
        "label": formats.shorten(_name(frame), LONGEST),
        "bad": bool(frame.errors),
        "span": None if frame.merged else trace.columns["span_id"][frame.span],
        "tip": [_name(frame), *_facts(frame, found)],
    }


def _name(frame: Frame) -> str:
    return f"+{frame.merged:,} more" if frame.merged else formats.visible(frame.name)


def _facts(frame: Frame, found: Flame) -> list[str]:
    """What is known of a frame, a line each."""
    spans = f"{frame.count:,} span{'' if frame.count == 1 else 's'}"
    errors = f", {frame.errors:,} with errors" if frame.errors else ""
    share = formats.percent(frame.value, found.whole)
    if found.by_count:
        return [formats.visible(frame.service), spans + errors, f"{share} of all spans"]
    return [
        "too narrow to be drawn" if frame.merged else formats.visible(frame.service),
        spans + errors,
        f"total {formats.duration(frame.value)}, {share} of all time spent",
        f"self {formats.duration(frame.own)}, {formats.percent(frame.own, found.whole)}",
    ]


def _above(found: Flame, trace: Trace) -> str | None:
    """The span of the frame above the one that is shown; empty for the whole trace."""
    if not found.crumbs:
        return None
    return trace.columns["span_id"][found.crumbs[-2].span] if len(found.crumbs) > 1 else ""


def crumbs(found: Flame, trace: Trace, link: Link) -> list[Component]:
    """The way back to the whole trace, frame by frame, and to the spans themselves."""
    ids = trace.columns["span_id"]
    if not found.crumbs:
        return [html.Strong("Whole trace")]
    *above, last = found.crumbs
    steps = [_step("Whole trace", link, "")]
    steps += [_step(_name(frame), link, ids[frame.span]) for frame in above]
    here = html.Strong(formats.shorten(_name(last), LONGEST), title=_name(last))
    search = spans_of(last.service, last.name)
    shown = dcc.Link(
        "Show in waterfall",
        href=link.to("/trace", tab="", select="", only=search),
        className="more",
    )
    return [*steps, here, shown]


def _step(name: str, link: Link, span_id: str) -> Component:
    return dcc.Link(formats.shorten(name, 40), title=name, href=link.to("/trace", select=span_id))


def summary(found: Flame, trace: Trace) -> str:
    """What the widths are."""
    if found.by_count:
        return "No span took any time: widths are numbers of spans."
    shown = found.crumbs[-1] if found.crumbs else None
    if shown:
        share = formats.percent(shown.value, found.whole)
        own = f"self {formats.duration(shown.own)}"
        return f"{formats.duration(shown.value)}, {share} of all time spent, {own}"
    spent = formats.duration(found.whole)
    return f"{spent} spent in {len(trace):,} spans, over {formats.duration(trace.length_ns)}"


def legend(found: Flame, trace: Trace) -> list[Component]:
    """Services by their width, each with its hue."""
    own: dict[str, int] = {}
    for frame in found.frames:
        if not frame.merged:
            own[frame.service] = own.get(frame.service, 0) + frame.own
    ordered = sorted(own, key=lambda service: -own[service])
    return [
        html.Span(
            [
                html.I(className=f"dot hue-{hue(service, trace.services)}"),
                formats.shorten(_service(service), 60),
            ],
            className="hue-name",
        )
        for service in ordered[:SERVICES]
    ]


def _service(service: str) -> str:
    return formats.visible(service) if service else "(no service)"


SERVICES = 12
"""Services that the legend names, those in which most time was spent."""
