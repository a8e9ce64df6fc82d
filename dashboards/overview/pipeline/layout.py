"""Layout of the pipeline's line: how telemetry arrives, and how old the page is."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component


class Id(StrEnum):
    LINE = "overview-pipeline"
    ASKED = "overview-asked"
    AGE = "overview-age"


def layout() -> Component:
    return html.Section(
        [
            html.Div(id=Id.LINE, className="pipeline-facts loads"),
            html.Span(id=Id.AGE, className="pipeline-age", role="timer"),
            dcc.Store(id=Id.ASKED),
        ],
        className="pipeline",
        **_aria(label="Pipeline"),
    )


def _aria(**attributes: str) -> dict[str, Any]:
    """Attributes for screen readers."""
    return {f"aria-{name}": value for name, value in attributes.items()}
