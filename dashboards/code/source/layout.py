"""Layout of the source pane: its tools, and a sheet that the browser draws lines on."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component


class Id(StrEnum):
    PANE = "code-source"
    FILE = "code-source-file"
    REVISION = "code-source-revision"
    AGAINST = "code-source-against"
    CHANGES = "code-source-changes"
    NOTE = "code-source-note"
    FACE = "code-source-face"
    SHEET = "code-source-sheet"
    SHOWN = "code-source-shown"
    BADGES = "code-source-badges"
    WINDOW = "code-source-window"


def layout() -> Component:
    """Hidden until the link names a function. WINDOW holds which lines somebody asked for."""
    named: dict[str, Any] = {"aria-label": "Source"}
    return html.Section(
        [
            html.Div([_title(), _tools()], className="source-head"),
            html.Div(id=Id.NOTE, className="source-note", role="status"),
            html.Div(
                [html.Div(id=Id.SHEET, className="source-sheet"), html.Div(id=Id.FACE)],
                className="source-body loads",
            ),
            *(dcc.Store(id=store) for store in (Id.SHOWN, Id.BADGES, Id.WINDOW)),
        ],
        id=Id.PANE,
        className="source-pane",
        **named,
    )


def _title() -> Component:
    return html.Div(id=Id.FILE, className="source-file")


def _tools() -> Component:
    return html.Div(
        [
            _pick(Id.REVISION, "Revision", "Choose a revision"),
            _pick(Id.AGAINST, "Compare with", "no other", clearable=True),
            html.Div(id=Id.CHANGES, className="source-changes"),
        ],
        className="source-tools",
    )


def _pick(component_id: str, label: str, placeholder: str, *, clearable: bool = False) -> Component:
    return html.Div(
        [
            html.Label(label, htmlFor=component_id),
            dcc.Dropdown(
                id=component_id,
                options=[],
                clearable=clearable,
                searchable=True,
                placeholder=placeholder,
                className="pick pick-revision",
            ),
        ],
        className="control",
    )
