"""Views of what stands below the duration: the slowest operations, and where the time goes."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboards.overview.asked import Asked
from dashboards.overview.rows import more, operation_cell, share_bar
from dashboards.parts import cards, faces, formats, tables, timeline
from queries.explore import Heatmap
from queries.overview import SelfTimes
from queries.reader import Answer


def note(found: Heatmap) -> str:
    """What a column is, and what can be done."""
    return f"{timeline.step_words(found.buckets.step)} a column. Drag to see those spans."


def slowest(answer: Answer, about: Asked) -> Component:
    """Operations by p95."""
    title = "Slowest operations"
    rows = [
        [
            operation_cell(row["service_name"], row["operation"], about),
            *(html.Span(formats.duration(ns), className="num") for ns in row["quantiles_ns"]),
            html.Span(formats.count(row["spans"]), className="num"),
        ]
        for row in answer
        if row["quantiles_ns"]
    ]
    if not rows:
        return cards.panel(title, faces.empty("Nothing with a duration ran in this time range."))
    return cards.panel(
        title,
        tables.plain(["Operation", "p50", "p95", "p99", "Spans"], rows, "numbers named"),
        more(answer.rows[0]["known"], len(rows), "by p95"),
    )


def own_times(found: SelfTimes, about: Asked) -> Component:
    """Operations by the part of slow traces that was their own."""
    title = "Root-cause latency"
    if not found.rows:
        return cards.panel(title, faces.empty("No trace with a duration began in this time range."))
    rows = [
        [
            operation_cell(row["service_name"], row["operation"], about),
            share_bar(row["share"] or 0),
            html.Span(formats.duration(row["own_ns"] / row["spans"]), className="num"),
            html.Span(f"{row['traces']:,}", className="num"),
        ]
        for row in found.rows
    ]
    return cards.panel(
        title,
        [
            html.P(_based_on(found, about), className="panel-says"),
            tables.plain(["Operation", "Own time", "Mean", "Traces"], rows, "numbers named"),
        ],
        more(found.rows[0]["known"], len(rows), ""),
    )


def _based_on(found: SelfTimes, about: Asked) -> str:
    """Which traces were looked at."""
    since = f", from {formats.second(found.since, about.zone)} on" if found.since else ""
    return (
        f"Time that no child covers, in the {found.slowest:,} slowest of the newest "
        f"{found.traces:,} traces{since}."
    )
