"""Layout of search: the box of the search language, and its terms as pills."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from dash import dcc, html
from dash.development.base_component import Component

from queries.grammar import MAX_LENGTH


class Id(StrEnum):
    BOX = "traces-search"
    OFFERS = "traces-search-offers"
    ERROR = "traces-search-error"
    TERMS = "traces-search-terms"
    FOUND = "traces-search-found"
    TYPED = "traces-search-typed"
    SETTLED = "traces-search-settled"
    ADDED = "traces-search-added"
    ANSWER = "traces-search-answer"
    JOINED = "traces-search-joined"


HELP: Final = (
    ("timeout", "the word anywhere in name, service, exception, message or data"),
    ('"connection reset"', "these words next to each other"),
    ("service:checkout", "equal, whatever the case"),
    ("name:tool*", "* stands for any text"),
    ("model=gpt-4o", "exactly this, letter for letter"),
    ("message~reset", "holds the text"),
    ("status:(error OR unset)", "one of several; service:a,b says the same"),
    ("-model:gpt*", "not; spans without a model stay. NOT and != work too"),
    ("duration>1.5s", "also >= < <=, with ns us ms s m h"),
    ("tokens.input:100..2000", "from … to, either end may be missing"),
    ("start>=2026-11-20T14:05Z", "a time, in UTC unless it has an offset"),
    ("attr.user.tier=gold", "any attribute; resource.host.name for the resource"),
    ("exists:exception", "has a value"),
    ("is:orphan", "also is:root, is:error, is:late, is:future"),
    ("(agent:planner OR agent:critic) status:error", "brackets, OR; side by side means AND"),
    ("{service:shop} > {status:error}", "failed spans whose parent is of shop"),
    ("{service:shop} >> {status:error}", "… anywhere below; < and << look upwards"),
    ("{is:root} without {operation:chat}", "roots of traces without a chat; also with"),
    ("trace.spans>100", "also trace.depth, .errors, .orphans, .services, .duration"),
)
"""Examples of the search language and what each says."""


def layout() -> Component:
    return html.Div(
        [
            html.Div(
                [
                    dcc.Input(
                        id=Id.BOX,
                        type="text",
                        placeholder="Search: words, service:checkout, duration>1.5s, or a trace id",
                        maxLength=MAX_LENGTH,
                        className="search query-box",
                        autoComplete="off",
                        spellCheck="false",
                    ),
                    html.Button(
                        "×",
                        className="query-clear",
                        title="Clear the search",
                        **_spoken("Clear the search") | {"data-query": ""},
                    ),
                    _help(),
                    html.Ul(
                        id=Id.OFFERS,
                        className="offers",
                        role="listbox",
                        **_spoken("Completions"),
                    ),
                ],
                className="query",
                role="search",
            ),
            html.Div(id=Id.ERROR, className="query-error", role="status"),
            html.Div(
                [
                    html.Div(id=Id.TERMS, className="terms"),
                    html.Div(id=Id.FOUND, className="found"),
                ],
                className="query-below",
            ),
            *(
                dcc.Store(id=store)
                for store in (Id.TYPED, Id.SETTLED, Id.ADDED, Id.ANSWER, Id.JOINED)
            ),
        ],
        className="querying",
    )


def _help() -> Component:
    rows = [
        html.Tr([html.Td(html.Button(example, **_example(example))), html.Td(meaning)])
        for example, meaning in HELP
    ]
    return html.Details(
        [
            html.Summary(
                "?",
                className="query-help",
                title="How to search",
                **_spoken("How to search"),
            ),
            html.Div(
                [
                    html.P("Conditions side by side must all be true. Click one to add it."),
                    html.Table(html.Tbody(rows)),
                ],
                className="menu menu-search",
            ),
        ],
        className="drop drop-right",
    )


def _example(text: str) -> dict[str, Any]:
    return {"data-example": text}


def _spoken(words: str) -> dict[str, Any]:
    """The name of something that shows only a sign."""
    return {"aria-label": words}
