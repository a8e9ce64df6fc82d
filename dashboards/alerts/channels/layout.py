"""Layout of the channels section: the channels, what was sent, what was not, and two dialogs."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.alerts.silences.layout import field, radio, text


class Id(StrEnum):
    NEW = "alerts-channels-new"
    SAID = "alerts-channels-said"
    LIST = "alerts-channels-list"
    LOG = "alerts-channels-log"
    LEFT = "alerts-channels-left"
    WANTED = "alerts-channels-wanted"
    DONE = "alerts-channels-done"
    WATCH = "alerts-channels-watch"
    WATCHED = "alerts-channels-watched"
    TRIED = "alerts-channels-tried"
    DIALOG = "alerts-channels-dialog"
    OPEN = "alerts-channels-open"
    TITLE = "alerts-channels-title"
    KIND = "alerts-channels-kind"
    NAME = "alerts-channels-name"
    URL = "alerts-channels-url"
    HOOK = "alerts-channels-hook"
    TO = "alerts-channels-to"
    KEY = "alerts-channels-key"
    REGION = "alerts-channels-region"
    ERROR = "alerts-channels-error"
    SAVE = "alerts-channels-save"
    CANCEL = "alerts-channels-cancel"
    SAVED = "alerts-channels-saved"
    SECRET_DIALOG = "alerts-channels-secret-dialog"  # noqa: S105 - the name of a dialog
    SECRET = "alerts-channels-secret"  # noqa: S105
    SECRET_COPY = "alerts-channels-secret-copy"  # noqa: S105
    SECRET_SAID = "alerts-channels-secret-said"  # noqa: S105
    SECRET_CLOSE = "alerts-channels-secret-close"  # noqa: S105


FIELDS = (Id.KIND, Id.NAME, Id.URL, Id.TO, Id.HOOK, Id.KEY, Id.REGION)
"""The controls of the dialog, in the order of `form.Form`."""

KINDS = (
    ("webhook", "Webhook"),
    ("email", "E-mail"),
    ("slack", "Slack"),
    ("pagerduty", "PagerDuty"),
)


def layout() -> Component:
    return html.Div(
        [
            _panel(
                "Channels",
                [
                    html.P(id=Id.SAID, className="field-error", role="alert"),
                    html.P(id=Id.TRIED, className="channels-tried", role="status"),
                    html.Div(id=Id.LIST, className="loads"),
                ],
                html.Div(id=Id.NEW),
            ),
            html.Div(
                [
                    _panel("Deliveries", html.Div(id=Id.LOG, className="loads")),
                    _panel("Not delivered", html.Div(id=Id.LEFT, className="loads")),
                ],
                className="channels-below",
            ),
            _dialog(),
            _secret(),
            *(
                dcc.Store(id=store)
                for store in (Id.OPEN, Id.WANTED, Id.DONE, Id.WATCH, Id.WATCHED, Id.SAVED)
            ),
        ],
        className="channels alerts-fills",
    )


def _panel(title: str, body: Any, tools: Component | None = None) -> Component:
    return html.Section(
        [
            html.Header([html.H2(title), tools]),
            html.Div(body, className="panel-body"),
        ],
        className="panel",
    )


def _dialog() -> Component:
    return html.Dialog(
        [
            html.H2("New channel", id=Id.TITLE),
            html.Div(
                [
                    html.Div(
                        [html.Span("Kind", className="label"), radio(Id.KIND, list(KINDS))],
                        className="form-field channels-kind",
                        role="group",
                        **_named("Kind"),
                    ),
                    field("Name", text(Id.NAME, "On call")),
                    _of(
                        "webhook",
                        field(
                            "Address",
                            text(Id.URL, "https://example.com/alerts"),
                            "Signed as Standard Webhooks. The secret is shown once, after saving.",
                        ),
                    ),
                    _of(
                        "email",
                        field("To", text(Id.TO, "oncall@example.com"), "Commas between several."),
                    ),
                    _of(
                        "slack",
                        field(
                            "Incoming webhook",
                            text(Id.HOOK, "https://hooks.slack.com/services/…"),
                            "It is kept encrypted and never shown again.",
                        ),
                    ),
                    _of(
                        "pagerduty",
                        html.Div(
                            [
                                field(
                                    "Integration key",
                                    text(Id.KEY, "Of the service's Events API v2"),
                                    "It is kept encrypted and never shown again.",
                                ),
                                html.Div(
                                    [
                                        html.Span("Region", className="label"),
                                        radio(Id.REGION, [("us", "US"), ("eu", "EU")]),
                                    ],
                                    className="form-field",
                                    role="group",
                                    **_named("Region"),
                                ),
                            ],
                            className="form",
                        ),
                    ),
                ],
                className="form",
            ),
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
        className="dialog channels-dialog",
        **_named("Channel"),
    )


def _of(kind: str, control: Component) -> Component:
    """Shown for one kind of channel only."""
    return html.Div(control, className=f"channels-of channels-of-{kind}")


def _secret() -> Component:
    return html.Dialog(
        [
            html.H2("Signing secret"),
            html.P(
                "Give it to whoever receives this webhook. It is shown this once, and kept "
                "encrypted; if it is lost, make a new one.",
                className="muted",
            ),
            html.Code(id=Id.SECRET, className="channels-secret", tabIndex=0),
            html.P(
                "Each request carries webhook-id, webhook-timestamp and webhook-signature. The id "
                "stays the same when it is sent again.",
                className="muted",
            ),
            html.Div(
                [
                    html.Span(id=Id.SECRET_SAID, className="share-said", role="status"),
                    html.Button("Copy", id=Id.SECRET_COPY, className="button"),
                    html.Button("Done", id=Id.SECRET_CLOSE, className="button primary"),
                ],
                className="dialog-buttons",
            ),
        ],
        id=Id.SECRET_DIALOG,
        className="dialog",
        **_named("Signing secret"),
    )


def _named(name: str) -> dict[str, Any]:
    return {"aria-label": name}
