"""Cards and panels: the boxes of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dash import html
from dash.development.base_component import Component


def card(
    label: str, value: str, note: str, spark: Component | None = None, tone: str = ""
) -> Component:
    """One number with its label, what it means, and its course."""
    return html.Div(
        [
            html.Div(label, className="card-label"),
            html.Div(value, className="card-value"),
            html.Div(note, className="card-note"),
            spark,
        ],
        className=f"card card-{tone}" if tone else "card",
    )


def panel(title: str, body: Any, note: Any = None, class_name: str = "") -> Component:
    """A titled box; `note` stands at the right of its title."""
    return html.Section(
        [
            html.Header([html.H2(title), html.Div(note, className="panel-note")]),
            html.Div(body, className="panel-body"),
        ],
        className=f"panel {class_name}".strip(),
    )


def sparkline(values: Sequence[float], label: str) -> Component:
    """The course of `values` as a filled line; its colour is the theme's, its shape a mask."""
    named: dict[str, Any] = {"aria-label": label}
    return html.Div(
        className="spark",
        role="img",
        style={"maskImage": f'url("{_svg(values)}")', "WebkitMaskImage": f'url("{_svg(values)}")'},
        **named,
    )


def _svg(values: Sequence[float]) -> str:
    top = max(values, default=0) or 1
    last = max(len(values) - 1, 1)
    points = [f"{100 * i / last:.1f},{29 - 27 * v / top:.1f}" for i, v in enumerate(values)]
    line = " ".join(points)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 30" preserveAspectRatio="none">'
        f'<polygon points="0,30 {line} 100,30" fill="#000" fill-opacity=".22"/>'
        f'<polyline points="{line}" fill="none" stroke="#000" stroke-width="1.6" '
        'vector-effect="non-scaling-stroke"/></svg>'
    )
    return f"data:image/svg+xml,{quote(svg)}"
