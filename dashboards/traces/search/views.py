"""Views of search: completions, pills, what is wrong, and where a text is found."""

from __future__ import annotations

from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from dashboards.parts import formats
from queries import search
from queries.completion import Place
from queries.errors import SearchError
from queries.suggest import SCANNED_KEYS, SCANNED_VALUES, Containing, Suggestion

LONGEST: Final = 60
AROUND: Final = 40
"""Characters of a search that are shown before and after the wrong one."""


def offers(suggestions: list[Suggestion], place: Place) -> list[Component]:
    """Completions to choose from; each knows what it writes, and over which characters."""
    where: dict[str, Any] = {
        "data-start": str(place.start),
        "data-end": str(place.end),
        "data-what": "value" if place.key else "key",
    }
    found: list[Component] = [
        html.Li(
            [
                html.Code(formats.shorten(formats.visible(each.text), LONGEST)),
                html.Span(each.label, className="offer-label"),
                html.Span("" if each.spans is None else formats.count(each.spans), className="num"),
            ],
            id=f"traces-offer-{index}",
            role="option",
            **where | {"data-insert": each.text},
        )
        for index, each in enumerate(suggestions)
    ]
    counted = any(each.spans is not None for each in suggestions)
    return [*found, _counted_among(place)] if counted else found


def _counted_among(place: Place) -> Component:
    """What the numbers are numbers of."""
    newest = SCANNED_VALUES if place.key and place.key != "exists" else SCANNED_KEYS
    words = f"counted among the newest {newest:,} spans"
    return html.Li(words, className="offer-note", role="presentation")


def pills(text: str) -> list[Component]:
    """The terms of a search: click turns one round, the cross takes it away."""
    terms = search.terms(text)
    found = [_pill(text, index, term) for index, term in enumerate(terms)]
    clear = html.Button("Clear", className="term-clear", **_leads_to(""))
    return [*found, clear] if len(terms) > 1 else found


def _pill(text: str, index: int, term: search.Term) -> Component:
    label = formats.shorten(formats.visible(term.label), LONGEST)
    turn = "Click to demand it" if term.negated else "Click to leave it out"
    return html.Span(
        [
            html.Button(
                [html.B("not "), label] if term.negated else label,
                className="term-text",
                title=turn,
                **_leads_to(search.negated(text, index)),
            ),
            html.Button(
                "×",
                className="term-remove",
                title="Remove",
                **_leads_to(search.without_term(text, index), f"Remove {label}"),
            ),
        ],
        className="term term-not" if term.negated else "term",
    )


def _leads_to(text: str, spoken: str = "") -> dict[str, Any]:
    """What a button carries that makes this text the search."""
    return {"data-query": text} | ({"aria-label": spoken} if spoken else {})


def wrong(text: str, error: SearchError) -> Component:
    """What is wrong, with a caret at the character."""
    at = min(error.at, len(text))
    before, after = text[:at], text[at + 1 :]
    return html.Div(
        [
            html.Pre(
                [
                    f"…{before[-AROUND:]}" if len(before) > AROUND else before,
                    html.Mark(text[at : at + 1].strip() or "\u00a0"),
                    f"{after[:AROUND]}…" if len(after) > AROUND else after,
                ]
            ),
            html.Span(str(error)),
        ],
        className="wrong unfinished" if at >= len(text.rstrip()) else "wrong",
    )


def found_in(text: str, index: int, words: str, found: Containing) -> list[Any]:
    """The fields that hold a plain text; a click narrows the search to one of them."""
    where = f"among the newest {found.looked_at:,} spans"
    shown = formats.shorten(words, LONGEST)
    if not found.fields:
        return [html.Span(f"“{shown}” is in no field {where}.")]
    links = [
        html.Button(
            [f"{each.field.label} ", html.Span(f"{each.spans:,}", className="num")],
            **_leads_to(search.replaced(text, index, search.holding(each.field.key, words))),
        )
        for each in found.fields
    ]
    return [html.Span(f"“{shown}” found in", title=where[0].upper() + where[1:]), *links]
