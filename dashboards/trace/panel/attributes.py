"""Attributes as rows: name, type, value, a way to the spans that share it, and a copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.shell.link import MAX_TEXT, Link
from dashboards.trace.panel import texts
from queries import search
from queries.attributes import Value, loaded
from queries.fields import PREFIXES, quoted

SHOWN = 200
"""Rows drawn before somebody asks for all; the filter looks through all of them."""

MOST = 1_500
"""Rows drawn at most."""

LONG = 400
COMPARED = frozenset({"string", "int", "double", "bool"})
"""Types whose values the search language can compare."""

Finder = Callable[[Value], str | None]
"""The address of the spans that share a value; None when there is none."""


def finder(link: Link, column: str) -> Finder:
    """Leads to the list of the spans that share an attribute of `column`."""
    prefix = next(prefix for prefix, held in PREFIXES.items() if held == column)

    def address(value: Value) -> str | None:
        if value.type not in COMPARED or not value.text:
            return None
        said = value.text if value.type == "string" else loaded(value.text)
        term = search.term(prefix + quoted(value.key), said)
        return listed(link, term) if len(term) <= MAX_TEXT else None

    return address


def listed(link: Link, text: str) -> str:
    """The list of spans that match a search, in the same range."""
    return link.shared.to("/traces", q=text)


def matching(values: Sequence[Value], text: str) -> list[Value]:
    """Those with the text in their name or value, whatever the case."""
    wanted = text.strip().lower()
    return [v for v in values if wanted in v.key.lower() or wanted in v.text.lower()]


def rows(
    values: Sequence[Value],
    address: Finder | None,
    most: int = SHOWN,
    room: int = texts.MOST_TOGETHER,
) -> list[Component]:
    shown = values[:most]
    written = texts.passages([v.text for v in shown], room=room, long=LONG, class_name="value")
    return [_row(v, text, address) for v, text in zip(shown, written, strict=True)]


def _row(value: Value, text: Component, address: Finder | None) -> Component:
    href = address(value) if address else None
    named: dict[str, Any] = {"data-row": ""}
    return html.Div(
        [
            html.Div(
                [
                    html.Span(texts.readable(value.key), className="attr-key"),
                    html.Span(value.type, className="attr-type"),
                ],
                className="attr-name",
            ),
            text,
            html.Div(
                [
                    dcc.Link("Filter", href=href, className="tool", title="Spans with this value")
                    if href
                    else None,
                    texts.copier("value"),
                ],
                className="attr-tools",
            ),
        ],
        className="attr",
        **named,
    )
