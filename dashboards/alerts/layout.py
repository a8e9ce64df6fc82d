"""Layout of the Alerts tab: the sections' tabs, and below them every section, one of them shown."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.alerts.active import layout as active
from dashboards.alerts.builder import layout as builder
from dashboards.alerts.channels import layout as channels
from dashboards.alerts.history import layout as history
from dashboards.alerts.inbox import layout as inbox
from dashboards.alerts.replay import layout as replay
from dashboards.alerts.rules import layout as rules
from dashboards.alerts.sections import INSIDE, TITLES, Section
from dashboards.alerts.silences import layout as silences
from dashboards.alerts.variables import layout as variables


class Id(StrEnum):
    TABS = "alerts-tabs"


LAYOUTS: dict[Section, Callable[[], Component]] = {
    Section.ACTIVE: active.layout,
    Section.RULES: rules.layout,
    Section.BUILDER: builder.layout,
    Section.REPLAY: replay.layout,
    Section.HISTORY: history.layout,
    Section.VARIABLES: variables.layout,
    Section.SILENCES: silences.layout,
    Section.CHANNELS: channels.layout,
    Section.INBOX: inbox.layout,
}


def section_id(section: Section) -> str:
    """Id of what holds a section."""
    return f"alerts-section-{section or 'active'}"


def layout() -> Component:
    return html.Div(
        [
            html.Nav(
                [_tab(each) for each in TITLES], id=Id.TABS, className="alerts-tabs", **_NAMED
            ),
            *(_section(section, made) for section, made in LAYOUTS.items()),
        ],
        className="room alerts-room",
    )


_NAMED: dict[str, Any] = {"aria-label": "Sections of Alerts"}


def _tab(section: Section) -> Component:
    """A tab of its own, or of a section inside it; which it stands for is in its id."""
    return dcc.Link(
        TITLES[section],
        id=f"alerts-tab-{section or 'active'}",
        href="/alerts" + (f"?section={section}" if section else ""),
        className="alerts-tab",
    )


def _section(section: Section, made: Callable[[], Component]) -> Component:
    """Hidden until the URL says that it is open."""
    data: dict[str, Any] = {"data-section": section, "data-tab": INSIDE.get(section, section)}
    return html.Section(
        made(), id=section_id(section), className="alerts-section", hidden=True, **data
    )
