"""Views of the Overview: rows in, components out."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import cards as parts
from dashboards.parts import charts, faces, formats, tables
from dashboards.shell.link import Link
from queries import search
from queries.filters import TimeRange
from queries.overview import Activity
from queries.reader import Answer, Row

UNHEALTHY = 0.05
"""Share of error spans from which a number is drawn as an alarm."""

SHOWN_GROUPS = 7


def cards(totals: Row, activity: Activity, range_: TimeRange, now: datetime) -> list[Component]:
    """Error rate, throughput, latency and activity as four numbers."""
    spans, errors = totals["spans"], totals["errors"]
    if not spans:
        return [
            faces.empty(
                "No spans in this time range.",
                "Choose a longer range, or send telemetry to /v1/traces with an ingest key.",
            )
        ]
    p50, p95, p99 = totals["quantiles_ns"] or (None, None, None)
    rates = [
        failed / seen if seen else 0
        for failed, seen in zip(activity.errors, activity.spans, strict=True)
    ]
    return [
        parts.card(
            "Error rate",
            formats.percent(errors, spans),
            f"{formats.count(errors)} of {formats.count(spans)} spans",
            parts.sparkline(rates, "Error rate over the range"),
            tone="alarm" if errors / spans >= UNHEALTHY else "",
        ),
        parts.card(
            "Throughput",
            f"{formats.rate(spans / range_.minutes)} / min",
            f"{formats.rate(totals['traces'] / range_.minutes)} traces / min",
            parts.sparkline(activity.spans, "Spans over the range"),
        ),
        parts.card(
            "Latency p95",
            formats.duration(p95),
            f"p50 {formats.duration(p50)} · p99 {formats.duration(p99)}",
        ),
        parts.card(
            "Active agents",
            formats.count(totals["agents"]),
            f"{formats.count(totals['traces'])} traces · newest "
            f"{formats.ago(totals['newest'], now)}",
        ),
    ]


def activity(shown: Activity, zone: ZoneInfo) -> tuple[charts.Figure, str, Component | None]:
    """The chart of spans over time, what it says about itself, and its face when it is empty."""
    if not sum(shown.spans):
        return charts.nothing(), "", faces.empty("Nothing ran in this time range.")
    note = f"one bar is {_span_of(shown)} · {formats.zone_label(zone, shown.buckets[-1])}"
    return charts.activity(shown.buckets, shown.spans, shown.errors, zone), note, None


def _span_of(shown: Activity) -> str:
    seconds = shown.step.total_seconds()
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds / size
            return f"{number:g} {unit}{'s' if number != 1 else ''}"
    return f"{seconds:g} second{'s' if seconds != 1 else ''}"


def groups(shown: Activity, link: Link) -> tuple[charts.Figure, list[Component]]:
    """Shares of the process groups, and a legend in which each leads to its spans."""
    if not shown.groups:
        return charts.nothing(), [faces.empty("No process groups in this time range.")]
    top = dict(list(shown.groups.items())[:SHOWN_GROUPS])
    rest = sum(spans for spans, _ in list(shown.groups.values())[SHOWN_GROUPS:])
    shares = [(formats.shorten(name, 40), spans) for name, (spans, _) in top.items()]
    if rest:
        shares.append(("others", rest))
    legend: list[Component] = [
        html.Li(
            [
                html.Span(className=f"dot hue-{i}"),
                dcc.Link(
                    formats.shorten(name, 40) or "(no name)",
                    href=link.shared.to("/traces", q=search.term("group", name)),
                ),
                html.Span(formats.count(spans), className="num"),
                html.Span(_failed(failed, spans), className="num muted"),
            ]
        )
        for i, (name, (spans, failed)) in enumerate(top.items())
    ]
    if rest:
        more = len(shown.groups) - SHOWN_GROUPS
        legend.append(
            html.Li(
                [
                    html.Span(className=f"dot hue-{SHOWN_GROUPS}"),
                    html.Span(f"+{more:,} more"),
                    html.Span(formats.count(rest), className="num"),
                    html.Span(),
                ]
            )
        )
    return charts.donut(shares), legend


def _failed(errors: int, spans: int) -> str:
    return f"{formats.percent(errors, spans)} errors" if errors else ""


def errors(answer: Answer, link: Link, zone: ZoneInfo, *, many: bool) -> Component:
    title = "Last errors"
    if not answer.rows:
        return parts.panel(
            title, faces.empty("No errors in this time range.", "Everything that ran went well.")
        )
    rows = [_error(row, link, zone, many=many) for row in answer]
    headings = ["Time", *(["Org"] if many else []), "Process", "Exception"]
    note = formats.zone_label(zone, answer.rows[0]["start_time"])
    return parts.panel(title, tables.plain(headings, rows, "errors"), note)


def _error(row: Row, link: Link, zone: ZoneInfo, *, many: bool) -> list[Any]:
    there = link.shared.to(
        "/trace",
        trace=row["trace_id"],
        span=row["span_id"],
        org=row["org_id"] if many else link.org,
    )
    return [
        dcc.Link(formats.stamp(row["start_time"], zone), href=there, className="time"),
        *([row["org_id"]] if many else []),
        html.Span(
            [
                html.Span(formats.shorten(row["name"], 60) or "(no name)"),
                html.Span(formats.shorten(row["service_name"], 40), className="muted"),
            ],
            className="stack",
        ),
        html.Span(
            [
                html.Span(formats.shorten(row["exception_type"], 60) or "Error", className="bad"),
                html.Span(formats.shorten(row["message"], 140), className="muted"),
            ],
            className="stack",
        ),
    ]


def models(answer: Answer) -> Component:
    title = "Models"
    if not answer.rows:
        return parts.panel(title, faces.empty("No model was called in this time range."))
    rows = [
        [
            formats.shorten(row["model"], 40),
            html.Span(formats.count(row["calls"]), className="num"),
            html.Span(formats.count(row["input_tokens"]), className="num"),
            html.Span(formats.count(row["output_tokens"]), className="num"),
            html.Span(formats.money(row["cost_usd"]), className="num"),
        ]
        for row in answer.rows[:10]
    ]
    more = len(answer.rows) - 10
    note = f"+{more:,} more" if more > 0 else "calls of models only"
    return parts.panel(
        title, tables.plain(["Model", "Calls", "Tokens in", "Out", "Cost"], rows, "numbers"), note
    )


def orgs(answer: Answer, link: Link, now: datetime) -> Component:
    """Which org is unhealthy: the highest error rate comes first."""
    title = "Organisations"
    if not answer.rows:
        return parts.panel(title, faces.empty("No organisation sent anything in this time range."))
    rows = [
        [
            dcc.Link(row["org_id"], href=link.shared.to("/", org=row["org_id"])),
            html.Span(
                formats.percent(row["errors"], row["spans"]),
                className="num" + (" bad" if row["errors"] / row["spans"] >= UNHEALTHY else ""),
            ),
            html.Span(formats.count(row["errors"]), className="num"),
            html.Span(formats.count(row["spans"]), className="num"),
            html.Span(formats.duration(row["p95_ns"]), className="num"),
            formats.ago(row["newest"], now),
        ]
        for row in answer
    ]
    headings = ["Org", "Error rate", "Errors", "Spans", "p95", "Newest span"]
    return parts.panel(
        title, tables.plain(headings, rows, "orgs numbers"), "highest error rate first"
    )
