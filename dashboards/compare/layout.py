"""Layout of the comparison: both traces above, what differs in words, and their common tree."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import tables
from queries.compare import DIFFERENT, State

WINDOW = 100
"""Steps that are sent at once; the page holds five such windows."""


class Id(StrEnum):
    PAIR = "compare-pair"
    LEFT = "compare-left"
    RIGHT = "compare-right"
    LEFT_HEAD = "compare-left-head"
    RIGHT_HEAD = "compare-right-head"
    SWAP = "compare-swap"
    SUGGESTIONS = "compare-suggestions"
    SENTENCE = "compare-sentence"
    ONLY = "compare-only"
    FIRST = "compare-first"
    PREVIOUS = "compare-previous"
    NEXT = "compare-next"
    PLACES = "compare-places"
    TABLE = "compare-table"
    FACE = "compare-face"
    SUMMARY = "compare-summary"


ONLY: dict[str, tuple[str, frozenset[State]]] = {
    "": ("All", frozenset(State)),
    "differences": ("Differences", DIFFERENT),
    "slower": ("Slower", frozenset({State.SLOWER})),
    "faster": ("Faster", frozenset({State.FASTER})),
    "added": ("Added", frozenset({State.ADDED})),
    "missing": ("Missing", frozenset({State.MISSING})),
}
"""What the link's `only` may say: its word, and the steps it leaves."""

COLUMNS = (
    {"field": "step", "headerName": "Step", "cellRenderer": "ComparedStep", "flex": 2.6}
    | {"minWidth": 200},
    {"field": "state", "headerName": "B against A", "cellRenderer": "ComparedState", "width": 122},
    {
        "field": "bars",
        "headerName": "When",
        "headerTooltip": "From the start of each trace, A above and B below",
        "cellRenderer": "ComparedBars",
        "flex": 2,
    }
    | {"minWidth": 90, "cellClass": "bars"},
    {"field": "left", "headerName": "A", "cellRenderer": "ComparedSide", "width": 80},
    {"field": "right", "headerName": "B", "cellRenderer": "ComparedSide", "width": 80},
    {"field": "delta", "headerName": "Difference", "cellRenderer": "ComparedDelta", "width": 128},
    {
        "field": "own",
        "headerName": "Of its own",
        "headerTooltip": "Difference in self time: without the time its children took",
        "cellRenderer": "ComparedText",
        "width": 90,
    },
    {"field": "tokens", "headerName": "Tokens", "cellRenderer": "ComparedText", "width": 76},
    {"field": "cost", "headerName": "Cost", "cellRenderer": "ComparedText", "width": 100},
)


def layout() -> Component:
    return html.Div(
        [
            dcc.Store(id=Id.PAIR),
            dcc.Store(id=Id.PLACES),
            html.Div(
                [
                    _side("A", Id.LEFT, Id.LEFT_HEAD),
                    html.Button("⇄ Swap", id=Id.SWAP, className="button"),
                    _side("B", Id.RIGHT, Id.RIGHT_HEAD),
                ],
                className="compared-heads",
            ),
            html.Div(id=Id.SUGGESTIONS, className="compared-suggestions loads"),
            tables.sheet(_tools(), _grid(), Id.FACE, html.Div(id=Id.SUMMARY, className="summary")),
        ],
        className="room compare-room",
    )


def _side(letter: str, field: str, head: str) -> Component:
    return html.Section(
        [
            html.Div(letter, className=f"letter letter-{letter.lower()}"),
            html.Div(id=head, className="compared-head loads"),
            dcc.Input(
                id=field,
                type="search",
                placeholder="Paste a trace id",
                maxLength=100,
                className="search",
                autoComplete="off",
                debounce=True,
            ),
        ],
        className="compared-side",
    )


def _tools() -> Component:
    return html.Div(
        [
            html.Div(id=Id.SENTENCE, className="compared-sentence", role="status"),
            html.Div(
                [
                    dcc.RadioItems(
                        id=Id.ONLY,
                        options=[
                            {"label": word, "value": name} for name, (word, _) in ONLY.items()
                        ],
                        value="",
                        inline=True,
                        className="segments",
                    ),
                    html.Span(className="context-gap"),
                    html.Button("First difference", id=Id.FIRST, className="button"),
                    html.Button("↑", id=Id.PREVIOUS, className="button", title="Previous (p)"),
                    html.Button("↓", id=Id.NEXT, className="button", title="Next difference (n)"),
                ],
                className="toolbar",
            ),
        ],
        className="compared-tools",
    )


def _grid() -> Component:
    table: Any = tables.grid(
        Id.TABLE, COLUMNS, row_id="id", class_name="fills compared", row_height=36
    )
    table.rowModelType = "infinite"
    del table.rowData
    table.dashGridOptions = {
        **table.dashGridOptions,
        "cacheBlockSize": WINDOW,
        "maxBlocksInCache": 5,
        # with two requests on their way, the grid forgets the answer of one
        "maxConcurrentDatasourceRequests": 1,
        "infiniteInitialRowCount": 1,
        "cacheOverflowSize": 1,
        "rowBuffer": 20,
    }
    made: Component = table
    return made
