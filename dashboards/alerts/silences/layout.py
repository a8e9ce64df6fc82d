"""Layout of the silences section: the list, and the dialog that makes and changes one."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from alerts.silences import DAYS, EXAMPLE, LONGEST_COMMENT
from dashboards.alerts.silences.form import LASTS


class Id(StrEnum):
    KINDS = "alerts-silences-kinds"
    NEW = "alerts-silences-new"
    LIST = "alerts-silences-list"
    SUMMARY = "alerts-silences-summary"
    DIALOG = "alerts-silences-dialog"
    OPEN = "alerts-silences-open"
    TITLE = "alerts-silences-title"
    MATCHERS = "alerts-silences-matchers"
    LABELS = "alerts-silences-labels"
    SINCE = "alerts-silences-since"
    LASTS = "alerts-silences-lasts"
    UNTIL = "alerts-silences-until"
    REPEATS = "alerts-silences-repeats"
    DAYS = "alerts-silences-days"
    FROM = "alerts-silences-from"
    TO = "alerts-silences-to"
    ZONE = "alerts-silences-zone"
    COMMENT = "alerts-silences-comment"
    PREVIEW = "alerts-silences-preview"
    ERROR = "alerts-silences-error"
    SAVE = "alerts-silences-save"
    CANCEL = "alerts-silences-cancel"
    SAVED = "alerts-silences-saved"
    WANTED = "alerts-silences-wanted"
    DONE = "alerts-silences-done"
    SAID = "alerts-silences-said"


FIELDS = (
    Id.MATCHERS,
    Id.SINCE,
    Id.LASTS,
    Id.UNTIL,
    Id.REPEATS,
    Id.DAYS,
    Id.FROM,
    Id.TO,
    Id.ZONE,
    Id.COMMENT,
)
"""The controls of the dialog, in the order of `form.Form`."""


def layout() -> Component:
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.Nav(id=Id.KINDS, className="kinds", **_named("Which silences")),
                            html.Span(className="context-gap"),
                            html.Div(id=Id.NEW),
                        ],
                        className="toolbar",
                    ),
                    html.P(id=Id.SAID, className="field-error silences-said", role="alert"),
                    html.Div(html.Div(id=Id.LIST), className="scrolls loads"),
                    html.Div(
                        html.Div(id=Id.SUMMARY, className="summary", role="status"),
                        className="foot",
                    ),
                ],
                className="sheet silences-sheet",
            ),
            _dialog(),
            *(dcc.Store(id=store) for store in (Id.OPEN, Id.SAVED, Id.WANTED, Id.DONE)),
        ],
        className="silences alerts-fills",
    )


def _dialog() -> Component:
    return html.Dialog(
        [
            html.H2("New silence", id=Id.TITLE),
            html.Div([_form(), _preview()], className="silences-halves"),
            html.Div(
                [
                    html.P(id=Id.ERROR, className="field-error", role="alert"),
                    html.Button("Cancel", id=Id.CANCEL, className="button"),
                    html.Button("Save", id=Id.SAVE, className="button primary"),
                ],
                className="dialog-buttons",
            ),
        ],
        id=Id.DIALOG,
        className="dialog silences-dialog",
        **_named("Silence"),
    )


def _form() -> Component:
    return html.Div(
        [
            field(
                "Mute alerts with these labels",
                text(Id.MATCHERS, EXAMPLE, debounce=0.3),
                "= and != compare; * stands for anything. All must be true.",
            ),
            html.Div(id=Id.LABELS, className="silences-labels"),
            field("From", text(Id.SINCE, "now, or 2026-11-20 22:00")),
            _group("For", radio(Id.LASTS, [(key, word) for key, (word, _) in LASTS.items()])),
            html.Div(
                field("Until", text(Id.UNTIL, "2026-11-21 06:00")), className="silences-until"
            ),
            _group(
                "Repeats",
                radio(Id.REPEATS, [("once", "Without a break"), ("weekly", "Every week")]),
            ),
            html.Div(_weekly(), className="silences-weekly"),
            field("Why", text(Id.COMMENT, "Planned works on the press", maxLength=LONGEST_COMMENT)),
        ],
        className="form",
    )


def _weekly() -> list[Component]:
    days = [{"label": name, "value": day} for day, name in enumerate(DAYS)]
    return [
        _group("Days", dcc.Checklist(id=Id.DAYS, options=days, value=[], className="segments")),
        html.Div(
            [
                field("Between", text(Id.FROM, "22:00")),
                field("and", text(Id.TO, "06:00")),
                field("by the clocks of", text(Id.ZONE, "Europe/Berlin")),
            ],
            className="form-row",
        ),
    ]


def _preview() -> Component:
    return html.Div(
        [html.H3("What it would mute"), html.Div(id=Id.PREVIEW, className="loads")],
        className="silences-preview",
        role="status",
    )


def field(label: str, control: Component, hint: str = "") -> Component:
    """A control under its name."""
    return html.Label(
        [html.Span(label, className="label"), control, html.Small(hint) if hint else None],
        className="form-field",
    )


def text(id_: str, placeholder: str, **more: Any) -> Component:
    control: Component = dcc.Input(
        id=id_,
        type="text",
        placeholder=placeholder,
        autoComplete="off",
        className="form-text",
        **more,
    )
    return control


def radio(id_: str, options: list[tuple[str, str]]) -> Component:
    control: Component = dcc.RadioItems(
        id=id_,
        options=[{"label": word, "value": key} for key, word in options],
        value=options[0][0],
        className="segments",
        inline=True,
    )
    return control


def _group(label: str, control: Component) -> Component:
    return html.Div(
        [html.Span(label, className="label"), control],
        className="form-field",
        role="group",
        **_named(label),
    )


def _named(name: str) -> dict[str, Any]:
    return {"aria-label": name}
