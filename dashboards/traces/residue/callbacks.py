"""Callbacks of residue: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output

from access.login import current_scope
from dashboards.errors import guarded
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from dashboards.traces.grid.layout import Id as Grid
from dashboards.traces.residue import views
from dashboards.traces.residue.layout import Id
from queries import explore

View = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(Output(Id.LINE, "children"), Input(Shell.VIEW, "data"))(show)
    app.clientside_callback(
        ClientsideFunction("explore", "shown"),
        Output(Id.SHOWN, "children"),
        Input(Grid.TABLE, "rowData"),
    )


@guarded(lambda sentence: sentence)
def show(view: View) -> Any:
    """What the rows above must be read with."""
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    scope = current_scope(link.org or None)
    found = explore.residue(scope, link.filters(now), link.mode)
    return views.line(found, link, zone_of(view["zone"]))
