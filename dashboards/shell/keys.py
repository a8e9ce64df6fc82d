"""The keyboard: one table that feeds the handlers in the browser, the help and the tests.

The one idea: a key works only if it has a row here; what it does is an action that a script of the
page names with `observatory.act`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dash import html
from dash.development.base_component import Component

HELP = "shell-keys"

EVERYWHERE = "Everywhere"
LIST = "In the Trace Explorer's list"
ROW = "On a row"


class Action(StrEnum):
    """What a key can do; each has its function in the page's scripts."""

    HELP = "help"
    SEARCH = "search"
    CLOSE = "close"
    REFRESH = "refresh"
    EARLIER = "earlier"
    LATER = "later"
    OVERVIEW = "go-overview"
    TRACES = "go-traces"
    CODE = "go-code"
    ALERTS = "go-alerts"
    DOWN = "row-down"
    UP = "row-up"
    NEXT = "next"
    PREVIOUS = "previous"
    MODE = "next-mode"
    JUMP = "jump"
    COLUMNS = "columns"
    VIEWS = "views"
    TOGGLE = "row-toggle"
    EXPAND = "row-expand"
    COLLAPSE = "row-collapse"
    EXPAND_ALL = "row-expand-all"
    COLLAPSE_ALL = "row-collapse-all"
    FOLD = "row-fold"
    OPEN = "row-open"
    MENU = "cell-menu"


@dataclass(frozen=True)
class Key:
    """A key, or two one after the other, and what it does. Names are those of KeyboardEvent."""

    keys: str
    action: Action
    does: str
    where: str


KEYS = (
    Key("?", Action.HELP, "Show the keys", EVERYWHERE),
    Key("/", Action.SEARCH, "Go to the search", EVERYWHERE),
    Key("Escape", Action.CLOSE, "Close a menu or the panel of a span", EVERYWHERE),
    Key("g o", Action.OVERVIEW, "Overview", EVERYWHERE),
    Key("g t", Action.TRACES, "Trace Explorer", EVERYWHERE),
    Key("g c", Action.CODE, "Code Inspector", EVERYWHERE),
    Key("g a", Action.ALERTS, "Alerts", EVERYWHERE),
    Key("r", Action.REFRESH, "Read everything again", EVERYWHERE),
    Key("[", Action.EARLIER, "The time range before this one", EVERYWHERE),
    Key("]", Action.LATER, "The time range after this one", EVERYWHERE),
    Key("j", Action.DOWN, "Next row", LIST),
    Key("k", Action.UP, "Previous row", LIST),
    Key("n", Action.NEXT, "Older page; in a comparison, the next difference", LIST),
    Key("p", Action.PREVIOUS, "Newer page; in a comparison, the difference before", LIST),
    Key("m", Action.MODE, "Spans, traces, watched variables", LIST),
    Key("t", Action.JUMP, "Jump to a time", LIST),
    Key("c", Action.COLUMNS, "Choose columns", LIST),
    Key("v", Action.VIEWS, "Saved views", LIST),
    Key("Enter", Action.TOGGLE, "Expand or collapse; in other lists, open", ROW),
    Key("ArrowRight", Action.EXPAND, "Expand, in the first column", ROW),
    Key("ArrowLeft", Action.COLLAPSE, "Collapse, or go to the parent", ROW),
    Key("Shift+ArrowRight", Action.EXPAND_ALL, "In a waterfall, expand all below", ROW),
    Key("Shift+ArrowLeft", Action.COLLAPSE_ALL, "In a waterfall, collapse all below", ROW),
    Key("Space", Action.FOLD, "In a comparison, open or close the step", ROW),
    Key("o", Action.OPEN, "Open the trace", ROW),
    Key("Control+Enter", Action.OPEN, "Open the trace", ROW),
    Key("Shift+F10", Action.MENU, "Filter by this cell, or copy it", ROW),
    Key("ContextMenu", Action.MENU, "Filter by this cell, or copy it", ROW),
)

SIGNS = {
    "ArrowRight": "→",
    "ArrowLeft": "←",
    "Escape": "Esc",
    "ContextMenu": "Menu",
    "Control": "Ctrl",
}


def panel() -> Component:
    """The help: every key, by where it works. The browser itself closes it on Escape."""
    told: dict[str, Any] = {
        "aria-label": "Keyboard",
        "data-keys": json.dumps({key.keys: key.action for key in KEYS}),
    }
    return html.Dialog(
        [
            html.Header(
                [
                    html.H2("Keyboard"),
                    html.Form(
                        html.Button("Close", className="button"),
                        method="dialog",
                    ),
                ]
            ),
            html.Div([_group(where) for where in (EVERYWHERE, LIST, ROW)], className="key-groups"),
            html.P("Arrows move between cells. Keys rest while you type.", className="muted"),
        ],
        id=HELP,
        className="keys",
        **told,
    )


def _group(where: str) -> Component:
    rows = [
        html.Tr([html.Th(_shown(key.keys), scope="row"), html.Td(key.does)])
        for key in KEYS
        if key.where == where
    ]
    return html.Section([html.H3(where), html.Table(html.Tbody(rows))])


def _shown(keys: str) -> list[Any]:
    """The keys as caps: one after the other, or held together."""
    caps: list[Any] = []
    for index, stroke in enumerate(keys.split(" ")):
        caps += [" then "] if index else []
        for place, part in enumerate(stroke.split("+")):
            caps += ["+"] if place else []
            caps.append(html.Kbd(SIGNS.get(part, part)))
    return caps
