"""Views of sidebar: a facet's values as links that narrow the list, with their counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import formats
from dashboards.shell.link import MAX_LONG, Link
from queries import choices
from queries.choices import Mark
from queries.errors import SearchError
from queries.explore import Counted, Facet

NONE = "(none)"
LONGEST = 80
"""Characters of a value that are shown; a search for it holds all of them."""

_MARKS = {Mark.INCLUDED: "✓", Mark.EXCLUDED: "–", Mark.FREE: ""}
_SAID = {Mark.INCLUDED: "Included: ", Mark.EXCLUDED: "Excluded: ", Mark.FREE: ""}


def values(facet: Facet, link: Link) -> list[Component]:
    """The values of a facet, the most frequent first."""
    most = max((counted.spans for counted in facet.values), default=0)
    return [_value(facet.key, counted, most, link) for counted in facet.values] or [
        html.Li("No values", className="facet-nothing")
    ]


def rest(facet: Facet, looking: str) -> str:
    """What is not shown."""
    if looking:
        return f"{facet.known:,} found" if facet.known > len(facet.values) else "Find"
    return f"+{facet.more:,} more" if facet.more else "Find"


def _value(key: str, counted: Counted, most: int, link: Link) -> Component:
    mark = choices.mark(link.q, key, counted.value)
    name = name_of(counted.value)
    return html.Li(
        [
            _link(
                link,
                lambda: choices.include(link.q, key, counted.value),
                [
                    html.Span(_MARKS[mark], className="facet-mark"),
                    html.Span(_SAID[mark], className="unseen"),
                    html.Span(name, className="facet-name"),
                    html.Span(formats.count(counted.spans), className="facet-count"),
                    _bar(counted, most),
                ],
                "facet-value",
                _title(counted, mark),
            ),
            html.Span(
                [
                    _button(link, "only", name, lambda: choices.only(link.q, key, counted.value)),
                    _button(
                        link, "exclude", name, lambda: choices.exclude(link.q, key, counted.value)
                    ),
                ],
                className="facet-buttons",
            ),
        ],
        className=f"facet-row {f'facet-{mark}' if mark else ''}".strip(),
    )


def name_of(value: str | None) -> str:
    """A value as one line; the lack of one, and a value of nothing, in brackets."""
    if value is None:
        return NONE
    if not value.strip():
        return "(empty)" if not value else formats.shorten(formats.visible(value), LONGEST)
    return formats.shorten("".join(formats.visible(value)), LONGEST)


def _title(counted: Counted, mark: Mark) -> str:
    errors = f", {counted.errors:,} errors" if counted.errors else ""
    what = "click to remove this filter" if mark else "click to filter for it"
    value = formats.shorten(counted.value, 300) if counted.value else name_of(counted.value)
    return f"{value}: {counted.spans:,} spans{errors}; {what}"


def _button(link: Link, word: str, name: str, search: Callable[[], str]) -> Component:
    said = [
        html.Span("not" if word == "exclude" else word, **_hidden()),
        html.Span(f"{word} {name}", className="unseen"),
    ]
    return _link(link, search, said, "facet-button", f"{word.capitalize()} {name}")


def _hidden() -> dict[str, Any]:
    """For what is said in other words to those who hear the page."""
    return {"aria-hidden": "true"}


def _link(
    link: Link, search: Callable[[], str], children: Any, class_name: str, title: str
) -> Component:
    """A link to the list under another search; plain text where the search would be too long."""
    try:
        wanted = search()
    except SearchError:
        wanted = None
    if wanted is None or len(wanted) > MAX_LONG:
        return html.Span(children, className=class_name, title="Too long to be searched for.")
    return dcc.Link(
        children,
        href=link.to("/traces", q=wanted, after="", before=""),
        className=class_name,
        title=title,
    )


def _bar(counted: Counted, most: int) -> Component:
    """How many spans, against the most frequent value; the part that failed comes first."""
    failed = 100 * counted.errors / most if most else 0
    well = 100 * (counted.spans - counted.errors) / most if most else 0
    return html.Span(
        [
            html.Span(className="facet-bar-bad", style={"width": f"{failed:.2f}%"}),
            html.Span(className="facet-bar-well", style={"width": f"{well:.2f}%"}),
        ],
        className="facet-bar",
    )
