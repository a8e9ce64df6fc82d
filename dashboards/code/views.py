"""Views of the list: rows in, grid rows, suggestions and words out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.code import changes
from dashboards.code.changes import Change
from dashboards.parts import faces, formats
from dashboards.shell.link import MAX_LONG, MAX_TEXT, Link
from queries.code import Own
from queries.filters import TimeRange
from queries.reader import Answer, Row

SHOWN = 2_000
"""Functions sent to the page: the first ones in the order that was chosen."""

SUGGESTED = 8

SORTS = (
    "process",
    "calls",
    "errors",
    "p50",
    "p95",
    "p99",
    "total",
    "own",
    "memory",
    "newest",
    "calls_change",
    "p95_change",
    "errors_change",
)
"""Fields that the list can be sorted by."""

Key = tuple[str, str]


@dataclass(frozen=True)
class Listed:
    """What the list is made of; `before` is of the period that changes are measured from."""

    found: Answer
    before: Answer | None
    own: Own
    range: TimeRange
    zone: ZoneInfo

    @property
    def known(self) -> int:
        return int(self.found.rows[0]["functions"]) if self.found.rows else 0


def rows(listed: Listed, sort: str) -> list[dict[str, Any]]:
    """Rows of the grid, the first SHOWN in the order of `sort`, such as `p95:desc`."""
    earlier = {_key(row): row for row in listed.before or ()}
    compared = listed.before is not None
    made = [_row(row, earlier.get(_key(row)), compared, listed) for row in listed.found]
    field, _, way = (sort or "calls:desc").partition(":")
    if field not in SORTS:
        field, way = "calls", "desc"
    known = [row for row in made if row[field] is not None]
    unknown = [row for row in made if row[field] is None]
    known.sort(key=lambda row: _sortable(row[field]), reverse=way != "asc")
    return [_told(row, listed.zone) for row in (*known, *unknown)[:SHOWN]]


def _key(row: Row) -> Key:
    return row["service_name"], row["function"]


def _sortable(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _row(row: Row, earlier: Row | None, compared: bool, listed: Listed) -> dict[str, Any]:
    """A function in numbers to sort by; None is not known."""
    p50, p95, p99 = row["quantiles_ns"] or (None, None, None)
    share = listed.own.shares.get(_key(row))
    total = None if row["total_ns"] is None else float(row["total_ns"])
    change = _changes(row, earlier) if compared else dict.fromkeys(_CHANGES)
    return {
        "row": row,
        "process": formats.shorten(formats.visible(row["function"]), 200),
        "calls": row["calls"],
        "errors": row["errors"] / row["calls"],
        "p50": p50,
        "p95": p95,
        "p99": p99,
        "total": total,
        "own": None if share is None or total is None else share * total,
        "memory": row["memory_bytes"],
        "newest": row["newest"].timestamp(),
        "changes": change,
        **{f"{name}_change": each and each.number for name, each in change.items()},
    }


_CHANGES = ("calls", "p95", "errors")


def _changes(row: Row, earlier: Row | None) -> dict[str, Change | None]:
    """How it moved; one that did not run before is new, and has nothing to be compared with."""
    if earlier is None:
        return {"calls": changes.NEW, "p95": None, "errors": None}
    quantiles, before = row["quantiles_ns"], earlier["quantiles_ns"]
    return {
        "calls": changes.ratio(row["calls"], earlier["calls"], bad=0),
        "p95": changes.ratio(quantiles[1], before[1], bad=1) if quantiles and before else None,
        "errors": changes.points(
            row["errors"] / row["calls"], earlier["errors"] / earlier["calls"]
        ),
    }


def _told(made: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """A row as the grid gets it: its numbers, and each in words."""
    row: Row = made["row"]
    moved: dict[str, Change | None] = made["changes"]
    return {
        **{name: made[name] for name in SORTS},
        "id": _id(row),
        "service": formats.shorten(row["service_name"], 100),
        "function": row["function"] if len(row["function"]) <= MAX_LONG else None,
        "in": row["service_name"] if len(row["service_name"]) <= MAX_TEXT else None,
        "place": formats.shorten(row["file"], 200) if row["file"] else "",
        "calls_text": formats.count(row["calls"]),
        "errors_text": formats.percent(row["errors"], row["calls"]) if row["errors"] else "0",
        **{f"{name}_text": formats.duration(made[name]) for name in ("p50", "p95", "p99")},
        "total_text": formats.duration(made["total"]),
        "own_text": formats.duration(made["own"]),
        "memory_text": changes.size(made["memory"]),
        "newest_text": f"{row['newest'].astimezone(zone):%b %d %H:%M:%S}",
        "words": {f"{name}_change": each.text for name, each in moved.items() if each},
        "tones": {f"{name}_change": each.tone for name, each in moved.items() if each},
    }


def _id(row: Row) -> str:
    """Tells rows apart, whatever their names hold."""
    name = f"{row['service_name']}\n{row['function']}".encode(errors="surrogatepass")
    return hashlib.blake2s(name, digest_size=12).hexdigest()


def summary(listed: Listed) -> list[Component]:
    """What the list holds, and what its numbers are made of."""
    if not listed.found.rows:
        return []
    shown = min(len(listed.found), SHOWN)
    more = f", +{listed.known - shown:,} more" if listed.known > shown else ""
    noun = "function" if shown == 1 else "functions"
    as_of = formats.as_of(listed.found.as_of, listed.zone)
    parts = [f"{shown:,} {noun}{more}{as_of}"]
    if not listed.found.rows[0]["exact"]:
        parts.append("p50, p95 and p99 within 1 %")
    if not listed.own.whole:
        since = formats.minute(listed.own.range.since, listed.zone)
        parts.append(f"self time as in the spans since {since}")
    if more:
        parts.append("search or sort to reach the others")
    return [html.Span(part) for part in parts]


def within(link: Link) -> Component | None:
    """The service whose functions alone are listed, and the way to all others."""
    if not link.service:
        return None
    return html.Span(
        [
            html.Span("of", className="muted"),
            html.Strong(formats.shorten(formats.visible(link.service), 80)),
            dcc.Link("All services", href=link.to("/code", service="")),
        ],
        className="code-within",
    )


def nothing(listed: Listed, link: Link) -> Component | None:
    if listed.found.rows:
        return None
    if link.find:
        return faces.empty("No function has this in its name.", "Shorten the search text.")
    whose = " of this service" if link.service else ""
    return faces.empty(
        f"No functions{whose} ran in this time range.",
        "Choose a longer range. Spans with code.function.name appear under their function, "
        "all others under their operation.",
    )


def suggestions(found: Answer, link: Link) -> list[Component]:
    """The busiest functions found, each with calls and p95; a click opens one."""
    if not found.rows:
        return [html.P("No function has this in its name.", className="muted code-none")]
    rest = int(found.rows[0]["functions"]) - min(len(found), SUGGESTED)
    options: list[Component] = [suggestion(row, link) for row in found.rows[:SUGGESTED]]
    if rest > 0:
        options.append(html.P(f"+{rest:,} more", className="muted code-none"))
    return options


def suggestion(row: Row, link: Link) -> Component:
    p95 = row["quantiles_ns"][1] if row["quantiles_ns"] else None
    href = to_function(link, row["service_name"], row["function"])
    shown: Sequence[Component] = [
        html.Span(
            [
                html.Span(formats.shorten(formats.visible(row["function"]), 120)),
                html.Span(formats.shorten(row["service_name"], 60), className="muted"),
            ],
            className="code-option-name",
        ),
        html.Span(f"{formats.count(row['calls'])} calls", className="num"),
        html.Span(f"p95 {formats.duration(p95)}", className="num"),
    ]
    if href is None:
        return html.Span(list(shown), className="code-option")
    return dcc.Link(list(shown), href=href, className="code-option")


def to_function(link: Link, service: str | None, function: str | None) -> str | None:
    """Address of a function in the Code Inspector; None for names too long for one."""
    if not function or len(function) > MAX_LONG or len(service or "") > MAX_TEXT:
        return None
    return link.to("/code", function=function, service=service or "", revision="", against="")
