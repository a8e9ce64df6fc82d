"""Layout of the time machine: one or two drafts, and what each would have done over the past."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.dependencies import Wildcard
from dash.development.base_component import Component

from dashboards.parts import charts, tables

HEIGHT = 240
POLL_EVERY = 700
"""Milliseconds between two looks at a replay that is on its way."""

SIDES = ("a", "b")


class Id(StrEnum):
    ASKED = "replay-asked"
    WANTED = "replay-wanted"
    POLL = "replay-poll"
    HEAD = "replay-head"
    SIDES = "replay-sides"
    WHOLE = "replay-whole"
    PROGRESS = "replay-progress"
    RESULT = "replay-result"
    GRAPH = "replay-chart"
    NOTE = "replay-chart-note"
    FACE = "replay-chart-face"
    TABLE = "replay-table"
    TABLE_FACE = "replay-table-face"
    SUMMARY = "replay-summary"


def knob(side: str | Wildcard, name: str | Wildcard) -> dict[str, str | Wildcard]:
    """Id of a control of one side."""
    return {"type": "replay-knob", "name": name, "side": side}


COLUMNS = (
    {"field": "at", "headerName": "When", "width": 164, "cellClass": "time"},
    {"field": "side", "headerName": "Rule", "width": 70, "cellRenderer": "ReplaySide"},
    {"field": "what", "headerName": "What", "width": 176, "cellRenderer": "ReplayWhat"},
    {"field": "group", "headerName": "Alert", "flex": 1, "minWidth": 130},
    {"field": "text", "headerName": "Why", "flex": 2, "minWidth": 200, "tooltipField": "text"},
)


def layout() -> Component:
    return html.Div(
        [
            html.Div(id=Id.HEAD, className="builder-head"),
            html.Div(id=Id.SIDES, className="replay-sides loads"),
            html.Div(
                [
                    dcc.RadioItems(
                        id=Id.WHOLE,
                        options=[
                            {"label": "All that is kept", "value": ""},
                            {"label": "The page's time range", "value": "range"},
                        ],
                        value="",
                        inline=True,
                        className="segments",
                    ),
                    html.Div(id=Id.PROGRESS, className="replay-progress", role="status"),
                ],
                className="replay-tools",
            ),
            html.Div(id=Id.RESULT, className="replay-result loads", **_POLITE),
            html.Section(
                [
                    html.Header(
                        [
                            html.H2("What each alert would have been"),
                            html.Div(id=Id.NOTE, className="panel-note"),
                        ]
                    ),
                    html.Div(
                        [charts.graph(Id.GRAPH, charts.nothing(), HEIGHT), html.Div(id=Id.FACE)],
                        className="charted loads",
                    ),
                ],
                className="panel",
            ),
            html.Div(
                tables.sheet(
                    html.Div(html.H2("Every change and every notification"), className="toolbar"),
                    tables.grid(Id.TABLE, COLUMNS, row_id="id", sortable=True, class_name="fills"),
                    Id.TABLE_FACE,
                    html.Div(id=Id.SUMMARY, className="summary"),
                ),
                className="replay-list",
            ),
            dcc.Store(id=Id.ASKED),
            dcc.Store(id=Id.WANTED),
            dcc.Interval(id=Id.POLL, interval=POLL_EVERY, disabled=True),
        ],
        className="replay",
    )


_POLITE: dict[str, Any] = {"aria-live": "polite"}
