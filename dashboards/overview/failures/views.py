"""Views of what stands below the errors: exceptions by type, and the spans where errors begin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.overview.asked import Asked
from dashboards.overview.rows import course, more, operation_cell
from dashboards.parts import cards, faces, formats, tables
from queries import search
from queries.overview import Causes, Raised

SHOWN = 10


def exceptions(found: Sequence[Raised], known: int, about: Asked) -> Component:
    """Each exception with how often it came, and when first and last."""
    title = "Exceptions by type"
    if not found:
        return cards.panel(
            title,
            faces.empty("No exceptions in this time range.", "Everything that ran went well."),
        )
    rows = [
        [
            dcc.Link(_exception(each.exception), href=about.spans(_spans_with(each.exception))),
            html.Span(formats.count(each.spans), className="num"),
            course(each.over, f"{_exception(each.exception)} over time"),
            _moment(each.first, about),
            _moment(each.last, about),
        ]
        for each in found
    ]
    return cards.panel(
        title,
        tables.plain(["Exception", "Spans", "Over time", "First", "Last"], rows, "numbers named"),
        more(known, len(found), "in this range, most frequent first"),
    )


def _exception(name: str | None) -> str:
    return "errors without exception" if name is None else formats.shorten(name, 60) or "(no name)"


def _spans_with(name: str | None) -> str:
    if name is None:
        return f"status:error {search.term('exception', None)}"
    return search.term("exception", name)


def _moment(moment: datetime | None, about: Asked) -> Component:
    """How long ago, with the exact time for the pointer."""
    if moment is None:
        return html.Span(formats.NOTHING, className="muted")
    exact = f"{formats.stamp(moment, about.zone)} {formats.zone_label(about.zone, moment)}"
    return html.Span(formats.ago(moment, about.now), className="num", title=exact)


def causes(found: Causes, about: Asked) -> Component:
    """Where errors begin: the operation, the exception, and the newest example."""
    title = "Root causes"
    if not found.rows:
        return cards.panel(title, faces.empty("No errors in this time range."))
    rows = [_cause(row, about) for row in found.rows[:SHOWN]]
    return cards.panel(
        title,
        [
            html.P(_based_on(found, about), className="panel-says"),
            tables.plain(["Operation", "Exception", "Spans", "Newest"], rows, "named"),
        ],
        more(len(found.rows), SHOWN, ""),
    )


def _cause(row: dict[str, Any], about: Asked) -> list[Any]:
    example = about.link.shared.to(
        "/traces",
        trace=row["trace_id"],
        span=row["span_id"],
        org=row["org_id"] if about.many else about.link.org,
    )
    return [
        operation_cell(row["service_name"], row["operation"], about, "status:error"),
        html.Span(
            [
                html.Span(formats.shorten(row["exception_type"], 60) or "Error", className="bad"),
                html.Span(formats.shorten(row["message"], 90), className="muted"),
            ],
            className="stack",
        ),
        html.Span(formats.count(row["spans"]), className="num"),
        dcc.Link(formats.ago(row["last"], about.now), href=example, title="Open this span"),
    ]


def _based_on(found: Causes, about: Asked) -> str:
    """What was looked at."""
    if found.whole:
        upon = f"all {found.errors:,} error spans"
    else:
        since = formats.second(found.since, about.zone)
        upon = f"the newest {found.errors:,} error spans, from {since} on"
    return f"Error spans none of whose children failed: where errors begin. Among {upon}."
