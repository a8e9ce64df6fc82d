"""Views of the raw trace: stored rows in, OTLP/JSON and words out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import formats
from dashboards.shell.link import Link
from queries.reader import Row
from queries.tree import Trace
from telemetry.otlp_out import request_of

PAGE = 100
"""Spans on a page, in the order of the waterfall."""

LONGEST = 2_000_000
"""Characters of JSON that a page shows; a single span is always shown whole."""


@dataclass(frozen=True)
class Which:
    """The spans to show: a page of the trace from 0, or a single span."""

    span_ids: list[str]
    page: int | None


def which(trace: Trace, link: Link) -> Which:
    """The span of the link unless it names a page; without either the first page."""
    ids = trace.columns["span_id"]
    named = re.fullmatch(r"page:(\d{1,6})", link.select, re.ASCII)
    if not named and link.span in ids:
        return Which([link.span], None)
    page = min(int(named[1]) - 1, (len(ids) - 1) // PAGE) if named else 0
    first = max(page, 0) * PAGE
    return Which(list(dict.fromkeys(ids[first : first + PAGE])), max(page, 0))


def fitting(rows: list[Row]) -> list[Row]:
    """The first rows, at least one, as many as a page can show."""
    shown: list[Row] = []
    room = LONGEST
    for row in rows:
        room -= len(repr(row))
        if shown and room < 0:
            break
        shown.append(row)
    return shown


def json_text(rows: list[Row]) -> str:
    return request_of(rows).decode()


def words(which: Which, shown: list[Row], rows: list[Row], trace: Trace) -> list[Component]:
    """What the JSON is of, and what of it is left out."""
    if which.page is None:
        return [html.Strong(formats.shorten(formats.visible(rows[0]["name"]), 80))]
    first = which.page * PAGE + 1
    last = min(first + PAGE - 1, len(trace))
    of = f"of {len(trace):,} in the order of the waterfall"
    title = f"Spans {first:,} to {last:,} {of}" if len(trace) > PAGE else _all(trace)
    found: list[Component] = [html.Strong(title)]
    if len(shown) < len(rows):
        left_out = f"{len(rows) - len(shown):,} more are left out here, because they are very long"
        found.append(html.Span(f"{left_out}; the download has all.", className="notice"))
    return found


def _all(trace: Trace) -> str:
    return "The only span" if len(trace) == 1 else f"All {len(trace):,} spans"


def links(which: Which, trace: Trace, link: Link) -> list[Any]:
    """To the other pages, from a span to the whole trace, and to all of it as a file."""
    found = []
    if which.page is None:
        found.append(_button("All spans", link.to("/trace", select="page:1")))
    elif len(trace) > PAGE:
        last = (len(trace) - 1) // PAGE
        found.append(_page("Previous", which.page - 1, last, link))
        found.append(_page("Next", which.page + 1, last, link))
    file = Link(org=link.org, trace=link.trace, version=link.version).to("/export/trace.json")
    found.append(html.A("Download trace", href=file, className="button", download=""))
    return found


def _page(title: str, page: int, last: int, link: Link) -> Any:
    if not 0 <= page <= last:
        return html.Button(title, className="button", disabled=True)
    return _button(title, link.to("/trace", select=f"page:{page + 1}"))


def _button(title: str, href: str) -> Any:
    return dcc.Link(title, href=href, className="button")
