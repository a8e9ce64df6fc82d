"""Rows: pieces of tables that several panels of the Overview share."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.overview.asked import Asked
from dashboards.parts import formats
from dashboards.parts.cards import sparkline
from queries import search


def operation_cell(service: str, operation: str, about: Asked, more: str = "") -> Component:
    """An operation over its service, leading to its spans, or those of them that `more` finds."""
    q = f"{search.term('service', service)} {search.term('name', operation)} {more}".strip()
    return html.Span(
        [
            dcc.Link(formats.shorten(operation, 60) or "(no name)", href=about.spans(q)),
            html.Span(formats.shorten(service, 40), className="muted"),
        ],
        className="stack",
    )


def failed(errors: int, spans: int) -> Component:
    """Errors as a share."""
    share = formats.percent(errors, spans) if errors else "0"
    return html.Span(share, className="num bad" if errors else "num muted")


def share_bar(share: float, colour: str = "") -> Component:
    """A share as a bar with its number."""
    return html.Span(
        [
            html.Span(
                html.Span(style={"width": f"{100 * share:.1f}%"}, className=colour),
                className="part-track",
            ),
            html.Span(formats.percent(share, 1), className="num"),
        ],
        className="part",
    )


def course(values: Sequence[int], label: str) -> Component:
    """A sparkline in a table's cell."""
    return html.Span(sparkline(values, label), className="spark-cell")


def more(known: int, shown: int, otherwise: str) -> str:
    """How many rows are left out."""
    return f"+{known - shown:,} more" if known > shown else otherwise
