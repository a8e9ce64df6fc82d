"""Layout of residue: the quiet line that says what is not shown."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component


class Id(StrEnum):
    LINE = "traces-residue"
    SHOWN = "traces-shown"


def layout() -> Component:
    """One line; what is shown comes from the rows themselves."""
    return html.Div(
        [html.Span(id=Id.SHOWN), html.Span(id=Id.LINE, className="residue-line")],
        className="residue loads",
        role="status",
    )
