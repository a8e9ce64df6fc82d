"""Layout of the Alerts tab."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component

from dashboards.parts import tables


class Id(StrEnum):
    TABLE = "alerts-table"
    FACE = "alerts-face"
    SUMMARY = "alerts-summary"


ORG_COLUMN = {"field": "org", "headerName": "Org", "width": 110}

COLUMNS = (
    {
        "field": "state",
        "headerName": "State",
        "cellRenderer": "Status",
        "width": 92,
        "minWidth": 88,
    },
    {
        "field": "process",
        "headerName": "Process",
        "cellRenderer": "Process",
        "flex": 2,
        "minWidth": 180,
    },
    {"field": "data", "headerName": "Data", "flex": 1.2, "minWidth": 110},
    {"field": "value", "headerName": "Stuck at", "flex": 1, "minWidth": 84, "cellClass": "num"},
    tables.number("readings", "In a row", "readings_text", width=84),
    tables.number("lasted", "For", "lasted_text", width=104),
    {"field": "since", "headerName": "Since", "width": 164, "minWidth": 164, "cellClass": "time"},
    {
        "field": "until",
        "headerName": "Last reading",
        "width": 164,
        "minWidth": 164,
        "cellClass": "time",
    },
)


def layout() -> Component:
    intro = [
        html.H1("Stuck variables"),
        html.P(
            "Watched variables (aeos.data.* on spans, and metric gauges) that gave "
            "the same value more than 5 times in a row."
        ),
    ]
    sheet = tables.sheet(
        html.Div(intro, className="intro"),
        tables.grid(Id.TABLE, COLUMNS, row_id="id", sortable=True, class_name="fills"),
        Id.FACE,
        html.Div(id=Id.SUMMARY, className="summary", role="status"),
    )
    return html.Div(sheet, className="room alerts-room")
