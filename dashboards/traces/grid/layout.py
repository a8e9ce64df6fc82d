"""Layout of the list: the rows, what they are, and the way from page to page."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import tables
from dashboards.traces.grid import columns


class Id(StrEnum):
    MODE = "traces-mode"
    TABLE = "traces-table"
    FACE = "traces-face"
    SUMMARY = "traces-summary"
    NEW = "traces-new"
    FIRST = "traces-first"
    NEWER = "traces-newer"
    OLDER = "traces-older"
    CURSORS = "traces-cursors"
    ASKED = "traces-asked"
    UNKNOWN = "traces-unknown"
    KIN = "traces-kin"
    WANTED = "traces-wanted"
    KIDS = "traces-kids"
    CELL = "traces-cell"
    TERM = "traces-term"
    MENU = "traces-cell-menu"
    SAID = "traces-said"
    JUMP = "traces-jump"
    JUMP_BOX = "traces-jump-box"
    JUMPED = "traces-jumped"
    JUMP_ERROR = "traces-jump-error"
    COLUMNS = "traces-columns"
    COLUMNS_MENU = "traces-columns-menu"
    TYPED = "traces-columns-typed"
    KEYS = "traces-columns-keys"
    CHOSEN = "traces-columns-chosen"
    REMEMBERED = "traces-columns-remembered"


STORES = (
    Id.CURSORS,
    Id.ASKED,
    Id.UNKNOWN,
    Id.KIN,
    Id.WANTED,
    Id.KIDS,
    Id.CELL,
    Id.TERM,
    Id.JUMP,
    Id.JUMPED,
    Id.TYPED,
    Id.KEYS,
    Id.CHOSEN,
    Id.REMEMBERED,
)


def tools() -> Component:
    """What a row is – a span, a trace or a watched variable – and which columns it has."""
    return html.Div(
        [
            dcc.RadioItems(
                id=Id.MODE,
                options=[
                    {"label": "Spans", "value": "spans"},
                    {"label": "Traces", "value": "traces"},
                    {"label": "Watched variables", "value": "watched"},
                ],
                value="spans",
                inline=True,
                className="segments",
            ),
            html.Details(
                [
                    html.Summary("Columns", className="button"),
                    # filled by the page's script: what is shown, and what could be
                    html.Div(
                        id=Id.COLUMNS_MENU,
                        className="menu menu-columns",
                        **_data(catalogue=json.dumps(_catalogue())),
                    ),
                ],
                id=Id.COLUMNS,
                className="drop",
            ),
        ],
        className="list-tools",
    )


def layout() -> Component:
    return html.Div(
        [
            html.Button(id=Id.NEW, hidden=True, className="new-rows"),
            _table(),
            html.Div(id=Id.FACE),
            # filled by the page's script
            html.Div(id=Id.MENU, className="cell-menu"),
            html.Div(id=Id.SAID, className="said", role="status"),
            *(dcc.Store(id=store) for store in STORES),
        ],
        className="list loads",
    )


def _table() -> Component:
    shown = columns.definitions(columns.default("spans"), many=False)
    table = tables.grid(Id.TABLE, shown, row_id="id", class_name="fills spans")
    table.dashGridOptions |= {  # type: ignore[attr-defined]
        # the key of an attribute has dots of its own
        "suppressFieldDotNotation": True,
        "suppressDragLeaveHidesColumns": True,
        "preventDefaultOnContextMenu": True,
    }
    return table


def pager() -> Component:
    """The way to the next rows, and to any time."""
    return html.Div(
        [
            html.Div(id=Id.SUMMARY, className="summary", role="status"),
            html.Div(
                [
                    html.Span(id=Id.JUMP_ERROR, className="jump-error", role="alert"),
                    html.Label("Jump to", htmlFor=Id.JUMP_BOX, className="label"),
                    dcc.Input(
                        id=Id.JUMP_BOX,
                        type="text",
                        placeholder="14:05 or date and time",
                        className="jump",
                        autoComplete="off",
                    ),
                    html.Button("Newest", id=Id.FIRST, className="button", disabled=True),
                    html.Button("Newer", id=Id.NEWER, className="button", disabled=True),
                    html.Button("Older", id=Id.OLDER, className="button", disabled=True),
                ],
                className="pager",
            ),
        ],
        className="pager-line",
    )


def _catalogue() -> dict[str, Any]:
    """Mode → the columns there are, and which of them are the default."""
    return {
        mode: {
            "columns": [{"key": c.key, "title": c.title} for c in columns.catalogue(mode)],
            "defaults": [c.key for c in default],
        }
        for mode, default in columns.DEFAULTS.items()
    }


def _data(**attributes: str) -> dict[str, Any]:
    return {f"data-{name}": value for name, value in attributes.items()}
