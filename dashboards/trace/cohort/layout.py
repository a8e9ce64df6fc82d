"""Layout of the cohort tab: how this run stands among the others, and which of its steps do not."""

from __future__ import annotations

from enum import StrEnum

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import charts, tables


class Id(StrEnum):
    SENTENCE = "trace-cohort-sentence"
    LINKS = "trace-cohort-links"
    CHART = "trace-cohort-chart"
    CHART_NOTE = "trace-cohort-chart-note"
    DAYS = "trace-cohort-days"
    OTHER = "trace-cohort-other"
    TABLE = "trace-cohort-table"
    SUMMARY = "trace-cohort-summary"
    FACE = "trace-cohort-face"


DAYS = {"1": 1, "7": 7, "14": 14}
DEFAULT_DAYS = "7"

COLUMNS = (
    {
        "field": "step",
        "headerName": "Step",
        "cellRenderer": "CohortStep",
        "flex": 2.4,
        "minWidth": 190,
    },
    {
        "field": "verdict",
        "headerName": "Verdict",
        "cellRenderer": "CohortVerdict",
        "flex": 2,
        "minWidth": 196,
    },
    tables.number("own", "Own time", "own_text", width=88)
    | {"headerTooltip": "Time of this run without that of the steps below"},
    tables.number("usual", "Usual p50", "usual_text", width=92),
    tables.number("usual_95", "p95", "usual_95_text", width=82),
    {
        "field": "rank",
        "headerName": "Slower than",
        "cellRenderer": "CohortShare",
        "cellRendererParams": {"field": "rank_text"},
        "width": 112,
        "headerTooltip": "Share of the runs with this step that spent less time of their own on it",
    },
    tables.number("total", "With steps below", "total_text", width=124)
    | {"headerTooltip": "Time of this run with that of the steps below, and its rank"},
    tables.number("calls", "Times", "calls_text", width=88),
    {
        "field": "seen",
        "headerName": "Seen in",
        "cellRenderer": "CohortShare",
        "cellRendererParams": {"field": "seen_text"},
        "width": 108,
        "headerTooltip": "Share of the cohort's runs that have this step",
    },
)


def layout() -> Component:
    return html.Div(
        [
            html.Div([_words(), _spread()], className="cohort-top loads"),
            html.Div(
                [
                    tables.grid(Id.TABLE, COLUMNS, row_id="id", sortable=True, class_name="fills"),
                    html.Div(id=Id.FACE),
                ],
                className="list loads",
            ),
            html.Div(html.Div(id=Id.SUMMARY, className="summary", role="status"), className="foot"),
        ],
        className="trace-tab cohort-tab",
    )


def _words() -> Component:
    """The verdict in words, the days it is about, and whom to compare with."""
    return html.Div(
        [
            html.Div(
                [
                    html.Span("Runs of the", className="label"),
                    dcc.RadioItems(
                        id=Id.DAYS,
                        options=[
                            {"label": f"{number} day{'s' if number > 1 else ''}", "value": name}
                            for name, number in DAYS.items()
                        ],
                        value=DEFAULT_DAYS,
                        inline=True,
                        className="segments",
                    ),
                    html.Span("before it", className="label"),
                ],
                className="control",
            ),
            html.Div(id=Id.SENTENCE, className="cohort-sentence", role="status"),
            html.Div(
                [
                    html.Div(id=Id.LINKS, className="compared-suggestions"),
                    dcc.Input(
                        id=Id.OTHER,
                        type="search",
                        placeholder="or paste a trace id",
                        debounce=True,
                        maxLength=500,
                        autoComplete="off",
                        className="search",
                    ),
                ],
                className="cohort-with",
            ),
        ],
        className="cohort-words",
    )


def _spread() -> Component:
    return html.Div(
        [
            charts.graph(Id.CHART, charts.nothing(), 132),
            html.Div(id=Id.CHART_NOTE, className="panel-note"),
        ],
        className="cohort-spread",
    )
