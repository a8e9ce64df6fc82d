"""Layout of the Code Inspector: a list of functions, or one of them beside its source."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.code.source import layout as source
from dashboards.parts import cards, charts, tables


class Id(StrEnum):
    FIND = "code-find"
    TYPED = "code-typed"
    SUGGESTIONS = "code-suggestions"
    LIST = "code-list"
    TABLE = "code-table"
    FACE = "code-face"
    SUMMARY = "code-summary"
    DETAIL = "code-detail"
    BACK = "code-back"
    HEAD = "code-head"
    CARDS = "code-cards"
    HISTORY = "code-history"
    HISTORY_NOTE = "code-history-note"
    DURATIONS = "code-durations"
    DURATIONS_NOTE = "code-durations-note"
    REVISIONS = "code-revisions"
    EXCEPTIONS = "code-exceptions"
    KIN = "code-kin"
    TRACES = "code-traces"


def _wide(least: int) -> dict[str, int]:
    """At least so many pixels, and a share of what is left."""
    return {"minWidth": least, "flex": least}


def _change(field: str, title: str, tip: str) -> tables.Column:
    return {
        "field": field,
        "headerName": title,
        "headerTooltip": tip,
        "type": "rightAligned",
        "cellRenderer": "Change",
        "cellClass": "num ag-right-aligned-cell",
        **_wide(76),
        "comparator": {"function": "nothingLast"},
    }


def _number(field: str, title: str, tip: str, **more: Any) -> tables.Column:
    return tables.number(
        field,
        title,
        f"{field}_text",
        headerTooltip=tip,
        comparator={"function": "nothingLast"},
        sortingOrder=["desc", "asc"],
        **{**_wide(82), **more},
    )


COLUMNS: tuple[tables.Column, ...] = (
    {
        "field": "process",
        "headerName": "Function",
        "cellRenderer": "CodeFunction",
        "pinned": "left",
        "width": 280,
        "sortingOrder": ["asc", "desc"],
    },
    _number("calls", "Calls", "Spans of this function", sort="desc"),
    _number("errors", "Errors", "Share of calls with status error"),
    _number("p50", "p50", "Half of the calls took no longer"),
    _number("p95", "p95", "95 % of the calls took no longer"),
    _number("p99", "p99", "99 % of the calls took no longer", **_wide(94)),
    _number("total", "Total", "Time of all calls together", **_wide(104)),
    _number("own", "Self", "Of the total, what no child of a call covers", **_wide(104)),
    _number("memory", "Memory", "Memory that a call gained on average", **_wide(90)),
    _number("newest", "Last seen", "Start of the newest call", **_wide(146)),
    {
        "headerName": "Change from the period before",
        "headerTooltip": "Against the time of the same length right before",
        "children": [
            _change("calls_change", "Calls", "Calls, against the period before"),
            _change("p95_change", "p95", "p95, against the period before"),
            _change("errors_change", "Errors", "Error rate, in percentage points"),
        ],
    },
)


def layout() -> Component:
    return html.Div(
        [_picker(), _list(), _detail(), dcc.Store(id=Id.TYPED)], className="room code-room"
    )


def _picker() -> Component:
    """A field whose list of suggestions a script of the page shows and hides."""
    box: dict[str, Any] = {"aria-label": "Functions", "data-popover": "code"}
    return html.Div(
        [
            html.Button("← All functions", id=Id.BACK, className="button", hidden=True),
            html.Div(
                [
                    html.Label("Find a function", htmlFor=Id.FIND, className="unseen"),
                    dcc.Input(
                        id=Id.FIND,
                        type="search",
                        placeholder="Find a function or operation",
                        maxLength=200,
                        className="search",
                        autoComplete="off",
                    ),
                    html.Div(
                        html.Div(id=Id.SUGGESTIONS, role="listbox", **box),
                        className="menu code-menu",
                    ),
                ],
                className="code-picker",
            ),
            html.Div(id=Id.HEAD, className="code-head"),
        ],
        className="code-bar",
    )


def _list() -> Component:
    grid = tables.grid(
        Id.TABLE, COLUMNS, row_id="id", sortable=True, class_name="fills", row_height=44
    )
    return html.Div(
        tables.sheet(
            None, grid, Id.FACE, html.Div(id=Id.SUMMARY, className="summary", role="status")
        ),
        id=Id.LIST,
        className="code-list",
    )


def _detail() -> Component:
    """The source at the left, the numbers at the right; graphs stay while their figures change."""
    history = [charts.graph(Id.HISTORY, charts.nothing(), 210)]
    durations = [charts.graph(Id.DURATIONS, charts.nothing(), 170)]
    return html.Div(
        [
            source.layout(),
            html.Div(
                [
                    html.Div(id=Id.CARDS, className="code-tiles loads"),
                    cards.panel(
                        "Calls over time",
                        html.Div(history, className="loads"),
                        html.Span(id=Id.HISTORY_NOTE),
                    ),
                    cards.panel(
                        "Durations",
                        html.Div(durations, className="loads"),
                        html.Span(id=Id.DURATIONS_NOTE),
                    ),
                    html.Div(id=Id.REVISIONS, className="loads"),
                    html.Div(id=Id.EXCEPTIONS, className="loads"),
                    html.Div(id=Id.KIN, className="loads"),
                    html.Div(id=Id.TRACES, className="loads"),
                ],
                className="code-numbers",
            ),
        ],
        id=Id.DETAIL,
        className="code-split",
        hidden=True,
    )
