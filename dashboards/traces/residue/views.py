"""Views of residue: numbers in one line, those that can be looked at as links."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import formats
from dashboards.shell.link import Link
from queries import search
from queries.explore import BUDGET, Residue, Total

TOTAL = "traces-total"


def line(found: Residue, link: Link, zone: ZoneInfo) -> list[Any]:
    """Matched, orphans, late, dated in the future, files read, and as of when."""
    answer = found.total.answer
    return [
        html.Span(total(found.total, link.mode), id=TOTAL),
        _odd("orphan", found.odd["orphan"], link, "orphan", "orphans"),
        _odd("late", found.odd["late"], link, "late (> 1 h)", "late (> 1 h)"),
        _odd("future", found.odd["future"], link, "dated in the future", "dated in the future"),
        html.Span(_files(answer.files)) if answer is not None else None,
        html.Span(_as_of(found.total, zone)) if answer is not None else None,
    ]


def total(found: Total, mode: str) -> str:
    """How many match, and the share of errors unless all of them are, or none."""
    if not found.exact:
        return (
            f"more than {found.rows:,} match (counting stopped after {BUDGET:g} s)"
            if found.rows
            else f"not counted within {BUDGET:g} s; a shorter range can be"
        )
    mixed = 0 < found.errors < found.rows
    what = "with errors" if mode == "traces" else "errors"
    return f"{found.rows:,} match" + (
        f" ({formats.percent(found.errors, found.rows)} {what})" if mixed else ""
    )


def _odd(flag: str, found: Total, link: Link, one: str, many: str) -> Component:
    """A number that leads to its spans, when there are any."""
    number = f"{found.rows:,}" if found.exact else f"more than {found.rows:,}"
    words = f"{number} {one if found.rows == 1 and found.exact else many}"
    if not found.rows:
        return html.Span(words if found.exact else f"{many}: not counted in time")
    wanted = search.with_term(link.q, search.term("is", flag))
    return dcc.Link(words, href=link.to("/traces", q=wanted, after="", before="", mode="spans"))


def _files(files: int) -> str:
    return f"{files:,} file{'' if files == 1 else 's'} read"


def _as_of(found: Total, zone: ZoneInfo) -> str:
    return formats.as_of(
        found.answer.as_of if found.answer is not None else None, zone
    ).removeprefix(", ")
