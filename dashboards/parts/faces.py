"""The faces of a panel other than its data: empty and failed. Loading is CSS over the panel."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component


def empty(sentence: str, hint: str = "") -> Component:
    """Nothing to show: what that means, and what to do next."""
    return html.Div(
        [html.P(sentence, className="face-title"), html.P(hint) if hint else None],
        className="face",
    )


def failed(sentence: str) -> Component:
    """This panel could not be answered; the others still stand."""
    return html.Div(
        [html.P("This panel has no answer.", className="face-title"), html.P(sentence)],
        className="face face-failed",
        role="alert",
    )
