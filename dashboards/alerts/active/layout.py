"""Layout of active alerts: the tiles, the list, and beside it everything about one alert."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.alerts.tiles import layout as tiles
from dashboards.parts import charts, tables

CHART_HEIGHT = 176

SNOOZES = {
    "1": "1 hour",
    "4": "4 hours",
    "8": "8 hours",
    "24": "1 day",
    "72": "3 days",
    "168": "1 week",
}
"""Hours that an alert can be snoozed for."""


class Id(StrEnum):
    FIND = "alerts-active-find"
    TABLE = "alerts-active-table"
    FACE = "alerts-active-face"
    SUMMARY = "alerts-active-summary"
    DETAIL = "alerts-detail"
    HEAD = "alerts-detail-head"
    CHART = "alerts-detail-chart"
    CHART_FACE = "alerts-detail-chart-face"
    BODY = "alerts-detail-body"
    PAST = "alerts-detail-past"
    ACTIONS = "alerts-detail-actions"
    LOOKED_AFTER = "alerts-looked-after"
    ACKNOWLEDGING = "alerts-acknowledging"
    ACKNOWLEDGE_NOTE = "alerts-acknowledge-note"
    ACKNOWLEDGE = "alerts-acknowledge"
    TAKE_BACK = "alerts-take-back"
    SNOOZING = "alerts-snoozing"
    SNOOZE_FOR = "alerts-snooze-for"
    SNOOZE = "alerts-snooze"
    WAKE = "alerts-wake"
    NOTING = "alerts-noting"
    NOTE = "alerts-note"
    ADD_NOTE = "alerts-add-note"
    ERROR = "alerts-detail-error"
    DONE = "alerts-detail-done"


ORG_COLUMN = {"field": "org", "headerName": "Org", "width": 104}

COLUMNS = (
    {"field": "state", "headerName": "State", "cellRenderer": "AlertState", "width": 106},
    {"field": "severity", "headerName": "Severity", "cellRenderer": "AlertSeverity", "width": 84},
    {
        "field": "name",
        "headerName": "Alert",
        "cellRenderer": "TwoLines",
        "cellRendererParams": {"above": "name", "below": "group"},
        "flex": 2,
        "minWidth": 144,
    },
    {
        "field": "value",
        "headerName": "Value",
        "cellRenderer": "TwoLines",
        "cellRendererParams": {"above": "value_text", "below": "text"},
        "flex": 1.6,
        "minWidth": 110,
    },
    tables.number("lasts", "For", "lasts_text", width=88),
)
WIDE_COLUMNS = (
    {"field": "since", "headerName": "Since", "width": 158, "minWidth": 158, "cellClass": "time"},
    {"field": "marks", "headerName": "Marks", "flex": 1, "minWidth": 140, "tooltipField": "marks"},
)
"""Columns for which there is room while no alert is open."""


def layout() -> Component:
    return html.Div(
        [
            tiles.layout(),
            html.Div([_list(), _detail()], className="alerts-beside"),
            dcc.Store(id=Id.DONE),
        ],
        className="alerts-fills alerts-active",
    )


def _list() -> Component:
    tools = html.Div(
        [
            html.Label("Find alerts", htmlFor=Id.FIND, className="only-heard"),
            dcc.Input(
                id=Id.FIND,
                type="text",
                placeholder="Find by rule, label or text",
                debounce=0.3,
                maxLength=200,
                className="search",
            ),
        ],
        className="toolbar",
    )
    return tables.sheet(
        tools,
        tables.grid(
            Id.TABLE, COLUMNS, row_id="id", sortable=True, class_name="fills", row_height=46
        ),
        Id.FACE,
        html.Div(id=Id.SUMMARY, className="summary", role="status"),
    )


def _detail() -> Component:
    """Hidden until the URL names an alert. What is typed lies outside of what is drawn anew."""
    return html.Aside(
        [
            html.Div(id=Id.HEAD, className="detail-head"),
            html.Div(
                [
                    html.Div(
                        [
                            charts.graph(Id.CHART, charts.nothing(), CHART_HEIGHT),
                            html.Div(id=Id.CHART_FACE),
                        ],
                        className="charted loads",
                    ),
                    html.Div(id=Id.BODY, className="loads"),
                    _actions(),
                    html.Div(id=Id.PAST, className="loads"),
                ],
                className="detail-scroll",
            ),
        ],
        id=Id.DETAIL,
        hidden=True,
        className="alerts-detail",
        **_aria(label="One alert"),
    )


def _actions() -> Component:
    return html.Section(
        [
            html.P(id=Id.LOOKED_AFTER, className="looked-after"),
            html.Div(
                [
                    _text(Id.ACKNOWLEDGE_NOTE, "Note", "What you look into (may stay empty)"),
                    html.Button("Acknowledge", id=Id.ACKNOWLEDGE, className="button primary"),
                ],
                id=Id.ACKNOWLEDGING,
                className="act-line",
            ),
            html.Div(
                [
                    dcc.Dropdown(
                        id=Id.SNOOZE_FOR,
                        options=[
                            {"label": word, "value": hours} for hours, word in SNOOZES.items()
                        ],
                        value="1",
                        clearable=False,
                        searchable=False,
                        className="pick pick-snooze",
                    ),
                    html.Button("Snooze", id=Id.SNOOZE, className="button"),
                ],
                id=Id.SNOOZING,
                className="act-line",
            ),
            html.Div(
                [
                    html.Button("Take back", id=Id.TAKE_BACK, className="button"),
                    html.Button("End snooze", id=Id.WAKE, className="button"),
                ],
                className="act-line",
            ),
            html.Div(
                [
                    _text(Id.NOTE, "Resolution note", "What was found out, what helped"),
                    html.Button("Add note", id=Id.ADD_NOTE, className="button"),
                ],
                id=Id.NOTING,
                className="act-line",
            ),
            html.P(id=Id.ERROR, className="field-error", role="alert"),
        ],
        id=Id.ACTIONS,
        className="detail-part",
    )


def _text(component_id: str, label: str, placeholder: str) -> Component:
    return html.Div(
        [
            html.Label(label, htmlFor=component_id, className="only-heard"),
            dcc.Textarea(id=component_id, placeholder=placeholder, maxLength=2_000, rows=1),
        ],
        className="act-text",
    )


def _aria(**attributes: str) -> dict[str, Any]:
    """Attributes for screen readers."""
    return {f"aria-{name}": value for name, value in attributes.items()}
