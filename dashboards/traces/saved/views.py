"""Views of saved views: the menu's lines, and what of a link a view holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from access.saved_views import LONGEST_NAME, SavedView
from dashboards.shell.link import Link

HELD = ("mode", "q", "cols", "range", "since", "until", "select")
"""What a view holds: which rows, told how. Org, zone and page stay those of the reader."""


def held(search: str) -> str:
    """The part of a query string that a view holds."""
    link = Link.parse(search)
    return Link(**{name: getattr(link, name) for name in HELD}).search


def known(views: Sequence[SavedView]) -> list[dict[str, Any]]:
    """What the browser needs to open a view and to know it again."""
    return [{"id": v.id, "name": v.name, "path": v.path, "search": v.search} for v in views]


def menu(views: Sequence[SavedView], *, sharing: bool, writing: bool) -> list[Component]:
    """The person's own views, the org's, and the way to save the present one."""
    mine = [view for view in views if not view.shared]
    shared = [view for view in views if view.shared]
    groups = [
        _group("Private", mine, "No view of your own yet.") if mine or not shared else None,
        _group("Of the organisation", shared, "") if shared else None,
        _save(sharing) if writing else None,
    ]
    return [group for group in groups if group]


def _group(title: str, views: Sequence[SavedView], nothing: str) -> Component:
    lines = [_line(view) for view in views]
    body = html.Ul(lines) if lines else html.P(nothing, className="muted")
    return html.Section([html.H3(title), body])


def _line(view: SavedView) -> Component:
    by = f"by {view.owner}" if view.shared and not view.mine else None
    return html.Li(
        [
            html.Button(
                [html.Span(view.name), html.Span(by, className="muted") if by else None],
                className="saved-open",
                title=f"Open {view.name}",
                **_does("open", view),
            ),
            _changes(view) if view.may_change else None,
        ]
    )


def _changes(view: SavedView) -> Component:
    """Everything that changes a view, folded away; deleting asks once more."""
    whom = " for everybody in the organisation" if view.shared else ""
    return html.Details(
        [
            html.Summary("…", title=f"Change {view.name}"),
            html.Div(
                [
                    html.Button("Update to this page", className="button", **_does("update", view)),
                    html.Form(
                        [
                            _name_box(f"New name of {view.name}", view.name),
                            html.Button("Rename", type="submit", className="button"),
                        ],
                        className="saved-form",
                        **_does("rename", view),
                    ),
                    html.Details(
                        [
                            html.Summary("Delete", className="button"),
                            html.P(f"Delete “{view.name}”{whom}?"),
                            html.Button("Delete it", className="button", **_does("delete", view)),
                        ],
                        className="saved-delete",
                    ),
                ],
                className="saved-changes",
            ),
        ]
    )


def _save(sharing: bool) -> Component:
    """The present page under a name; shared only where there is an org to share it with."""
    verb: dict[str, Any] = {"data-verb": "save"}
    buttons = [html.Button("Save for me", type="submit", className="button primary")]
    if sharing:
        whom: dict[str, Any] = {"data-shared": "yes"}
        buttons.append(
            html.Button("Save for the organisation", type="submit", className="button", **whom)
        )
    return html.Section(
        [
            html.H3("Save this page"),
            html.Form(
                [_name_box("Name of the view", ""), html.Div(buttons, className="saved-buttons")],
                className="saved-form",
                **verb,
            ),
        ]
    )


def _name_box(label: str, name: str) -> Component:
    return html.Label(
        [
            html.Span(label, className="only-heard"),
            dcc.Input(
                type="text",
                value=name,
                placeholder="Name",
                maxLength=LONGEST_NAME,
                autoComplete="off",
                className="saved-box",
            ),
        ]
    )


def _does(verb: str, view: SavedView) -> dict[str, Any]:
    return {"data-verb": verb, "data-view": view.id}
