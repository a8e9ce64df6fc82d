"""Layout of sidebar: facets, with how many spans each value has."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from queries import fields
from queries.explore import FACETS


class Id(StrEnum):
    SIDEBAR = "traces-sidebar"
    OPEN = "traces-sidebar-open"
    FOLD = "traces-sidebar-fold"
    FACETS = "traces-facets"
    FACE = "traces-facets-face"


def values_id(key: str) -> str:
    """The list of a facet's values."""
    return f"traces-facet-{key}"


def more_id(key: str) -> str:
    """What leads to the values that are not shown."""
    return f"traces-facet-{key}-more"


def rest_id(key: str) -> str:
    """How many values are not shown."""
    return f"traces-facet-{key}-rest"


def find_id(key: str) -> str:
    """Where one looks for a value."""
    return f"traces-facet-{key}-find"


def layout() -> Component:
    """A section for each facet; sections and values stay in place while their numbers change."""
    return html.Aside(
        [
            html.Header(
                [
                    html.H2("Filter by"),
                    html.Button("Hide", id=Id.FOLD, className="button quiet"),
                ]
            ),
            html.Div(
                [html.Div(id=Id.FACE), *(_facet(key) for key in FACETS)],
                id=Id.FACETS,
                className="facets loads",
            ),
            dcc.Store(id=Id.OPEN, storage_type="local"),
        ],
        id=Id.SIDEBAR,
        className="sidebar",
        **_aria(label="Facets"),
    )


def _facet(key: str) -> Component:
    label = fields.BY_KEY[key].label
    return html.Details(
        [
            html.Summary(label),
            html.Ul(id=values_id(key), className="facet-values"),
            html.Details(
                [
                    html.Summary(id=rest_id(key), className="facet-rest"),
                    dcc.Input(
                        id=find_id(key),
                        type="search",
                        debounce=0.25,
                        placeholder=f"Find {label.lower()}…",
                        className="facet-find",
                        maxLength=200,
                    ),
                ],
                id=more_id(key),
                className="facet-more",
                hidden=True,
            ),
        ],
        open=True,
        className="facet",
    )


def _aria(**attributes: str) -> dict[str, Any]:
    """Attributes for screen readers."""
    return {f"aria-{name}": value for name, value in attributes.items()}
