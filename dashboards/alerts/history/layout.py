"""Layout of the history: what happened, or every evaluation with its reason; filters above."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import tables


class Id(StrEnum):
    TABS = "alerts-history-tabs"
    RULE = "alerts-history-rule"
    KIND = "alerts-history-kind"
    FIND = "alerts-history-find"
    TABLE = "alerts-history-table"
    FACE = "alerts-history-face"
    SUMMARY = "alerts-history-summary"
    PAGER = "alerts-history-pager"


ALERT = {
    "field": "name",
    "headerName": "Alert",
    "cellRenderer": "TwoLines",
    "cellRendererParams": {"above": "name", "below": "group"},
    "flex": 1.6,
    "minWidth": 190,
}
ORG_COLUMN = {"field": "org", "headerName": "Org", "width": 104}

CHANGES = (
    {"field": "at", "headerName": "Time", "width": 164, "minWidth": 164, "cellClass": "time"},
    {"field": "state", "headerName": "What", "cellRenderer": "AlertState", "width": 156},
    ALERT,
    {"field": "text", "headerName": "Why", "flex": 2, "minWidth": 180, "tooltipField": "text"},
    {"field": "person", "headerName": "Who", "width": 130, "tooltipField": "person"},
)
EVALUATIONS = (
    {"field": "first", "headerName": "From", "width": 164, "minWidth": 164, "cellClass": "time"},
    {"field": "at", "headerName": "Until", "width": 164, "minWidth": 164, "cellClass": "time"},
    tables.number("evaluations", "Times", "evaluations_text", width=84),
    ALERT,
    {"field": "state", "headerName": "State", "cellRenderer": "AlertState", "width": 116},
    {"field": "reason", "headerName": "Reason", "width": 150, "cellClass": "reason"},
    {"field": "text", "headerName": "Why", "flex": 2, "minWidth": 180, "tooltipField": "text"},
)


def layout() -> Component:
    tools = html.Div(
        [
            html.Nav(id=Id.TABS, className="segments-links", **_aria(label="What to list")),
            _pick(Id.RULE, "Rule", "Every rule", "pick-rule"),
            _pick(Id.KIND, "Kind", "Everything", "pick-kind"),
            html.Label("Find in the history", htmlFor=Id.FIND, className="only-heard"),
            dcc.Input(
                id=Id.FIND,
                type="text",
                placeholder="Find by label or text",
                debounce=0.4,
                maxLength=200,
                className="search",
            ),
        ],
        className="toolbar",
    )
    foot = [
        html.Div(id=Id.SUMMARY, className="summary", role="status"),
        html.Div(id=Id.PAGER, className="pager"),
    ]
    return html.Div(
        tables.sheet(
            tools,
            tables.grid(Id.TABLE, CHANGES, row_id="id", class_name="fills", row_height=46),
            Id.FACE,
            foot,
        ),
        className="alerts-fills",
    )


def _pick(component_id: str, label: str, everything: str, class_name: str) -> Component:
    return html.Div(
        [
            html.Label(label, htmlFor=component_id, className="only-heard"),
            dcc.Dropdown(
                id=component_id,
                placeholder=everything,
                clearable=True,
                className=f"pick {class_name}",
            ),
        ],
        className="control",
    )


def _aria(**attributes: str) -> dict[str, Any]:
    """Attributes for screen readers."""
    return {f"aria-{name}": value for name, value in attributes.items()}
