"""Views of difference: keys as small cards, each value with its share on both sides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import faces, formats
from dashboards.shell.link import MAX_LONG, Link
from queries import difference, fields, search
from queries.difference import FEWEST, Category, Difference, Key, Sides
from queries.fields import Kind
from queries.filters import EPOCH

SHOWN = 5
"""Categories of a key that are shown."""

LEAST = 0.0005
"""Keys that differ less are as good as equal."""

LONGEST = 60


def title(sides: Sides, selection: str) -> str:
    """What is compared with what."""
    errors = selection.strip() in ("status:error", "status=error", "is:error")
    what = "errors" if errors else f"spans with {formats.shorten(selection, 120)}"
    return f"{sides.chosen:,} {what} against {sides.rest:,} others"


def body(found: Difference, link: Link, zone: ZoneInfo) -> list[Component]:
    """The keys that differ, the most different first, and what is to be known of the rest."""
    if not found.sides.enough:
        return [too_few(found.sides)]
    keys = [key for key in found.keys if key.score >= LEAST]
    if not keys:
        return [
            faces.empty(
                "Both sides look alike.",
                f"None of {found.known:,} fields and attributes differs by more than chance.",
            )
        ]
    return [
        html.Ul([card(key, found.sides, link, zone) for key in keys], className="difference-keys"),
        html.P(_remark(found, keys), className="difference-remark"),
    ]


def too_few(sides: Sides) -> Component:
    """One side has next to nothing."""
    side = "the selection has" if sides.chosen < FEWEST else "the rest has"
    few = min(sides.chosen, sides.rest)
    return faces.empty(
        f"Too few spans to compare: {side} {few:,}.",
        f"Both sides need at least {FEWEST}. Widen the time range or choose another selection.",
    )


def _remark(found: Difference, keys: list[Key]) -> str:
    left_out = ", ".join(found.left_out)
    return " ".join(
        part
        for part in (
            f"{len(keys):,} of {found.known:,} fields and attributes differ, the most different "
            "first: 0 is alike, 1 has nothing in common (Jensen–Shannon divergence over every "
            "span, less what chance gives).",
            f"Left out because the selection is made of it: {left_out}." if left_out else "",
        )
        if part
    )


def card(key: Key, sides: Sides, link: Link, zone: ZoneInfo) -> Component:
    """A key, how much it differs, and the values that make the difference."""
    place = {"attributes": "attribute", "resource": "resource"}.get(key.place, "")
    shown = key.categories[:SHOWN]
    more = len(key.categories) - len(shown)
    return html.Li(
        [
            html.Header(
                [
                    html.H3(formats.shorten(formats.visible(key.label), LONGEST)),
                    html.Span(place, className="difference-place"),
                    html.Span(
                        f"{key.score:.2f}" if key.score >= 0.01 else "< 0.01",
                        className="difference-score",
                        title=f"{key.score:.4f} of 1",
                    ),
                ],
                title=_says_also(key),
            ),
            html.Ul([category(key, each, sides, link, zone) for each in shown]),
            html.P(f"and {more:,} more", className="difference-more") if more else None,
        ]
    )


def _says_also(key: Key) -> str:
    names = ", ".join(formats.shorten(name, LONGEST) for name in key.also)
    return f"{key.key[:200]}; also sent as {names}" if names else key.key[:200]


def category(key: Key, found: Category, sides: Sides, link: Link, zone: ZoneInfo) -> Component:
    """A value with its share of both sides; it leads to its spans, or to all others."""
    name = words(key, found, zone)
    return html.Li(
        [
            _link(link, key, found, name, "difference-value", exclude=False),
            html.Span(
                [
                    _side("chosen", found.chosen, sides.chosen),
                    _side("rest", found.rest, sides.rest),
                ],
                className="difference-sides",
            ),
            _link(link, key, found, name, "facet-button", exclude=True),
        ]
    )


def _side(side: str, spans: int, all_: int) -> Component:
    return html.Span(
        [
            html.Span(
                html.Span(style={"width": f"max({100 * spans / all_:.2f}%, 1px)"})
                if spans
                else None,
                className="difference-bar",
            ),
            html.Span(
                formats.percent(spans, all_) if spans else "0 %", className="difference-share"
            ),
            html.Span(formats.count(spans), className="difference-count"),
        ],
        className=f"difference-{side}",
        title=f"{spans:,} of {all_:,} {'selected' if side == 'chosen' else 'others'}",
    )


def words(key: Key, found: Category, zone: ZoneInfo) -> str:
    """The values of a category."""
    if found.kind == "missing":
        return "(none)"
    if found.kind == "others":
        return f"{found.known:,} other value{'' if found.known == 1 else 's'}"
    if found.kind == "range":
        return _range(key, found, zone)
    said = difference.said(key, found)
    text = said if isinstance(said, str) else found.text
    return formats.shorten(formats.visible(text), LONGEST) if text else "(empty)"


def _range(key: Key, found: Category, zone: ZoneInfo) -> str:
    low, high = (_number(key, end, zone) for end in (found.low, found.high))
    return low if low == high else f"{low} – {high}"


def _number(key: Key, number: float | None, zone: ZoneInfo) -> str:
    if key.key == "start":
        moment = EPOCH + timedelta(microseconds=number or 0)
        return f"{moment.astimezone(zone):%b} {moment.astimezone(zone):%d %H:%M:%S}"
    field = fields.find(key.key)
    if field is not None and field.kind is Kind.DURATION:
        ns = (number or 0) * (1e6 if getattr(field, "unit", "") == "ms" else 1)
        return formats.duration(ns)
    return f"{number:,.6g}"


def _link(
    link: Link, key: Key, found: Category, name: str, class_name: str, *, exclude: bool
) -> Component | None:
    """A link to the list with, or without, these values; text where no search can say so."""
    demand = difference.demand(key, found, exclude=exclude)
    wanted = search.with_term(link.q, demand) if demand else ""
    shown: Any = ["exclude", html.Span(f" {name}", className="unseen")] if exclude else name
    if not demand or len(wanted) > MAX_LONG:
        return None if exclude else html.Span(name, className=class_name)
    verb = "Leave out" if exclude else "Show only"
    return dcc.Link(
        shown,
        href=link.to("/traces", q=wanted, after="", before=""),
        className=class_name,
        title=f"{verb} {name}",
    )
