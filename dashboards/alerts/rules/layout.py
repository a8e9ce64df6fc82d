"""Layout of the rules of the organisation: their list, and the dialogs that import and delete."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import tables


class Id(StrEnum):
    TABLE = "rules-table"
    FACE = "rules-face"
    TOOLS = "rules-tools"
    SUMMARY = "rules-summary"
    WANTED = "rules-wanted"
    DONE = "rules-done"
    ERROR = "rules-error"
    FILE = "rules-file"
    YAML = "rules-yaml"
    TEXT = "rules-yaml-text"
    REPLACING = "rules-yaml-replacing"
    READ = "rules-yaml-read"
    ANSWER = "rules-yaml-answer"
    LOADED = "rules-yaml-loaded"
    DELETING = "rules-deleting"
    DELETED = "rules-deleted-name"


ORG_COLUMN = {"field": "org", "headerName": "Org", "width": 100}

COLUMNS = (
    {"field": "state", "headerName": "State", "cellRenderer": "RuleState", "width": 128},
    {
        "field": "name",
        "headerName": "Rule",
        "cellRenderer": "RuleName",
        "flex": 2.4,
        "minWidth": 240,
    },
    {"field": "severity", "headerName": "Severity", "cellRenderer": "RuleSeverity", "width": 96},
    tables.number("fired", "Fired in 7 days", "fired_text", width=150)
    | {"cellRenderer": "RuleFired"},
    {"field": "last", "headerName": "Last run", "width": 92, "cellClass": "time"}
    | {"tooltipField": "last_at", "sortable": False},
    {"field": "next", "headerName": "Next run", "width": 92, "cellClass": "time"}
    | {"tooltipField": "next_at", "sortable": False},
    {"field": "enabled", "headerName": "On", "cellRenderer": "RuleSwitch", "width": 70}
    | {"resizable": False},
    {"field": "id", "headerName": "", "cellRenderer": "RuleDeeds", "width": 172}
    | {"sortable": False, "resizable": False},
)

EXAMPLE = """\
rules:
  - name: Slow answers
    condition: api.response_time.p95 > 500ms
    duration: 5m
    severity: warning
    actions: [slack, email]
"""


def layout() -> Component:
    stores = (Id.WANTED, Id.DONE, Id.READ, Id.LOADED)
    return html.Div(
        [
            tables.sheet(
                html.Div(
                    [
                        html.Div(id=Id.TOOLS, className="rules-tools loads"),
                        html.P(id=Id.ERROR, className="field-error", role="alert"),
                    ],
                    className="toolbar",
                ),
                tables.grid(
                    Id.TABLE,
                    COLUMNS,
                    row_id="id",
                    sortable=True,
                    class_name="fills rules-grid",
                    row_height=50,
                ),
                Id.FACE,
                html.Div(id=Id.SUMMARY, className="summary", role="status"),
            ),
            _import(),
            _deleting(),
            # outside of the tools, which are drawn again and again
            dcc.Download(id=Id.FILE),
            *(dcc.Store(id=store) for store in stores),
        ],
        className="alerts-fills",
    )


def _import() -> Component:
    """A text and, while it is typed, what it would make; errors lead to their line."""
    return html.Dialog(
        [
            _head("Import rules", "rules-yaml-title"),
            html.P(
                [
                    "Paste YAML, or drop a file on it. All of it is kept, or nothing. ",
                    html.Button(
                        "Insert an example", className="plain-link", **_data(verb="example")
                    ),
                ],
                className="muted",
            ),
            html.Div(
                [
                    html.Textarea(
                        id=Id.TEXT,
                        rows=16,
                        wrap="off",
                        spellCheck="false",
                        placeholder=EXAMPLE,
                        className="code-box",
                        **_aria(label="Rules as YAML"),
                    ),
                    html.Div(id=Id.ANSWER, className="yaml-answer loads", role="status"),
                ],
                className="yaml-halves",
            ),
            html.Footer(
                [
                    dcc.Checklist(
                        id=Id.REPLACING,
                        options=[
                            {"label": "Replace rules that have the same name", "value": "yes"}
                        ],
                        value=[],
                        className="check",
                    ),
                    html.Span(className="context-gap"),
                    html.Button("Choose a file…", className="button", **_data(verb="file")),
                    html.Button("Cancel", className="button", **_data(verb="close")),
                    html.Button("Import", className="button primary", **_data(verb="import")),
                ]
            ),
        ],
        id=Id.YAML,
        className="rules-dialog rules-dialog-wide",
        **_aria(labelledby="rules-yaml-title"),
    )


def _deleting() -> Component:
    return html.Dialog(
        [
            _head("Delete this rule?", "rules-deleting-title"),
            html.P(html.Strong(id=Id.DELETED), className="rules-dialog-what"),
            html.P(
                "What it has going on ends, and whoever was told of it is told so. "
                "Its history stays.",
                className="muted",
            ),
            html.Footer(
                [
                    html.Span(className="context-gap"),
                    html.Button("Keep it", className="button", **_data(verb="close")),
                    html.Button("Delete it", className="button danger", **_data(verb="delete")),
                ]
            ),
        ],
        id=Id.DELETING,
        className="rules-dialog",
        **_aria(labelledby="rules-deleting-title"),
    )


def _head(title: str, title_id: str) -> Component:
    return html.Header(
        [
            html.H2(title, id=title_id),
            html.Button(
                "×", className="rules-dialog-close", **_data(verb="close"), **_aria(label="Close")
            ),
        ]
    )


def _data(**attributes: str) -> dict[str, Any]:
    return {f"data-{name}": value for name, value in attributes.items()}


def _aria(**attributes: str) -> dict[str, Any]:
    """Attributes for screen readers."""
    return {f"aria-{name}": value for name, value in attributes.items()}
