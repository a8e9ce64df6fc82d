"""Layout of the inbox."""

from __future__ import annotations

from enum import StrEnum

from dash import html
from dash.development.base_component import Component


class Id(StrEnum):
    READ_ALL = "alerts-inbox-read-all"
    SUMMARY = "alerts-inbox-summary"
    LIST = "alerts-inbox-list"
    PAGER = "alerts-inbox-pager"


def layout() -> Component:
    return html.Div(
        [
            html.Div(
                [
                    html.Div(id=Id.SUMMARY, className="summary", role="status"),
                    html.Span(className="context-gap"),
                    html.Button("Mark all as read", id=Id.READ_ALL, className="button"),
                ],
                className="toolbar",
            ),
            html.Div(id=Id.LIST, className="inbox-list loads"),
            html.Div(id=Id.PAGER, className="foot"),
        ],
        className="sheet alerts-fills",
    )
