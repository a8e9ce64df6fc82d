"""Layout of the Trace Explorer: the search, what surrounds the list, and the list."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboards.traces.charts import layout as charts
from dashboards.traces.difference import layout as difference
from dashboards.traces.grid import layout as grid
from dashboards.traces.residue import layout as residue
from dashboards.traces.saved import layout as saved
from dashboards.traces.search import layout as search
from dashboards.traces.share import layout as share
from dashboards.traces.sidebar import layout as sidebar


def layout() -> Component:
    """The search above; below it the facets, and beside them charts, rows and the quiet line."""
    return html.Div(
        [
            search.layout(),
            html.Div(
                [
                    grid.tools(),
                    saved.layout(),
                    html.Span(className="context-gap"),
                    share.layout(),
                ],
                className="toolbar",
            ),
            html.Div(
                [
                    sidebar.layout(),
                    html.Div(
                        [
                            charts.layout(),
                            difference.layout(),
                            grid.layout(),
                            html.Div([residue.layout(), grid.pager()], className="foot"),
                        ],
                        className="explored",
                    ),
                ],
                className="explorer",
            ),
        ],
        className="room traces",
    )
