"""Where a span stands: its duration among those of its operation, in a sentence and a picture."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import formats
from queries.span import Standing, bucket_start_ns

BARS = 44
"""Bars of the picture at most; neighbouring buckets share one when there are more."""

WINDOW = "of this operation in the 24 h before it"


def standing(found: Standing | None, address: str | None) -> Any:
    """A sentence, the percentiles, and a histogram in which the span is marked."""
    if found is None:
        return html.P("It has no start time, so it has no place among others.", className="muted")
    return [
        html.P(sentence(found), className="stand-sentence"),
        _picture(found) if found.spans else None,
        _quantiles(found),
        dcc.Link(f"Show these {formats.count(found.spans)} spans", href=address, className="more")
        if address and found.spans
        else None,
    ]


def sentence(found: Standing) -> str:
    """How its duration compares, exactly."""
    if not found.spans:
        return "No other span of this service and name ran in the 24 h before it."
    peers = f"{found.spans:,} {'span' if found.spans == 1 else 'spans'} {WINDOW}"
    if found.duration_ns is None:
        return f"It has no duration to compare with the {peers}."
    if found.quicker == found.spans:
        words = f"Slower than {'all ' if found.spans > 1 else 'the '}{peers}"
    elif not found.quicker and not found.equal:
        words = f"Quicker than {'all ' if found.spans > 1 else 'the '}{peers}"
    else:
        share = formats.percent(found.quicker, found.spans) if found.quicker else "none"
        words = f"Slower than {share} of {peers}"
    return f"{words}{_against_median(found)}."


def _against_median(found: Standing) -> str:
    median = found.quantiles_ns[0] if found.quantiles_ns else 0
    if not median or not found.duration_ns:
        return ""
    times = found.duration_ns / median
    if times >= 1.1:
        return f", {times:,.{1 if times < 100 else 0}f} × the median"
    if times > 0.9:
        return ", about the median"
    return f", {100 * times:.0f} % of the median" if times >= 0.01 else ""


def _quantiles(found: Standing) -> Component | None:
    if not found.quantiles_ns:
        return None
    named = zip(("p50", "p95", "p99"), found.quantiles_ns, strict=True)
    facts = [(name, formats.duration(value)) for name, value in named]
    return html.Dl(
        [html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts], className="stand-dl"
    )


def _picture(found: Standing) -> Component:
    counts = dict(found.buckets)
    known = [*counts, *([found.mark] if found.mark is not None else [])]
    first, last = min(known), max(known)
    width = -(-(last - first + 1) // BARS)
    bars = [
        (bars[0], sum(counts.get(bucket, 0) for bucket in bars), found.mark in bars)
        for bars in (
            list(g) for _, g in groupby(range(first, last + 1), lambda b: (b - first) // width)
        )
    ]
    top = max(spans for _, spans, _ in bars)
    named: dict[str, Any] = {"aria-label": "Durations of this operation, shortest at the left"}
    ends = bucket_start_ns(first), bucket_start_ns(bars[-1][0] + width)
    return html.Div(
        [
            html.Div([_bar(*bar, top, width) for bar in bars], className="stand-bars"),
            html.Div([html.Span(_time(end)) for end in ends], className="stand-axis"),
        ],
        className="stand",
        role="img",
        **named,
    )


def _bar(bucket: int, spans: int, here: bool, top: int, width: int) -> Component:
    height = max(100 * spans / top, 5) if spans else 0
    start, end = bucket_start_ns(bucket), bucket_start_ns(bucket + width)
    words = f"{_time(start)} – {_time(end)}: {spans:,} {'span' if spans == 1 else 'spans'}"
    return html.Div(
        html.Div(style={"height": f"{height:.1f}%"}),
        className="stand-bar stand-here" if here else "stand-bar",
        title=f"{words}, and this one" if here else words,
    )


def _time(ns: float) -> str:
    return formats.duration(ns)
