"""Callbacks of the Alerts tab: which section is open, and those of the sections."""

from __future__ import annotations

from dash import ClientsideFunction, Dash, Input, Output, State

from dashboards.alerts.active import callbacks as active
from dashboards.alerts.builder import callbacks as builder
from dashboards.alerts.channels import callbacks as channels
from dashboards.alerts.history import callbacks as history
from dashboards.alerts.inbox import callbacks as inbox
from dashboards.alerts.layout import LAYOUTS, Id, section_id
from dashboards.alerts.replay import callbacks as replay
from dashboards.alerts.rules import callbacks as rules
from dashboards.alerts.silences import callbacks as silences
from dashboards.alerts.variables import callbacks as variables
from dashboards.shell.layout import Id as Shell


def register(app: Dash) -> None:
    for section in LAYOUTS:
        app.clientside_callback(
            ClientsideFunction("alerts_frame", f"hides_{section or 'active'}"),
            Output(section_id(section), "hidden"),
            Input(Shell.VIEW, "data"),
        )
    app.clientside_callback(
        ClientsideFunction("alerts_frame", "tabs"),
        Output(Id.TABS, "children"),
        Input(Shell.VIEW, "data"),
        State(Id.TABS, "children"),
    )
    for part in (
        active,
        rules,
        builder,
        replay,
        history,
        variables,
        silences,
        channels,
        inbox,
    ):
        part.register(app)
