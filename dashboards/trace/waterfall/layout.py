"""Layout of the waterfall: tools, minimap, and the grid that asks for the rows it shows."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import dash_ag_grid as dag
from dash import dcc, html
from dash.development.base_component import Component

BLOCK = 150
"""Rows that the grid asks for at once."""

BLOCKS = 4
"""Blocks that the browser holds: 600 rows, whatever the trace."""

ROW_HEIGHT = 28


class Id(StrEnum):
    GRID = "trace-waterfall-grid"
    ASKED = "trace-waterfall-asked"
    TREE = "trace-waterfall-tree"
    SHAPE = "trace-waterfall-shape"
    JUMP = "trace-waterfall-jump"
    LANDED = "trace-waterfall-landed"
    SINK = "trace-waterfall-sink"
    MINIMAP = "trace-waterfall-minimap"
    SUMMARY = "trace-waterfall-summary"
    NOTICE = "trace-waterfall-notice"
    FACE = "trace-waterfall-face"
    FIND = "trace-waterfall-find"
    FOUND = "trace-waterfall-found"
    NEXT = "trace-waterfall-next"
    PREVIOUS = "trace-waterfall-previous"
    SHALLOWER = "trace-waterfall-shallower"
    DEEPER = "trace-waterfall-deeper"
    SHUT_ALL = "trace-waterfall-shut-all"
    OPEN_ALL = "trace-waterfall-open-all"
    SHORT = "trace-waterfall-short"
    ONLY = "trace-waterfall-only"
    GROUPED = "trace-waterfall-grouped"
    CLOCKS = "trace-waterfall-clocks"
    ROOT = "trace-waterfall-root"
    WHOLE = "trace-waterfall-whole"


COLUMNS = (
    {
        "field": "name",
        "headerName": "Span",
        "cellRenderer": "TraceName",
        "flex": 3,
        "minWidth": 300,
    },
    {
        "field": "bar",
        "headerName": "Time in trace",
        "headerComponent": "TraceAxis",
        "cellRenderer": "TraceBar",
        "cellDataType": False,
        "cellClass": "wf-bar-cell",
        "flex": 4,
        "minWidth": 220,
    },
    {"field": "duration", "headerName": "Duration", "width": 112, "type": "rightAligned"},
    {"field": "self", "headerName": "Self", "width": 88, "type": "rightAligned"},
    {"field": "status", "headerName": "Status", "cellRenderer": "TraceStatus", "width": 84},
    {"field": "tokens", "headerName": "Tokens", "width": 80, "type": "rightAligned"},
)


def layout() -> Component:
    return html.Div(
        [
            _tools(),
            html.Div(id=Id.NOTICE, className="wf-notices"),
            _minimap(),
            html.Div([_grid(), html.Div(id=Id.FACE)], className="list loads"),
            html.Div(html.Div(id=Id.SUMMARY, className="summary", role="status"), className="foot"),
            *(dcc.Store(id=store) for store in (Id.ASKED, Id.TREE, Id.SHAPE, Id.JUMP, Id.LANDED)),
            # others also follow the view without an answer; two that say so in one place are one
            dcc.Store(id=Id.SINK),
        ],
        className="waterfall",
    )


def _tools() -> Component:
    return html.Div(
        [
            html.Div(
                [
                    _text(Id.FIND, "Find in trace", "wf-find", search=True),
                    html.Span(id=Id.FOUND, className="wf-found", role="status"),
                    _tool(Id.PREVIOUS, "↑", "Previous match (Shift+Enter)"),
                    _tool(Id.NEXT, "↓", "Next match (Enter)"),
                ],
                className="wf-group",
            ),
            html.Div(
                [
                    _tool(Id.SHALLOWER, "−1", "Collapse one level"),
                    _tool(Id.DEEPER, "+1", "Expand one level"),
                    _tool(Id.SHUT_ALL, "Collapse all", "Collapse all"),
                    _tool(Id.OPEN_ALL, "Expand all", "Expand all"),
                ],
                className="wf-group wf-joined",
                role="group",
            ),
            _text(Id.SHORT, "Hide shorter than, e.g. 5ms", "wf-short"),
            _text(Id.ONLY, "Show only, e.g. status:error", "wf-only"),
            dcc.Checklist(
                id=Id.GROUPED,
                options=[{"label": "Group identical", "value": "grouped"}],
                value=["grouped"],
                className="check",
            ),
            dcc.Checklist(
                id=Id.CLOCKS,
                options=[{"label": "Clock skew", "value": "clocks"}],
                value=[],
                className="check",
            ),
            _tool(Id.ROOT, "Use as root", "Show only the chosen span and what is below it"),
            html.Button("Whole trace", id=Id.WHOLE, className="button small", hidden=True),
        ],
        className="toolbar wf-tools",
    )


def _tool(name: str, words: str, hint: str) -> Component:
    named: dict[str, Any] = {"aria-label": hint}
    return html.Button(words, id=name, className="button small", title=hint, **named)


def _text(name: str, words: str, class_name: str, *, search: bool = False) -> Component:
    return dcc.Input(
        id=name,
        type="search" if search else "text",
        placeholder=words,
        debounce=0.3,
        maxLength=500,
        autoComplete="off",
        className=f"wf-input {class_name}",
    )


def _minimap() -> Component:
    named: dict[str, Any] = {
        "aria-label": "Activity over the trace. Drag to zoom; arrow keys move, + and - zoom, "
        "Escape shows all."
    }
    return html.Div(
        [
            html.Div(id=Id.MINIMAP, className="wf-activity"),
            html.Div(className="wf-window"),
        ],
        className="wf-minimap",
        tabIndex="0",
        role="group",
        **named,
    )


def _grid() -> Component:
    table: Component = dag.AgGrid(
        id=Id.GRID,
        columnDefs=list(COLUMNS),
        rowModelType="infinite",
        getRowId="params.data.id",
        className="grid wf-grid",
        defaultColDef={
            "sortable": False,
            "resizable": True,
            "suppressMovable": True,
            "minWidth": 70,
        },
        dashGridOptions={
            "theme": {"function": "observatoryTheme(themeQuartz)"},
            "rowHeight": ROW_HEIGHT,
            "headerHeight": 34,
            "animateRows": False,
            "rowBuffer": 10,
            "cacheBlockSize": BLOCK,
            "maxBlocksInCache": BLOCKS,
            # with two requests at once the grid loses one of them
            "maxConcurrentDatasourceRequests": 1,
            "infiniteInitialRowCount": 1,
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "suppressNoRowsOverlay": True,
            "suppressColumnVirtualisation": True,
            "tooltipShowDelay": 400,
        },
        dangerously_allow_code=False,
    )
    return table
