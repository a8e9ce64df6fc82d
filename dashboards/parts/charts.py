"""Charts: figures as plain dicts in colours that hold on light and dark; the only Graph maker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc
from dash.development.base_component import Component

Figure = dict[str, Any]

INK = "#838b98"
GRID = "rgba(128,136,148,.18)"
CALM = "#5b8def"
ALARM = "#e5484d"
HUES = ("#5b8def", "#2fb5a5", "#e0a43a", "#a77bf3", "#ef7fa8", "#7fb347", "#e07b4f", "#8894a8")

CONFIG: Any = {
    "displaylogo": False,
    "displayModeBar": False,
    "responsive": True,
    # without these, plotly offers to upload a client's data to its cloud
    "showSendToCloud": False,
    "plotlyServerURL": "",
}


def graph(component_id: str, figure: Figure, height: int) -> Component:
    """The one way to draw a figure, `height` pixels high. Nothing it shows can leave the page."""
    return dcc.Graph(
        id=component_id,
        figure=figure,
        config=CONFIG,
        className="chart",
        responsive=True,
        style={"height": f"{height}px"},
    )


def nothing() -> Figure:
    """A chart that has nothing to show, not even axes."""
    hidden = {"visible": False, "fixedrange": True}
    return {"data": [], "layout": {**_layout(), "xaxis": hidden, "yaxis": hidden}}


def donut(parts: Sequence[tuple[str, int]]) -> Figure:
    """Shares of a whole, each with its name."""
    return {
        "data": [
            {
                "type": "pie",
                "labels": [name for name, _ in parts],
                "values": [share for _, share in parts],
                "hole": 0.68,
                "sort": False,
                "direction": "clockwise",
                "textinfo": "none",
                "marker": {"colors": list(HUES), "line": {"width": 0}},
                "hovertemplate": "%{label}<br>%{value:,} spans, %{percent}<extra></extra>",
            }
        ],
        "layout": {**_layout(), "showlegend": False, "margin": {"l": 4, "r": 4, "t": 4, "b": 4}},
    }


def _layout() -> dict[str, Any]:
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "Inter, system-ui, sans-serif", "size": 12, "color": INK},
        "margin": {"l": 44, "r": 8, "t": 30, "b": 40},
        "xaxis": {"gridcolor": "rgba(0,0,0,0)", "zeroline": False, "nticks": 8},
        "hoverlabel": {"font": {"family": "Inter, system-ui, sans-serif", "size": 12}},
        "separators": ".,",
    }
