"""Views of the main chart: rate, errors or duration over time, with the releases that came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.parts import charts, formats, timeline
from queries.buckets import Buckets
from queries.overview import Course
from queries.reader import Row

Figure = dict[str, Any]

MOST_RELEASES = 8
"""Releases that are marked with a line; more of them hide the chart."""

_LEVELS = ((0, "p50", "#2fb5a5"), (1, "p95", charts.CALM), (2, "p99", "#a77bf3"))


def chart(
    kind: str, found: Course, releases: Sequence[Row], zone: ZoneInfo, revision: str
) -> Figure:
    """The figure of a kind; `revision` names the place that it belongs to."""
    draw = {"errors": errors, "duration": duration}.get(kind, rate)
    figure = draw(found, zone, revision)
    marks = _marks(found.buckets, releases)
    left, right = 64 if kind == "duration" else 52, 48 if kind == "errors" else 12
    figure["layout"] |= {
        "shapes": [mark["line"] for mark in marks],
        "annotations": [mark["label"] for mark in marks],
        "margin": {"l": left, "r": right, "t": 22, "b": 24},
        "meta": {"edges": timeline.milliseconds(found.buckets.edges)},
        "selectdirection": "h",
    }
    return figure


def rate(found: Course, zone: ZoneInfo, revision: str) -> Figure:
    """Bars of spans, their errors at the bottom."""
    well = [spans - errors for spans, errors in zip(found.spans, found.errors, strict=True)]
    return {
        "data": [
            timeline.bars(found.buckets, found.errors, "errors", charts.ALARM, zone),
            timeline.bars(found.buckets, well, "without error", charts.CALM, zone),
        ],
        "layout": {
            **_layout(found.buckets, zone, revision),
            "barmode": "stack",
            "yaxis": {**timeline.axis(), "rangemode": "tozero", "nticks": 5, "tickformat": "~s"},
        },
    }


def errors(found: Course, zone: ZoneInfo, revision: str) -> Figure:
    """Bars of errors, and their share of the spans as a line."""
    shares = [
        100 * failed / spans if spans else None
        for failed, spans in zip(found.errors, found.spans, strict=True)
    ]
    return {
        "data": [
            timeline.bars(found.buckets, found.errors, "errors", charts.ALARM, zone),
            {
                **_line(found.buckets, shares, "share of spans", charts.INK, zone),
                "yaxis": "y2",
                "hovertemplate": "%{customdata}<br>%{y:.2f} % of spans<extra></extra>",
            },
        ],
        "layout": {
            **_layout(found.buckets, zone, revision),
            "yaxis": {**timeline.axis(), "rangemode": "tozero", "nticks": 5, "tickformat": "~s"},
            "yaxis2": {
                **timeline.axis(),
                "overlaying": "y",
                "side": "right",
                "tickmode": "auto",
                "rangemode": "tozero",
                "nticks": 5,
                "ticksuffix": " %",
                "showgrid": False,
            },
        },
    }


def duration(found: Course, zone: ZoneInfo, revision: str) -> Figure:
    """p50, p95 and p99 as lines over a logarithmic axis."""
    lines = [
        _line(
            found.buckets,
            [max(each[place], 1.0) if each else None for each in found.quantiles_ns],
            name,
            colour,
            zone,
            [
                f"{name} {formats.duration(each[place])}" if each else ""
                for each in found.quantiles_ns
            ],
        )
        for place, name, colour in _LEVELS
    ]
    known = [max(ns, 1.0) for each in found.quantiles_ns if each for ns in each]
    return {
        "data": lines,
        "layout": {
            **_layout(found.buckets, zone, revision),
            "yaxis": {**timeline.axis(), "type": "log", **_duration_ticks(known)},
        },
    }


def _line(
    cut: Buckets,
    values: Sequence[float | None],
    name: str,
    colour: str,
    zone: ZoneInfo,
    words: Sequence[str] | None = None,
) -> dict[str, Any]:
    edges = timeline.milliseconds(cut.edges)
    when = [timeline.interval(cut, i, zone) for i in range(len(cut))]
    return {
        "type": "scatter",
        # without marks, a number between two gaps would not be seen
        "mode": "lines+markers",
        "x": [(edges[i] + edges[i + 1]) / 2 for i in range(len(cut))],
        "y": list(values),
        "name": name,
        "line": {"color": colour, "width": 1.6},
        "marker": {"color": colour, "size": 4},
        "customdata": when
        if words is None
        else [f"{a}<br>{b}" for a, b in zip(when, words, strict=True)],
        "hovertemplate": "%{customdata}<extra></extra>",
        "connectgaps": False,
        "selected": timeline.UNTOUCHED,
        "unselected": timeline.UNTOUCHED,
    }


def _layout(cut: Buckets, zone: ZoneInfo, revision: str) -> dict[str, Any]:
    return {
        **timeline.layout(cut, zone, revision),
        "showlegend": True,
        "legend": {
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1.12,
            "traceorder": "reversed",
            "itemclick": False,
            "itemdoubleclick": False,
        },
    }


def _duration_ticks(known: Sequence[float]) -> dict[str, Any]:
    """Powers of ten around what is known, named as durations."""
    low = math.floor(math.log10(min(known, default=1e6)))
    high = math.ceil(math.log10(max(known, default=1e9)))
    high = max(high, low + 1)
    shown = range(low, high + 1, 1 + (high - low) // 6)
    return {
        "range": [low, high],
        "tickvals": [10.0**power for power in shown],
        "ticktext": [formats.duration(10.0**power) for power in shown],
    }


def _marks(cut: Buckets, releases: Sequence[Row]) -> list[dict[str, Any]]:
    """A line and a label for each moment at which something was released first."""
    return [_mark(rows) for rows in together(cut, releases)[-MOST_RELEASES:]]


def together(cut: Buckets, releases: Sequence[Row]) -> list[list[Row]]:
    """Releases that are so close to one another that their labels would overlap, each in one."""
    near = (cut.edges[-1] - cut.edges[0]) / 14
    found: list[list[Row]] = []
    for row in releases:
        if found and row["first"] - found[-1][0]["first"] < near:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _mark(rows: Sequence[Row]) -> dict[str, Any]:
    at = rows[0]["first"].timestamp() * 1000
    return {
        "line": {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": at,
            "x1": at,
            "y0": 0,
            "y1": 1,
            "line": {"color": charts.INK, "width": 1, "dash": "dot"},
        },
        "label": {
            "xref": "x",
            "yref": "paper",
            "x": at,
            "y": 1,
            "yanchor": "bottom",
            "showarrow": False,
            "text": plain(_release(rows)),
            "hovertext": "<br>".join(plain(_name(row)) for row in rows[:12]),
            "font": {"size": 10, "color": charts.INK},
        },
    }


def _release(rows: Sequence[Row]) -> str:
    """What was released, in a word: a version, and of how many services."""
    versions = list(dict.fromkeys(_version(row) for row in rows))
    word = formats.shorten(versions[0], 14)
    return f"{word} +{len(rows) - 1}" if len(rows) > 1 else word


def _version(row: Row) -> str:
    return row["service_version"] or (row["code_revision"] or "")[:10]


def _name(row: Row) -> str:
    revision = f" ({row['code_revision'][:10]})" if row["code_revision"] else ""
    service = formats.shorten(row["service_name"], 40)
    return f"{service} {formats.shorten(row['service_version'] or 'revision', 30)}{revision}"


def plain(text: str) -> str:
    """Text for a chart, which would take markup for markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def note(kind: str, found: Course, releases: Sequence[Row]) -> str:
    """What a bar is, which releases there are, and what can be done."""
    step = timeline.step_words(found.buckets.step)
    more = len(together(found.buckets, releases)) - MOST_RELEASES
    marked = f" +{more:,} more releases before those marked." if more > 0 else ""
    return f"{step} a {'point' if kind == 'duration' else 'bar'}. Drag to narrow the page.{marked}"


def label(kind: str, found: Course, releases: Sequence[Row], zone: ZoneInfo) -> str:
    """The chart in a sentence, for those who cannot see it."""
    since, until = found.buckets.edges[0], found.buckets.edges[-1]
    released = ", ".join(_name(row) for row in releases[:MOST_RELEASES])
    return (
        f"{kind}: {sum(found.spans):,} spans, {sum(found.errors):,} errors, "
        f"{formats.minute(since, zone)} to {formats.minute(until, zone)}, "
        f"{formats.zone_label(zone, until)}."
        + (f" First seen: {released}." if released else "")
        + " Left and right move, with Shift they widen, Enter narrows the page."
    )
