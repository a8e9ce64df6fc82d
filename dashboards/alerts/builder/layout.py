"""Layout of the rule builder: its form, the sentence, and what the rule would have done."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.dependencies import Wildcard
from dash.development.base_component import Component

from dashboards.parts import charts

HEIGHT = 250


class Id(StrEnum):
    ASKED = "builder-asked"
    BASE = "builder-base"
    TYPED = "builder-typed"
    PROBLEMS = "builder-problems"
    WANTED = "builder-wanted"
    SAVED = "builder-saved"
    FORM = "builder-form"
    HEAD = "builder-head"
    SENTENCE = "builder-sentence"
    GRAPH = "builder-chart"
    NOTE = "builder-chart-note"
    FACE = "builder-chart-face"
    OUTCOME = "builder-outcome"
    ERROR = "builder-error"
    SAVE = "builder-save"
    REPLAY = "builder-replay"


Name = str | Wildcard
"""The name of a field, or all of them."""


def field(name: Name) -> dict[str, Name]:
    """Id of the control of a field."""
    return {"type": "builder-field", "name": name}


def problem(name: Name) -> dict[str, Name]:
    """Id of what is wrong with a field."""
    return {"type": "builder-problem", "name": name}


def layout() -> Component:
    stores = (Id.ASKED, Id.BASE, Id.TYPED, Id.PROBLEMS, Id.WANTED, Id.SAVED)
    return html.Div(
        [
            html.Div(
                [
                    html.Div(id=Id.HEAD, className="builder-head"),
                    html.Div(id=Id.FORM, className="builder-form loads"),
                ],
                className="builder-left",
            ),
            html.Div(
                [
                    html.Div(
                        id=Id.SENTENCE, className="builder-sentence", role="status", **_POLITE
                    ),
                    _chart(),
                    html.Div(id=Id.OUTCOME, className="builder-outcome loads"),
                    html.Div(
                        [
                            html.P(id=Id.ERROR, className="field-error", role="alert"),
                            html.Span(className="context-gap"),
                            html.Button(
                                "Open in the time machine", id=Id.REPLAY, className="button"
                            ),
                            html.Button("Save", id=Id.SAVE, className="button primary"),
                        ],
                        className="builder-foot",
                    ),
                ],
                className="builder-right",
            ),
            *(dcc.Store(id=store) for store in stores),
        ],
        className="builder",
    )


def _chart() -> Component:
    return html.Section(
        [
            html.Header(
                [
                    html.H2("Where it would have fired"),
                    html.Div(id=Id.NOTE, className="panel-note"),
                ]
            ),
            html.Div(
                [charts.graph(Id.GRAPH, charts.nothing(), HEIGHT), html.Div(id=Id.FACE)],
                className="charted loads",
            ),
        ],
        className="panel",
    )


_POLITE: dict[str, Any] = {"aria-live": "polite"}
