"""Views of one function: rows in; tiles, figures, tables and links out.

The one idea: every number leads to exactly the spans that it counts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.code import changes, frames
from dashboards.code.changes import Change
from dashboards.code.views import to_function
from dashboards.parts import cards, charts, faces, formats, tables, timeline
from dashboards.parts.charts import Figure
from dashboards.shell.link import DEFAULT_RANGE, MAX_LONG, Link
from queries import code, search
from queries.code import Function, History
from queries.filters import TimeRange
from queries.reader import Answer, Row

LINE = charts.HUES[2]
MARK = charts.HUES[3]
"""Colours of p95 and of releases."""

MOST_MARKS = 8
EIGHTHS = 8
"""Intervals of the histogram to each power of ten."""


def to_spans(link: Link, *terms: str) -> str | None:
    """Address of the spans that meet all terms; None for a search too long for one."""
    wanted = " ".join(terms)
    return link.shared.to("/traces", q=wanted) if len(wanted) <= MAX_LONG else None


def _linked(shown: Any, href: str | None, title: str = "", class_name: str = "") -> Component:
    """A link, or the same without one."""
    if href is None:
        return html.Span(shown, className=class_name, title=title)
    return dcc.Link(shown, href=href, className=class_name, title=title)


def _searched(row: Row, function: Function) -> str:
    return code.spans_of(function, row["named"], row["unnamed"])


# the function as a whole


def head(found: Answer, function: Function, link: Link) -> list[Component]:
    """Its name, its service and what it is, with the way to all its spans."""
    row = found.one
    what = "operation" if row["unnamed"] and not row["named"] else "function"
    service = "any service" if function.service is None else function.service
    return [
        html.H1(formats.shorten(formats.visible(function.name), 200), title=function.name[:500]),
        html.Span(formats.shorten(service, 80), className="muted code-head-service"),
        html.Span(what, className="code-kind"),
        _linked("Open its spans", to_spans(link, _searched(row, function)), class_name="code-all")
        if row["calls"]
        else html.Span(),
    ]


def tiles(found: Answer, function: Function, range_: TimeRange, link: Link) -> list[Component]:
    """The numbers, each with its change against the period before."""
    row = found.one
    if not row["calls"]:
        return [
            faces.empty(
                "This function did not run in this time range.",
                "Choose a longer range, or go back to all functions.",
            )
        ]
    every = _searched(row, function)
    before = row["quantiles_before_ns"] or (None, None, None)
    earlier = bool(row["calls_before"])
    rates = (row["errors"] / row["calls"], row["errors_before"] / (row["calls_before"] or 1))
    made = [
        _tile(
            "Calls",
            formats.count(row["calls"]),
            changes.ratio(row["calls"], row["calls_before"], bad=0),
            to_spans(link, every),
        ),
        _tile(
            "Error rate",
            formats.percent(row["errors"], row["calls"]) if row["errors"] else "0 %",
            changes.points(*rates) if earlier else None,
            to_spans(link, every, search.term("status", "error")),
            note=f"{formats.count(row['errors'])} failed",
            tone="bad" if row["errors"] else "",
        ),
        _tile(
            "Average",
            formats.duration(row["average_ns"]),
            changes.ratio(row["average_ns"], row["average_before_ns"], bad=1),
            None,
        ),
    ]
    for at, name in enumerate(("p50", "p95", "p99")):
        value = row["quantiles_ns"][at] if row["quantiles_ns"] else None
        href = None if value is None else to_spans(link, every, f"duration>={ceil(value)}ns")
        change = changes.ratio(value, before[at], bad=1)
        made.append(_tile(name, formats.duration(value), change, href))
    made.append(
        _tile(
            "Memory",
            changes.size(row["memory_bytes"]),
            None,
            to_spans(link, every, search.term("exists", "memory")) if row["measured"] else None,
            note="a call, on average" if row["measured"] else "not reported",
        )
    )
    length = timeline.step_words(range_.length).replace(" ", "\N{NO-BREAK SPACE}")
    note = f"Changes are against the {length} before."
    return [*made, html.P(note, className="code-tiles-note")]


def _tile(
    label: str, value: str, change: Change | None, href: str | None, note: str = "", tone: str = ""
) -> Component:
    moved = html.Span(change.text, className=f"code-change {change.tone}") if change else None
    parts = [
        html.Span(label, className="code-tile-label"),
        html.Span(value, className=f"code-tile-value {tone}"),
        html.Span([moved, html.Span(note)], className="code-tile-note"),
    ]
    return _linked(parts, href, "Open these spans" if href else "", "code-tile")


# over time


def history(
    found: History,
    numbers: Answer,
    releases: Answer,
    range_: TimeRange,
    zone: ZoneInfo,
    link: Link,
) -> Figure:
    """Calls with their errors in front, p95 as a line, releases as marks."""
    if not any(found.calls):
        return charts.nothing()
    cut = found.buckets
    well = [all_ - bad for all_, bad in zip(found.calls, found.errors, strict=True)]
    edges = timeline.milliseconds(cut.edges)
    layout = timeline.layout(cut, zone, link.function)
    marks = new_releases(releases, range_)
    axis = {**timeline.axis(), "rangemode": "tozero", "nticks": 4}
    return {
        "data": [
            _over_time(found, found.errors, "errors", charts.ALARM, numbers, zone, link),
            _over_time(found, well, "calls without error", charts.CALM, numbers, zone, link),
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": "p95",
                "x": [(a + b) / 2 for a, b in pairwise(edges)],
                "y": found.p95_ns,
                "customdata": [
                    f"{timeline.interval(cut, i, zone)}<br>p95 {formats.duration(ns)}"
                    for i, ns in enumerate(found.p95_ns)
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
                "yaxis": "y2",
                "line": {"color": LINE, "width": 1.8},
                "marker": {"size": 4, "color": LINE},
            },
        ],
        "layout": {
            **layout,
            "margin": {"l": 40, "r": 54, "t": 36, "b": 20},
            "barmode": "stack",
            "dragmode": False,
            "hovermode": "closest",
            "showlegend": True,
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.3,
                "yanchor": "top",
                "traceorder": "normal",
            },
            "yaxis": axis,
            "yaxis2": {
                **timeline.axis(),
                "overlaying": "y",
                "side": "right",
                "showgrid": False,
                **_steps(max((ns for ns in found.p95_ns if ns is not None), default=0)),
            },
            "shapes": [_release_line(row) for row in marks],
            "annotations": [_release_name(row, range_) for row in marks],
        },
    }


def _over_time(
    found: History,
    counts: list[int],
    name: str,
    colour: str,
    numbers: Answer,
    zone: ZoneInfo,
    link: Link,
) -> dict[str, Any]:
    """Bars that lead to the spans of their interval."""
    cut = found.buckets
    terms = [_searched(numbers.one, Function(link.function, link.service or None))]
    if name == "errors":
        terms.append(search.term("status", "error"))
    hrefs = [
        to_spans(
            replace(link, range=DEFAULT_RANGE, since=a.isoformat(), until=b.isoformat()), *terms
        )
        for a, b in pairwise(cut.edges)
    ]
    words = [timeline.interval(cut, i, zone) for i in range(len(cut))]
    return {
        **timeline.bars(cut, counts, name, colour, zone),
        "customdata": [list(each) for each in zip(words, hrefs, strict=True)],
        "hovertemplate": "%{customdata[0]}<br>%{y:,} " + name + "<extra></extra>",
    }


def new_releases(found: Answer, range_: TimeRange) -> list[Row]:
    """Releases that came in the range, the newest few; the first that ever ran is no change."""
    known = [row for row in found if row["revision"] is not None]
    came = [row for row in known[:-1] if row["oldest"] >= range_.since]
    return came[:MOST_MARKS]


def _release_line(row: Row) -> dict[str, Any]:
    at = row["oldest"].timestamp() * 1000
    line = {"color": MARK, "width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _steps(most: float) -> dict[str, Any]:
    """Round durations from nothing to `most`, two to five of them."""
    size = 10.0 ** floor(log10(max(most, 1) / 2))
    step = next(size * n for n in (1, 2, 5, 10) if max(most, 1) / (size * n) <= 5)
    ticks = [step * n for n in range(6) if step * n <= 1.1 * most]
    return {
        "tickvals": ticks,
        "ticktext": ["0", *(formats.duration(ns) for ns in ticks[1:])],
        "range": [0, 1.08 * max(most, 1)],
    }


def _release_name(row: Row, range_: TimeRange) -> dict[str, Any]:
    late = row["oldest"] > range_.since + range_.length / 2
    return {
        "x": row["oldest"].timestamp() * 1000,
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        # so that it stays inside
        "xanchor": "right" if late else "left",
        "xshift": 5 if late else -5,
        "showarrow": False,
        "text": _plain(f"{release_name(row)} ▾" if late else f"▾ {release_name(row)}"),
        "font": {"color": MARK, "size": 11},
    }


def _plain(text: str) -> str:
    """Text for a figure, which would take `<b>` for markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def release_name(row: Row) -> str:
    """Version and revision, as short as people say them."""
    names = [row["version"], row["revision"] if row["by_revision"] else None]
    told = [formats.shorten(formats.visible(name), 14) for name in names if name]
    return " · ".join(dict.fromkeys(told)) or "(no release)"


def history_note(found: History, range_: TimeRange) -> str:
    if not any(found.calls):
        return "no calls"
    return f"a bar is {timeline.step_words(found.buckets.step)}"


# by duration


def durations(found: Answer, numbers: Answer, function: Function, link: Link) -> Figure:
    """How long calls took, on a logarithmic axis, with p50, p95 and p99 marked."""
    rows = found.rows
    if not rows:
        return charts.nothing()
    every = _searched(numbers.one, function)
    low, high = rows[0]["bucket"], rows[-1]["bucket"] + 1
    low, high = (low - 2, high + 2) if high - low < 4 else (low, high)
    ticks = _ticks(low / EIGHTHS, high / EIGHTHS)
    quantiles = numbers.one["quantiles_ns"] or []
    marks = [
        (name, log10(max(ns, 1)))
        for name, ns in zip(("p50", "p95", "p99"), quantiles, strict=False)
    ]
    return {
        "data": [
            _bars(rows, "errors", charts.ALARM, every, link),
            _bars(rows, "calls without error", charts.CALM, every, link),
        ],
        "layout": {
            **_bare(),
            "barmode": "stack",
            "bargap": 0.08,
            "hovermode": "closest",
            "dragmode": False,
            "uirevision": link.function,
            "xaxis": {
                **timeline.axis(),
                "range": [low / EIGHTHS, high / EIGHTHS],
                "tickvals": [log10(ns) for ns in ticks],
                "ticktext": [formats.duration(ns) for ns in ticks],
                "gridcolor": "rgba(0,0,0,0)",
            },
            "yaxis": {**timeline.axis(), "rangemode": "tozero", "nticks": 4},
            "shapes": [
                {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1}
                | {"line": {"color": LINE, "width": 1.2, "dash": "dot"}}
                for _, at in marks
            ],
            "annotations": [
                {"x": at, "yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False}
                | {"text": name, "font": {"color": LINE, "size": 11}}
                for name, at in _apart(marks, (high - low) / EIGHTHS)
            ],
        },
    }


def _apart(marks: list[tuple[str, float]], width: float) -> list[tuple[str, float]]:
    """Names that have room; of two at one place the later one stays."""
    kept: list[tuple[str, float]] = []
    for name, at in reversed(marks):
        if all(abs(at - other) > 0.06 * width for _, other in kept):
            kept.append((name, at))
    return kept


def _bars(rows: list[Row], name: str, colour: str, every: str, link: Link) -> dict[str, Any]:
    counts = [row["errors"] if name == "errors" else row["calls"] - row["errors"] for row in rows]
    return {
        "type": "bar",
        "name": name,
        "x": [(row["bucket"] + 0.5) / EIGHTHS for row in rows],
        "y": counts,
        "width": [0.92 / EIGHTHS] * len(rows),
        "marker": {"color": colour, "line": {"width": 0}},
        "customdata": [[_between(row), _to_bar(row, every, link)] for row in rows],
        "hovertemplate": "%{customdata[0]}<br>%{y:,} " + name + "<extra></extra>",
    }


def _between(row: Row) -> str:
    ends = [formats.duration(row["shortest_ns"]), formats.duration(row["longest_ns"])]
    return ends[0] if ends[0] == ends[1] else " – ".join(ends)


def _to_bar(row: Row, every: str, link: Link) -> str | None:
    """The spans of a bar: it has no others between its shortest and its longest."""
    return to_spans(
        link, every, f"duration>={row['shortest_ns']}ns duration<={row['longest_ns']}ns"
    )


def _bare() -> dict[str, Any]:
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Inter, system-ui, sans-serif", "size": 11, "color": charts.INK},
        "margin": {"l": 40, "r": 10, "t": 20, "b": 22},
        "showlegend": False,
        "hoverlabel": {"font": {"family": "Inter, system-ui, sans-serif", "size": 12}},
        "separators": ".,",
    }


def _ticks(low: float, high: float) -> list[float]:
    """Round durations between two powers of ten, six or so."""
    steps = (1,) if high - low > 3 else (1, 3) if high - low > 1.2 else (1, 2, 5)
    found = [step * 10.0**power for power in range(floor(low), 20) for step in steps]
    inside = [ns for ns in found if low <= log10(ns) <= high]
    return inside[:: max(1, round(len(inside) / 6))]


# releases


def revisions(found: Answer, range_: TimeRange, zone: ZoneInfo, link: Link) -> Component:
    """Two releases side by side, and all that ran."""
    ran = [row for row in found if row["calls"]]
    if not ran:
        return cards.panel(
            "Releases",
            faces.empty(
                "No release ran in this time range.",
                "Send service.version, or the revision as vcs.ref.head.revision.",
            ),
        )
    after, before = compared(ran, link)
    body = [_listed(ran, after, before, zone, link)]
    if before is not None and after is not None:
        body.insert(0, _beside(before, after))
    return cards.panel("Releases", body, "newest first", class_name="code-revisions")


def compared(ran: list[Row], link: Link) -> tuple[Row | None, Row | None]:
    """What the link says, else the newest release and the one before it: (after, before)."""
    after = next((r for r in ran if link.revision and r["revision"] == link.revision), ran[0])
    others = [r for r in ran if r is not after]
    against = next((r for r in others if link.against and r["revision"] == link.against), None)
    if against is None and others:
        older = [r for r in others if r["oldest"] <= after["oldest"]]
        against = (older or others)[0]
    return after, against


def _beside(before: Row, after: Row) -> Component:
    """Both in numbers, and how they moved."""
    averages = [row["average_ns"] for row in (before, after)]
    rows = [
        _line("Calls", *(formats.count(row["calls"]) for row in (before, after))),
        _line(
            "Error rate",
            *(_rate(row) for row in (before, after)),
            change=changes.points(*(row["errors"] / row["calls"] for row in (after, before))),
        ),
        _line(
            "Average",
            *map(formats.duration, averages),
            change=changes.ratio(averages[1], averages[0], bad=1),
        ),
    ]
    for at, name in enumerate(("p50", "p95", "p99")):
        sides = [(row["quantiles_ns"] or [None] * 3)[at] for row in (before, after)]
        change = changes.ratio(sides[1], sides[0], bad=1)
        rows.append(_line(name, *map(formats.duration, sides), change=change))
    rows.append(_line("Memory", *(changes.size(row["memory_bytes"]) for row in (before, after))))
    headings = ("", release_name(before), release_name(after), "Change")
    return tables.plain(headings, rows, "numbers code-beside")


def _line(name: str, *sides: str, change: Change | None = None) -> list[Any]:
    return [name, *sides, _moved(change)]


def _moved(change: Change | None) -> Component:
    return html.Span(change.text, className=change.tone) if change else html.Span()


def _rate(row: Row) -> str:
    return formats.percent(row["errors"], row["calls"]) if row["errors"] else "0 %"


def _listed(
    ran: list[Row], after: Row | None, before: Row | None, zone: ZoneInfo, link: Link
) -> Component:
    headings = ("Release", "First seen", "Last seen", "Calls", "Errors", "p95")
    rows = []
    for row in ran:
        mark = " (new)" if row is after else " (old)" if row is before else ""
        name = release_name(row) + (mark if before is not None else "")
        terms = revision_terms(row, link)
        href = to_spans(link, terms) if terms else None
        p95 = row["quantiles_ns"][1] if row["quantiles_ns"] else None
        rows.append(
            [
                html.Span(name, title=str(row["revision"] or "")[:500]),
                html.Span(formats.minute(row["oldest"], zone), className="time"),
                html.Span(formats.minute(row["newest"], zone), className="time"),
                _linked(formats.count(row["calls"]), href, "Open these spans"),
                _rate(row),
                formats.duration(p95),
            ]
        )
    return tables.plain(headings, rows, "numbers")


def revision_terms(row: Row, link: Link) -> str:
    """The search for the function's spans of one release."""
    function = Function(link.function, link.service or None)
    every = code.spans_of(function, row["named"], row["unnamed"])
    no_revision = search.term("exists", "revision", exclude=True)
    if row["by_revision"]:
        return f"{every} {search.term('revision', row['revision'])}"
    return f"{every} {no_revision} {search.term('version', row['revision'])}"


# what goes wrong


def exceptions(found: Answer, function: Function, zone: ZoneInfo, link: Link) -> Component:
    """Types with how often they were raised, and the lines where."""
    if not found.rows:
        return cards.panel(
            "Exceptions raised here",
            faces.empty("No exception in this time range.", "Choose a longer range to look back."),
        )
    rest = int(found.rows[0]["kinds"]) - len(found)
    by_type: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        by_type[row["exception_type"]].append(row)
    items = [_exception(kind, rows, function, zone, link) for kind, rows in by_type.items()]
    more = html.P(f"+{rest:,} more ways", className="muted") if rest > 0 else None
    return cards.panel("Exceptions raised here", [html.Ul(items), more], class_name="code-raised")


def _exception(
    kind: str, rows: list[Row], function: Function, zone: ZoneInfo, link: Link
) -> Component:
    calls = sum(row["calls"] for row in rows)
    newest = max(rows, key=lambda row: row["newest"])
    every = code.spans_of(function, sum(r["named"] for r in rows), sum(r["unnamed"] for r in rows))
    href = to_spans(link, every, search.term("exception", kind))
    return html.Li(
        [
            html.Div(
                [
                    html.Strong(formats.shorten(formats.visible(kind), 120)),
                    _linked(f"{calls:,} ×", href, "Open these spans", "num"),
                ],
                className="code-raised-head",
            ),
            html.P(formats.shorten(newest["message"], 200) or "(no message)", className="muted"),
            html.Ul([html.Li(each) for each in _places(rows, function)]),
            html.P(
                f"first {formats.second(min(r['oldest'] for r in rows), zone)}, "
                f"last {formats.second(newest['newest'], zone)}",
                className="muted time",
            ),
        ]
    )


def _places(rows: list[Row], function: Function) -> list[Any]:
    """Lines with how often each, the most frequent first."""
    counted: dict[str, int] = defaultdict(int)
    for row in rows:
        frame = frames.raised_at(row["frames"] or (), function.name, row["file"])
        if frame:
            counted[f"{frame.file}:{frame.line}"] += row["calls"]
        elif row["file"]:
            counted[f"{row['file']}:{row['line']}" if row["line"] else row["file"]] += row["calls"]
    most = sorted(counted.items(), key=lambda each: -each[1])
    return [
        [html.Code(formats.shorten(place, 120)), html.Span(f" {calls:,} ×", className="muted")]
        for place, calls in most[:6]
    ]


# around it


def kin(callers: Answer, callees: Answer, link: Link) -> Component:
    """Who calls it and whom it calls; a click moves there."""
    capped = sum(row["calls"] for row in callers) >= code.MOST_CALLS
    note = f"of the newest {code.MOST_CALLS:,} calls" if capped else None
    return html.Div(
        [
            cards.panel("Callers", _kin(callers, "callers", link), note),
            cards.panel("Callees", _kin(callees, "callees", link), note),
        ],
        className="code-pair",
    )


def _kin(found: Answer, known: str, link: Link) -> Any:
    if not found.rows:
        if known == "callees":
            return faces.empty("It calls nothing that sends spans.")
        return faces.empty("Nothing called it in this time range.")
    rows = [
        [
            _called(row, link),
            formats.count(row["calls"]),
            html.Span(_rate(row), className="bad" if row["errors"] else ""),
            formats.duration(row["p95_ns"]),
        ]
        for row in found
    ]
    rest = int(found.rows[0][known]) - len(found)
    return [
        tables.plain(("Function", "Calls", "Errors", "p95"), rows, "numbers"),
        html.P(f"+{rest:,} more", className="muted") if rest > 0 else None,
    ]


def _called(row: Row, link: Link) -> Component:
    if row["function"] is None:
        text = "(root of a trace)" if row.get("root") else "(span not received)"
        return html.Span(text, className="muted")
    shown = html.Span(
        [
            html.Span(_breaking(formats.shorten(formats.visible(row["function"]), 80))),
            html.Span(formats.shorten(row["service_name"], 60), className="muted"),
        ],
        className="stack",
    )
    return _linked(shown, to_function(link, row["service_name"], row["function"]))


def _breaking(name: str) -> list[Any]:
    """A qualified name that breaks behind its dots."""
    parts = name.split(".")
    dotted = [*(f"{part}." for part in parts[:-1]), parts[-1]]
    return [piece for part in dotted for piece in (part, html.Wbr())][:-1]


def traces(
    slowest: Answer, failing: Answer, zone: ZoneInfo, link: Link, *, several: bool
) -> Component:
    """Traces to look at; a click opens one at its call of this function."""
    slow = [
        [_to_trace(row, zone, link, several), formats.duration(row["duration_ns"])]
        for row in slowest
    ]
    bad = [
        [
            _to_trace(row, zone, link, several),
            html.Span(_breaking(formats.shorten(row["failure"], 60))),
        ]
        for row in failing
    ]
    return html.Div(
        [
            cards.panel(
                "Slowest traces",
                tables.plain(("Called at", "Took"), slow, "numbers")
                if slow
                else faces.empty("No call tells how long it took."),
            ),
            cards.panel(
                "Latest failing traces",
                tables.plain(("Called at", "Failure"), bad)
                if bad
                else faces.empty("No call failed in this time range."),
            ),
        ],
        className="code-pair code-traces",
    )


def _to_trace(row: Row, zone: ZoneInfo, link: Link, several: bool) -> Component:
    org = row["org_id"] if several else link.org
    href = link.shared.to("/trace", trace=row["trace_id"], span=row["span_id"], org=org)
    return dcc.Link(formats.second(row["start_time"], zone), href=href, title=row["trace_id"])
