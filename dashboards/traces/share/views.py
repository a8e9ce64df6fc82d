"""Views of share: what a link means, and what an export will be."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from dashboards.export.formats import MEDIA
from dashboards.export.preflight import Estimate
from dashboards.shell.link import Link


def pinned(version: int | None) -> str:
    if version is None:
        return "Copied. There are no rows yet that it could be pinned to."
    return f"Copied. It shows these rows, at version {version:,}, until retention removes them."


def expected(found: Estimate) -> Component:
    """How much it will be, or that there is nothing."""
    if not found.rows:
        return html.Div("No rows match: change the search or the range first.", className="muted")
    rows = "1 row" if found.rows == 1 else f"{found.rows:,} rows"
    if not found.exact:
        rows = f"At most {rows}; counting took too long"
    return html.Div(
        [html.B(rows), f", about {size(found.bytes)}", html.Span(" · all columns, newest first")]
    )


def order(found: Estimate, link: Link, kind: str, zone: ZoneInfo) -> dict[str, Any] | None:
    """What the browser needs to start: the address of the file and how far it will go."""
    if not found.rows:
        return None
    address = link.to(f"/export/spans.{kind}", version=str(found.version), zone=zone.key)
    return {"address": address, "rows": found.rows, "bytes": found.bytes, "exact": found.exact}


def refused(sentence: str) -> Component:
    return html.Div(sentence, className="field-error", role="alert")


def format_of(value: Any) -> str:
    """The format that was chosen; CSV for what is none."""
    return value if isinstance(value, str) and value in MEDIA else "csv"


def size(bytes_: float) -> str:
    """Bytes as people read them, in powers of a thousand, as file managers show them."""
    for unit, limit in (("B", 1e3), ("kB", 1e6), ("MB", 1e9)):
        if bytes_ < limit:
            number = bytes_ / limit * 1e3
            return f"{number:.0f} {unit}" if number >= 10 or unit == "B" else f"{number:.1f} {unit}"
    return f"{bytes_ / 1e9:.1f} GB"
