"""Views of the Code Inspector: rows in, components and grid rows out."""

from __future__ import annotations

import hashlib
from typing import Any
from zoneinfo import ZoneInfo

from dash.development.base_component import Component

from dashboards.parts import faces, formats
from dashboards.shell.link import MAX_TEXT, Link
from queries.reader import Answer, Row

SHOWN = 1_000
"""Functions sent to the page, the busiest; the search reaches the others."""


def rows(found: Answer, zone: ZoneInfo) -> list[dict[str, Any]]:
    return [_row(row, zone) for row in found.rows[:SHOWN]]


def _row(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    """A function: numbers to sort by, and each in words."""
    p50, p95, p99 = row["quantiles_ns"] or (None, None, None)
    numbers = {"p50": p50, "p95": p95, "p99": p99}
    return {
        "id": _id(row),
        "process": formats.shorten(formats.visible(row["function"]), 200),
        "service": formats.shorten(row["service_name"], 100),
        "place": _place(row),
        "calls": row["calls"],
        "calls_text": formats.count(row["calls"]),
        "errors": row["errors"] / row["calls"],
        "errors_text": formats.percent(row["errors"], row["calls"]) if row["errors"] else "0",
        **numbers,
        **{f"{name}_text": formats.duration(ns) for name, ns in numbers.items()},
        "newest": formats.second(row["newest"], zone),
    }


def _id(row: Row) -> str:
    """Tells rows apart, whatever their names hold, and leads to the function's spans."""
    name = f"{row['service_name']}\n{row['function']}".encode(errors="surrogatepass")
    digest = hashlib.blake2s(name, digest_size=8).hexdigest()
    return f"{digest}\n{row['function'][:MAX_TEXT]}"


def _place(row: Row) -> str:
    """File and line; an operation without a function says so."""
    if row["file"]:
        return formats.shorten(f"{row['file']}:{row['line']}" if row["line"] else row["file"], 200)
    return "" if row["named"] else "operation"


def summary(found: Answer, zone: ZoneInfo) -> str:
    functions = "function" if len(found) == 1 else "functions"
    cut = f"the busiest {SHOWN:,} of " if len(found) > SHOWN else ""
    cut += "more than " if found.truncated else ""
    return f"{cut}{len(found):,} {functions}{formats.as_of(found.as_of, zone)}"


def nothing(found: Answer, link: Link) -> Component | None:
    if found.rows:
        return None
    if link.function:
        return faces.empty("No function has this in its name.", "Shorten the search text.")
    return faces.empty(
        "No functions ran in this time range.",
        "Choose a longer range. Spans with code.function.name appear under their function.",
    )
