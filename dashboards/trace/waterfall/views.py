"""Views of the waterfall: lines in; grid rows, minimap and sentences out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboards.parts import faces, formats
from dashboards.parts.hues import hue
from queries import facts, skew, waterfall
from queries.tree import Trace
from queries.waterfall import Activity, Group, Line, Missing, View, Visible

GridRow = dict[str, Any]

LONGEST = 200
"""Characters of a name in a row; the span panel holds all of it."""

PIECES = 200
"""Bars of a group, and stretches of the critical path, that are drawn in one row."""


def rows(trace: Trace, lines: Sequence[Line], *, clocks: bool) -> list[GridRow]:
    """What the grid draws, times in ns since the trace's beginning.

    The critical path of a long trace is drawn once the head has worked it out: rows come first.
    """
    path = _path(trace) if facts.knows_critical_path(trace) else {}
    moved = corrected(trace) if clocks else None
    return [_row(trace, line, path, moved) for line in lines]


def shape(trace: Trace, view: View, shown: Visible) -> dict[str, Any]:
    """What the browser must know of the whole: how many rows, how deep, and the time axis."""
    root = waterfall.index_of(trace, view.root) if view.root else None
    begins, ends = (0, trace.length_ns) if root is None else _reach(trace, root)
    above = 0 if root is None else trace.depth[root] - 1
    return {
        "rows": len(shown),
        "length": trace.length_ns,
        "from": begins,
        "to": max(ends, begins + 1),
        "deepest": waterfall.deepest(trace) - above,
    }


def minimap(activity: Activity) -> list[Component]:
    """Spans at work over time as a skyline, those with errors in front of it."""
    top = max(activity.spans, default=0) or 1
    named: dict[str, Any] = {"aria-hidden": "true"}
    return [
        html.Div(className=f"wf-skyline {name}", style={"clipPath": _outline(counts, top)}, **named)
        for name, counts in (("", activity.spans), ("wf-skyline-bad", activity.errors))
        if any(counts)
    ]


def summary(trace: Trace, view: View, shown: Visible, zone: ZoneInfo) -> list[Component]:
    """How much of the trace can be seen, and when that was."""
    spans = sum(row >= 0 for row in shown.rows)
    hidden = len(trace) - spans
    parts = [f"{len(shown):,} {'row' if len(shown) == 1 else 'rows'}"]
    if hidden:
        parts.append(f"{hidden:,} of {len(trace):,} spans folded or left out")
    if view.only or view.shorter_ns:
        parts.append("ancestors of what matches are shown too")
    parts.append(formats.as_of(trace.answer.as_of, zone).removeprefix(", "))
    return [
        *(html.Span(part) for part in parts),
        html.Span(html.Span("critical path", className="wf-legend")),
    ]


def notices(trace: Trace, view: View, *, clocks: bool) -> list[Component]:
    """What must be known to read the rows."""
    told = []
    if view.root and waterfall.index_of(trace, view.root) is None:
        told.append("The span to use as root is not in this trace; all of it is shown.")
    if clocks:
        told += _clocks(trace)
    return [html.P(sentence, className="wf-told") for sentence in told]


def nothing(view: View) -> Component:
    """No rows: a filter leaves out everything."""
    if view.only:
        return faces.empty("No span of this trace matches.", "Change or clear “Show only”.")
    return faces.empty("No span is that long.", "Clear “Hide shorter than”.")


def landed(
    trace: Trace, shown: Visible, index: int, step: int, count: int, wanted: dict[str, Any]
) -> dict[str, Any]:
    """Where a jump ends; without a row when a filter leaves the span out."""
    return {
        "row": waterfall.place_of(shown, index),
        "rows": len(shown),
        "name": waterfall.row_names(trace)[index],
        "what": wanted.get("what"),
        "step": step + 1,
        "count": count,
        "n": wanted.get("n"),
    }


def nowhere(wanted: dict[str, Any]) -> dict[str, Any]:
    """A jump that finds no span to land on."""
    return {"row": None, "what": wanted.get("what"), "count": 0, "n": wanted.get("n")}


def corrected(trace: Trace) -> list[int]:
    found: list[int] = trace.remember("corrected", lambda: skew.corrected(trace))
    return found


def _path(trace: Trace) -> dict[int, list[tuple[int, int]]]:
    """The stretches of the critical path, by span."""

    def by_span() -> dict[int, list[tuple[int, int]]]:
        found: dict[int, list[tuple[int, int]]] = {}
        for span, begins, ends in facts.critical_path(trace).sections:
            found.setdefault(span, []).append((begins, ends))
        return found

    return trace.remember("critical by span", by_span)


def _row(
    trace: Trace,
    line: Line,
    path: dict[int, list[tuple[int, int]]],
    moved: Sequence[int] | None,
) -> GridRow:
    if isinstance(line.what, Group):
        return _group(trace, line, path)
    if isinstance(line.what, Missing):
        return _missing(trace, line, line.what)
    return _span(trace, line, path, moved)


def _span(
    trace: Trace,
    line: Line,
    path: dict[int, list[tuple[int, int]]],
    moved: Sequence[int] | None,
) -> GridRow:
    (index,) = line.spans
    columns = trace.columns
    begins, ends = _reach(trace, index)
    tokens = (columns["input_tokens"][index] or 0) + (columns["output_tokens"][index] or 0)
    row = {
        **_base(trace, line, index),
        "kind": "span",
        "span": columns["span_id"][index],
        "bar": [begins, ends],
        "open_ended": columns["duration_ns"][index] is None,
        "path": path.get(index, [])[:PIECES],
        "duration": formats.duration(columns["duration_ns"][index]),
        "self": formats.duration(trace.self_ns[index]),
        "status": columns["status"][index],
        "tokens": formats.count(tokens) if tokens else "",
        "note": _note(trace, index),
        "mark": _mark(trace, index),
    }
    if moved is not None and moved[index] != trace.offset_ns[index]:
        row["ghost"] = [moved[index], moved[index] + ends - begins]
    return row


def _group(trace: Trace, line: Line, path: dict[int, list[tuple[int, int]]]) -> GridRow:
    """Identical siblings: how many, how long most of them took, and where they lie."""
    first = line.spans[0]
    durations = [d for i in line.spans if (d := trace.columns["duration_ns"][i]) is not None]
    pieces = [_reach(trace, i) for i in line.spans]
    p95 = waterfall.percentile(durations, 0.95)
    return {
        **_base(trace, line, first),
        "kind": "group",
        "count": f"× {len(line.spans):,}",
        "bar": [min(begins for begins, _ in pieces), max(ends for _, ends in pieces)],
        "pieces": pieces[:: max(1, len(pieces) // PIECES)],
        "path": [piece for i in line.spans for piece in path.get(i, [])][:PIECES],
        "duration": f"p95 {formats.duration(p95)}" if p95 is not None else "",
        "self": "",
        "status": trace.columns["status"][first],
        "tokens": "",
        "note": f"{formats.duration(sum(durations))} in all" if durations else "",
        "mark": "",
    }


def _missing(trace: Trace, line: Line, missing: Missing) -> GridRow:
    """What is not there: a row that is no span, for the spans that name it."""
    count = len(missing.spans)
    return {
        "id": line.name,
        "kind": "missing",
        "level": line.level - 1,
        "below": line.below,
        "open": line.open,
        "name": f"missing span {missing.span_id}",
        "service": "",
        "note": f"{count:,} {'span names' if count == 1 else 'spans name'} it as parent",
        "bar": [],
        "path": [],
        "duration": "",
        "self": "",
        "status": "",
        "tokens": "",
        "mark": "",
    }


def _base(trace: Trace, line: Line, index: int) -> GridRow:
    """What rows of spans and of groups have in common."""
    service = trace.columns["service_name"][index]
    return {
        "id": line.name,
        "level": line.level - 1,
        "below": line.below,
        "open": line.open,
        "name": formats.shorten(formats.visible(trace.columns["name"][index]), LONGEST),
        "service": formats.shorten(service, LONGEST),
        "hue": hue(service, trace.services),
        "bad": trace.columns["status"][index] == "error",
    }


def _reach(trace: Trace, index: int) -> tuple[int, int]:
    """From when to when, ns since the trace's beginning; a span without an end ends at once."""
    begins = trace.offset_ns[index]
    return begins, begins + max(trace.columns["duration_ns"][index] or 0, 0)


def _note(trace: Trace, index: int) -> str:
    """The exception, or the watched value, whichever there is."""
    columns = trace.columns
    if columns["exception_type"][index]:
        return formats.shorten(columns["exception_type"][index], 80)
    if columns["data_name"][index]:
        value = formats.shorten(columns["data_value"][index], 40)
        return f"{formats.shorten(columns['data_name'][index], 40)} = {value}"
    return formats.shorten(columns["model"][index], 60)


def _mark(trace: Trace, index: int) -> str:
    """What is odd about where a span stands, in words."""
    if trace.orphan[index]:
        return "orphan: its parent is missing"
    if trace.cyclic[index]:
        return "cycle: its parents lead back to itself"
    return ""


def _outline(counts: Sequence[int], top: int) -> str:
    """A skyline as a CSS polygon: the square root, so that one span among hundreds can be seen."""
    last = max(len(counts), 1)
    points = ["0% 100%"]
    for place, count in enumerate(counts):
        height = 100 - 100 * (count / top) ** 0.5
        for edge in (place, place + 1):
            points.append(f"{100 * edge / last:.2f}% {height:.1f}%")
    return f"polygon({', '.join([*points, '100% 100%'])})"


def _clocks(trace: Trace) -> list[str]:
    """Whose clock seems to be off, by how much and why."""
    found = trace.remember("skews", lambda: skew.skews(trace))
    told = [
        f"{formats.shorten(each.service, 60)}: {formats.duration(each.offset_ns)} to be added, "
        f"because {each.misfits:,} of its {each.calls:,} calls do not fit into their callers."
        for each in found
        if each.why == "moved"
    ]
    if not told:
        return ["The clocks of this trace's services agree as far as their calls can tell."]
    return ["Dashed bars are times without the clock skew; raw times stay.", *told]
