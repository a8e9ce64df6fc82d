"""Views of the comparison: two traces in, grid rows, components and sentences out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.compare.layout import ONLY, WINDOW
from dashboards.compare.pair import Pair, Side
from dashboards.parts import faces, formats
from dashboards.parts.hues import hue
from dashboards.shell.link import Link
from queries.cohort import Cohort, Run
from queries.compare import ABSENT, DIFFERENT, Comparison, State, Sums, Totals, totals_of
from queries.filters import EPOCH
from queries.tree import Trace

MOST_PLACES = 2_000
"""Differences that can be jumped to one by one."""

ALIKE = 0.05
"""Two durations that differ by less are about the same in words."""

STEPS = {
    State.ADDED: "added",
    State.MISSING: "missing",
    State.STATUS: "ended differently",
    State.SLOWER: "slower",
    State.FASTER: "faster",
}


# the two traces


def head(side: Side, pair: Pair) -> Component:
    """What a trace is, or why it is not there."""
    if side.trace is None:
        title = side.sentence or "No trace chosen."
        hint = "Paste another id." if side.sentence else "Paste its id, or choose one below."
        face = "compared-none bad" if side.sentence else "compared-none"
        return html.Div([html.Strong(title), html.Span(hint, className="muted")], className=face)
    trace, totals = side.trace, totals_of(side.trace)
    service, name = _root(trace)
    href = pair.link.shared.to("/trace", trace=trace.trace_id, version=pair.link.version)
    return html.Div(
        [
            html.H2(
                [
                    dcc.Link(formats.shorten(formats.visible(name), 120), href=href),
                    html.Small(formats.shorten(formats.visible(service), 60)),
                ]
            ),
            html.Dl(
                [
                    html.Div([html.Dt(term), html.Dd(text, className=tone)])
                    for term, text, tone in _facts(trace, totals, pair.zone)
                ]
            ),
        ]
    )


def _facts(trace: Trace, totals: Totals, zone: ZoneInfo) -> list[tuple[str, str, str]]:
    began = EPOCH + timedelta(microseconds=trace.origin_ns // 1000)
    facts = [
        ("Started", formats.second(began, zone) if trace.origin_ns else "no time", ""),
        ("Duration", formats.duration(totals.length_ns), ""),
        ("Spans", f"{totals.spans:,}", ""),
        ("Errors", f"{totals.errors:,}", "bad" if totals.errors else ""),
    ]
    if totals.tokens is not None:
        facts.append(("Tokens", formats.count(totals.tokens), ""))
    if totals.cost_usd is not None:
        facts.append(("Cost", formats.money(totals.cost_usd), ""))
    return facts


def _root(trace: Trace) -> tuple[str, str]:
    return trace.columns["service_name"][0] or "", trace.columns["name"][0] or ""


def suggestions(found: Cohort, of: Trace, pair: Pair) -> list[Component] | None:
    """Runs of the same operation, each a link that compares the trace with it."""
    taken = {pair.link.trace, pair.link.other}
    choices = (
        ("fastest", found.fastest),
        ("median", found.median),
        ("slowest", found.slowest),
        ("latest without errors", found.latest_ok),
        ("latest with errors", found.latest_failed),
    )
    links = [
        _suggestion(word, run, of, pair.link)
        for word, run in choices
        if run is not None and run.trace_id not in taken
    ]
    operation = formats.shorten(formats.visible(found.operation.name), 60)
    if not links:
        return [html.Span(f"No other run of {operation} in the last 14 days.", className="muted")]
    runs = f"{'more than ' if found.capped else ''}{len(found.runs):,}"
    label = f"Compare {_letter(of, pair)} with one of {runs} other runs of {operation}:"
    return [html.Span(label, className="muted"), *links]


def _letter(trace: Trace, pair: Pair) -> str:
    return "A" if trace is pair.left.trace else "B"


def _suggestion(word: str, run: Run, of: Trace, link: Link) -> Component:
    href = compare_link(link, of.trace_id, run.trace_id)
    return dcc.Link([f"{word} ", html.Strong(formats.duration(run.duration_ns))], href=href)


def compare_link(link: Link, left: str, right: str) -> str:
    """Address of a comparison in the same org, zone and version."""
    return link.shared.to("/compare", trace=left, other=right, version=link.version)


def nothing(pair: Pair) -> Component:
    """Fewer than two traces: what to do."""
    if pair.left.trace or pair.right.trace:
        face = faces.empty(
            "There is nothing to compare this trace with yet.",
            "Paste the id of another trace above, or choose one of the runs suggested there.",
        )
    else:
        face = faces.empty(
            "Choose two traces.",
            "Paste their ids above, or open a trace: its Cohort tab names runs to compare with.",
        )
    return html.Div(face, className="compared-nothing")


def nothing_left(link: Link) -> Component:
    word = ONLY.get(link.only, ONLY[""])[0].lower()
    return faces.empty(f"No step is among “{word}”.", "Choose “All” to see the whole tree.")


# what differs, in words


def sentence(found: Comparison, link: Link) -> list[Component]:
    """The comparison in a few sentences."""
    parts: list[Any] = [html.Strong(_lengths(found.totals))]
    parts.append(html.Span(_changes(found)))
    if found.first is not None:
        parts.append(html.Span(["First difference: ", *_named(found, found.first), "."]))
    if found.culprit is not None and not _alike(*found.totals):
        parts.append(
            html.Span(["Most of the difference is in ", *_culprit(found, found.culprit), "."])
        )
    truncated = [
        letter
        for letter, trace in (("A", found.left), ("B", found.right))
        if trace.answer.truncated
    ]
    if truncated:
        cut = f"Only the first spans of {' and '.join(truncated)} were read; the rest is left out."
        parts.append(html.Span(cut, className="notice"))
    return parts


def _lengths(totals: tuple[Totals, Totals]) -> str:
    before, after = totals[0].length_ns, totals[1].length_ns
    if formats.duration(after) == formats.duration(before):
        return f"Both took {formats.duration(after)}."
    spelt = f"{formats.duration(after)} instead of {formats.duration(before)}"
    if _alike(*totals):
        return f"B took about as long as A: {spelt}."
    if not before or not after:
        return f"B took {spelt}."
    if after > before:
        return f"B took {_times(after / before)} as long as A: {spelt}."
    return f"B took {formats.percent(after, before)} of A's time: {spelt}."


def _alike(before: Totals, after: Totals) -> bool:
    """Whether the difference in length is not worth a number."""
    longer = max(before.length_ns, after.length_ns)
    return abs(after.length_ns - before.length_ns) <= ALIKE * longer


def _times(ratio: float) -> str:
    return f"{ratio:.1f}×" if ratio < 100 else f"{ratio:,.0f}×"


def _changes(found: Comparison) -> str:
    numbers = []
    for state, word in STEPS.items():
        spans = found.counts[state]
        tops = found.tops[state] if state in (State.ADDED, State.MISSING) else spans
        inside = f" ({spans:,} spans)" if spans > tops else ""
        if tops:
            numbers.append(f"{tops:,} {word}{inside}")
    if not numbers:
        return "Every step happened in both, in the same order and at about the same speed."
    return f"Steps: {', '.join(numbers)}."


def _named(found: Comparison, step: int) -> list[Any]:
    _, name = found.name(step)
    shown = html.Strong(formats.shorten(formats.visible(name), 80))
    return [shown, f" ({_word(found, step)})"]


def _culprit(found: Comparison, step: int) -> list[Any]:
    left, right = found.sums(step)
    moved = _own(right) - _own(left)
    _, name = found.name(step)
    shown = html.Strong(formats.shorten(formats.visible(name), 80))
    return [shown, f": {signed(moved)} of its own"]


def _own(side: Sums | None) -> int:
    return (side.self_ns or 0) if side else 0


def _word(found: Comparison, step: int) -> str:
    return _repeats(found, step) if found.state[step] is State.REPEATED else found.state[step]


def _repeats(found: Comparison, step: int) -> str:
    """How often a repeated step happened on either side; empty for any other step."""
    before, after = found.repeats.get(step, (0, 0))
    if before != after:
        return f"× {before} → × {after}"
    return f"× {before}" if before else ""


def filters(found: Comparison | None) -> list[dict[str, str]]:
    """The choices of what to show, with how many steps each has."""
    options = []
    for name, (word, states) in ONLY.items():
        spans = sum(found.counts[state] for state in states) if found else 0
        number = f" {spans:,}" if found else ""
        options.append({"label": f"{word}{number}", "value": name})
    return options


# the tree


def shown(found: Comparison, link: Link) -> list[int]:
    """The steps that the link shows."""
    return found.visible(ONLY.get(link.only, ONLY[""])[1], toggled(link))


def toggled(link: Link) -> set[int]:
    """Steps that the reader opened or closed."""
    return {
        int(word)
        for word in link.select.split(".")
        if word.isascii() and word.isdigit() and len(word) < 9
    }


def window(request: dict[str, Any]) -> tuple[int, int]:
    """Which rows the grid asks for; never more than a window."""
    begin = request.get("startRow")
    begin = begin if isinstance(begin, int) and begin >= 0 else 0
    return begin, begin + WINDOW


def places(found: Comparison, steps: list[int]) -> dict[str, Any]:
    """Rows with a difference: the first at which something else was done, and those to step to."""
    different = [row for row, step in enumerate(steps) if found.state[step] in DIFFERENT]
    first = None
    if found.first is not None:
        # a step that is closed stands for those inside
        first = max((r for r, s in enumerate(steps) if s <= found.first), default=None)
    return {"first": first, "rows": different[:MOST_PLACES]}


def summary(found: Comparison, steps: list[int], zone: ZoneInfo) -> list[Component]:
    as_of = max((a for a in (found.left.answer.as_of, found.right.answer.as_of) if a), default=None)
    both = f"{len(found.left):,} and {len(found.right):,} spans"
    return [
        html.Span(f"{len(steps):,} of {len(found):,} steps shown"),
        html.Span(f"{both}{formats.as_of(as_of, zone)}"),
        html.Span("A click on a time opens the span in its trace; n and p go to differences"),
    ]


def rows(found: Comparison, steps: list[int], link: Link) -> list[dict[str, Any]]:
    """The grid's rows of some steps. An id says which step it is and which spans it opens."""
    length = max(found.left.length_ns, found.right.length_ns, 1)
    states, opened = ONLY.get(link.only, ONLY[""])[1], toggled(link)
    return [_row(found, step, length, found.state[step] in states, opened) for step in steps]


def _row(
    found: Comparison, step: int, length: int, wanted: bool, opened: set[int]
) -> dict[str, Any]:
    left, right = found.sums(step)
    service, name = found.name(step)
    repeated = step in found.repeats
    return {
        "id": f"{step}:{_span(found.left, found.a[step])}:{_span(found.right, found.b[step])}",
        "step": formats.shorten(formats.visible(name), 200),
        "service": formats.shorten(formats.visible(service), 80) if service else "",
        "hue": hue(service, found.left.services | found.right.services),
        "depth": found.depth[step] - 1,
        "open": (repeated == (step in opened)) if found.size[step] > 1 else None,
        "repeats": _repeats(found, step),
        "inside": found.size[step] - 1,
        "state": found.state[step],
        "context": not wanted,
        "bars": [_bar(left, length), _bar(right, length)],
        "left": _side(left),
        "right": _side(right),
        **_differences(left, right),
    }


def _span(trace: Trace, index: int) -> str:
    return trace.columns["span_id"][index] if index != ABSENT else ""


def _bar(side: Sums | None, length: int) -> list[float] | None:
    if side is None or side.offset_ns is None:
        return None
    begins = 100 * max(side.offset_ns, 0) / length
    wide = 100 * max(side.duration_ns or 0, 0) / length
    return [round(min(begins, 99.8), 2), round(max(0, min(wide, 100 - begins)), 2)]


def _side(side: Sums | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"time": formats.duration(side.duration_ns), "errors": side.errors}


def _differences(left: Sums | None, right: Sums | None) -> dict[str, str]:
    before, after = left or NOTHING, right or NOTHING
    moved = (after.duration_ns or 0) - (before.duration_ns or 0)
    known = not (left and left.duration_ns is None) and not (right and right.duration_ns is None)
    return {
        "delta": signed(moved) if known else "unknown",
        "ratio": _ratio(before.duration_ns, after.duration_ns) if left and right else "",
        "own": signed((after.self_ns or 0) - (before.self_ns or 0)) if known else "",
        "tokens": _signed_count((after.tokens or 0) - (before.tokens or 0)),
        "cost": _signed_money((after.cost_usd or 0) - (before.cost_usd or 0)),
    }


NOTHING = Sums(0, None, None, None, None, 0, None)


def signed(ns: int) -> str:
    """A difference in time with its sign; nothing worth telling is a zero."""
    if abs(ns) < 500:
        return "0"
    return ("+" if ns > 0 else "−") + formats.duration(abs(ns))


def _ratio(before: int | None, after: int | None) -> str:
    if not before or not after or before < 0 or after < 0:
        return ""
    return _times(after / before) if abs(after - before) > ALIKE * before else ""


def _signed_count(number: int) -> str:
    return f"{'+' if number > 0 else '−'}{formats.count(abs(number))}" if number else ""


def _signed_money(usd: float) -> str:
    if abs(usd) < 1e-9:
        return ""
    return f"{'+' if usd > 0 else '−'}{formats.money(abs(usd))}"
