"""The frame: header with tabs and person menu; org, time range, zone and refresh below it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component
from flask import has_request_context

from access.errors import NotSignedIn
from access.login import current_person
from access.people import ALL_ORGS, Person
from dashboards.shell import bell, keys
from dashboards.shell.link import LIVE, PRESETS


class Id(StrEnum):
    URL = "shell-url"
    VIEW = "shell-view"
    TICK = "shell-tick"
    SINK = "shell-sink"
    TABS = "shell-tabs"
    ROOM = "shell-room"
    BANNER = "shell-banner"
    ORG = "shell-org"
    RANGE = "shell-range"
    RANGE_LABEL = "shell-range-label"
    SINCE = "shell-since"
    UNTIL = "shell-until"
    APPLY = "shell-apply"
    CUSTOM = "shell-custom"
    RANGE_ERROR = "shell-range-error"
    ZONE = "shell-zone"
    LIVE = "shell-live"
    THEME = "shell-theme"


TABS = (
    ("/", "Overview"),
    ("/traces", "Trace Explorer"),
    ("/code", "Code Inspector"),
    ("/alerts", "Alerts"),
)

PRESET_WORDS = {
    "5m": "5 minutes",
    "1h": "1 hour",
    "6h": "6 hours",
    "24h": "24 hours",
    "7d": "7 days",
    "14d": "14 days",
}

ROLE_WORDS = {
    "alias_admin": "ALIAS admin",
    "alias_support": "ALIAS support",
    "owner": "Owner",
    "admin": "Admin",
    "member": "Member",
}


def serve() -> Component:
    """The frame for whoever asks; Dash also calls this on a request that needs no sign-in."""
    try:
        return frame(current_person() if has_request_context() else None)
    except NotSignedIn:
        return frame(None)


def frame(person: Person | None) -> Component:
    return html.Div(
        [
            dcc.Location(id=Id.URL, refresh=False),
            dcc.Store(id=Id.VIEW),
            dcc.Store(id=Id.TICK),
            dcc.Store(id=Id.SINK),
            dcc.Store(id=Id.CUSTOM),
            html.A("Skip to content", href=f"#{Id.ROOM}", className="skip"),
            html.Header(
                [
                    dcc.Link(
                        [html.Span(className="mark"), "Observatory"], href="/", className="brand"
                    ),
                    html.Nav(_tabs(), id=Id.TABS, className="room-links", **_aria(label="Tabs")),
                    bell.layout(),
                    _person_menu(person),
                ],
                className="header",
            ),
            html.Div(
                [
                    _org_switch(person),
                    _range_menu(),
                    html.Span(className="context-gap"),
                    _zone(),
                    _live(),
                ],
                className="context",
            ),
            html.Div(id=Id.BANNER),
            html.Main(id=Id.ROOM, tabIndex=-1),
            keys.panel(),
        ],
        className="frame",
    )


def _tabs() -> list[Component]:
    return [dcc.Link(title, href=path, className="room-link") for path, title in TABS]


def _org_switch(person: Person | None) -> Component:
    """A searchable list for those who may see several orgs, else the name of the only one."""
    orgs = person.orgs if person else ()
    options = [{"label": _org_label(o.name, o.disabled), "value": o.slug} for o in orgs]
    if person is None or person.is_staff:
        options.insert(0, {"label": "All orgs", "value": ALL_ORGS})
    single = len(options) == 1
    return html.Div(
        [
            html.Label("Org", htmlFor=Id.ORG),
            dcc.Dropdown(
                id=Id.ORG,
                options=options,
                value=options[0]["value"] if options else None,
                clearable=False,
                searchable=True,
                disabled=single,
                placeholder="No organisation",
                className="pick pick-org" + (" pick-fixed" if single else ""),
            ),
        ],
        className="control",
    )


def _org_label(name: str, disabled: bool) -> str:
    return f"{name} (disabled)" if disabled else name


def _range_menu() -> Component:
    return html.Details(
        [
            html.Summary(
                [html.Span("Time", className="label"), html.Span(id=Id.RANGE_LABEL)],
                className="button",
            ),
            html.Div(
                [
                    dcc.RadioItems(
                        id=Id.RANGE,
                        options=[
                            {"label": f"Last {PRESET_WORDS[preset]}", "value": preset}
                            for preset in PRESETS
                        ],
                        className="choices",
                    ),
                    html.Div(
                        [
                            html.Label("From", htmlFor=Id.SINCE),
                            dcc.Input(
                                id=Id.SINCE,
                                type="text",
                                placeholder="2026-11-20 14:00",
                                debounce=False,
                            ),
                            html.Label("To", htmlFor=Id.UNTIL),
                            dcc.Input(
                                id=Id.UNTIL,
                                type="text",
                                placeholder="2026-11-20 15:00",
                                debounce=False,
                            ),
                            html.Button("Apply", id=Id.APPLY, className="button primary"),
                            html.P(id=Id.RANGE_ERROR, className="field-error", role="alert"),
                        ],
                        className="between",
                    ),
                ],
                className="menu menu-range",
            ),
        ],
        className="drop",
    )


def _zone() -> Component:
    return html.Div(
        [
            html.Label("Zone", htmlFor=Id.ZONE),
            dcc.Dropdown(
                id=Id.ZONE,
                options=[
                    {"label": "Browser", "value": "browser"},
                    {"label": "UTC", "value": "UTC"},
                ],
                value="browser",
                clearable=False,
                searchable=True,
                className="pick pick-zone",
            ),
        ],
        className="control",
    )


def _live() -> Component:
    return html.Div(
        [
            html.Span("Refresh", className="label", id="shell-live-label"),
            dcc.RadioItems(
                id=Id.LIVE,
                options=[{"label": label.capitalize(), "value": label} for label in LIVE],
                value="off",
                className="segments",
                inline=True,
            ),
        ],
        className="control",
        role="group",
        **_aria(labelledby="shell-live-label"),
    )


def _person_menu(person: Person | None) -> Component:
    name = person.name if person else ""
    return html.Details(
        [
            html.Summary(_initials(name), className="avatar", **_aria(label=f"Menu of {name}")),
            html.Div(
                [
                    html.Div(
                        [
                            html.Strong(name),
                            html.Span(person.email if person else ""),
                            html.Span(_role(person), className="role"),
                        ],
                        className="who",
                    ),
                    html.Div(
                        [
                            html.Span("Theme", className="label"),
                            dcc.RadioItems(
                                id=Id.THEME,
                                options=[
                                    {"label": word.capitalize(), "value": word}
                                    for word in ("system", "light", "dark")
                                ],
                                className="segments",
                                inline=True,
                            ),
                        ],
                        className="control",
                    ),
                    html.Form(
                        html.Button("Sign out", type="submit", className="button wide"),
                        action="/sign-out",
                        method="POST",
                    ),
                ],
                className="menu menu-person",
            ),
        ],
        className="drop drop-right",
    )


def _aria(**attributes: str) -> dict[str, Any]:
    """Attributes for screen readers."""
    return {f"aria-{name}": value for name, value in attributes.items()}


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


def _role(person: Person | None) -> str:
    if person is None:
        return ""
    if person.role:
        return ROLE_WORDS[person.role]
    return ", ".join(f"{ROLE_WORDS[m.role]} at {m.org_name}" for m in person.memberships)
