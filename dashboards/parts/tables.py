"""Tables: the one way to make a grid, with our theme and nothing that runs text as code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag
from dash import html
from dash.development.base_component import Component

from queries.reader import Row

Column = dict[str, Any]


def grid(
    component_id: str,
    columns: Sequence[Column],
    *,
    row_id: str,
    rows: Sequence[Row] = (),
    sortable: bool = False,
    class_name: str = "",
    row_height: int = 34,
) -> Component:
    """A grid over the rows it is given; `row_id` names the field that tells rows apart."""
    table: Component = dag.AgGrid(
        id=component_id,
        columnDefs=list(columns),
        rowData=list(rows),
        getRowId=f"params.data.{row_id}",
        className=f"grid {class_name}".strip(),
        defaultColDef={
            "sortable": sortable,
            "resizable": True,
            "suppressMovable": True,
            "minWidth": 70,
        },
        dashGridOptions={
            "theme": {"function": "observatoryTheme(themeQuartz)"},
            "rowHeight": row_height,
            "headerHeight": 34,
            "animateRows": False,
            "suppressCellFocus": False,
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "tooltipShowDelay": 400,
            "suppressNoRowsOverlay": True,
            "suppressColumnVirtualisation": True,
        },
        dangerously_allow_code=False,
    )
    return table


def sheet(top: Any, table: Any, face: str, foot: Any) -> Component:
    """A table that fills the room, under its tools and above what must be said about it; `face`
    is the id of what stands in for rows when there are none."""
    return html.Div(
        [
            top,
            html.Div([table, html.Div(id=face)], className="list loads"),
            html.Div(foot, className="foot"),
        ],
        className="sheet",
    )


def number(field: str, title: str, text: str, **more: Any) -> Column:
    """A column sorted by the number in `field` and showing the words in the field `text`."""
    return {
        "field": field,
        "headerName": title,
        "type": "rightAligned",
        "cellRenderer": "Words",
        "cellRendererParams": {"field": text},
        "cellClass": "num ag-right-aligned-cell",
        **more,
    }


def plain(
    headings: Sequence[str], rows: Sequence[Sequence[Any]], class_name: str = ""
) -> Component:
    """A small table without any machinery."""
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(heading, scope="col") for heading in headings])),
            html.Tbody([html.Tr([html.Td(cell) for cell in row]) for row in rows]),
        ],
        className=f"plain {class_name}".strip(),
    )
