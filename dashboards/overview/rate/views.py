"""Views of what stands below the rate: services and the busiest operations."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.overview.asked import Asked
from dashboards.overview.rows import failed, more, operation_cell, share_bar
from dashboards.parts import cards, faces, formats, tables
from queries import search
from queries.reader import Answer

SHOWN = 14


def services(answer: Answer, about: Asked) -> Component:
    """Each service with its share of the spans, its errors and its p95."""
    title = "Service structure"
    if not answer.rows:
        return cards.panel(title, faces.empty("No service sent spans in this time range."))
    total = sum(row["spans"] for row in answer)
    rows = [
        [
            dcc.Link(
                formats.shorten(row["service_name"], 40) or "(no name)",
                href=about.spans(search.term("service", row["service_name"])),
            ),
            share_bar(row["spans"] / total),
            html.Span(formats.count(row["spans"]), className="num"),
            failed(row["errors"], row["spans"]),
            html.Span(formats.duration(row["p95_ns"]), className="num"),
        ]
        for row in answer.rows[:SHOWN]
    ]
    return cards.panel(
        title,
        tables.plain(["Service", "Share", "Spans", "Errors", "p95"], rows, "numbers named"),
        more(len(answer.rows), SHOWN, "busiest first"),
    )


def operations(answer: Answer, about: Asked) -> Component:
    title = "Busiest operations"
    if not answer.rows:
        return cards.panel(title, faces.empty("Nothing ran in this time range."))
    rows = [
        [
            operation_cell(row["service_name"], row["operation"], about),
            html.Span(formats.count(row["spans"]), className="num"),
            failed(row["errors"], row["spans"]),
            html.Span(
                formats.duration(row["quantiles_ns"][1] if row["quantiles_ns"] else None),
                className="num",
            ),
        ]
        for row in answer.rows
    ]
    return cards.panel(
        title,
        tables.plain(["Operation", "Spans", "Errors", "p95"], rows, "numbers named"),
        more(answer.rows[0]["known"], len(rows), "busiest first"),
    )
