"""The frame's callbacks: which room is open, what the range is called, whose data is looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from access.login import current_person, current_scope
from dashboards.errors import guarded
from dashboards.parts import faces, formats
from dashboards.rooms import ROOMS
from dashboards.shell.layout import PRESET_WORDS, Id
from dashboards.shell.link import Link, LinkError, zone_of

View = dict[str, Any]


def register(app: Dash) -> None:
    """Wire the frame. What only moves state between controls and URL runs in the browser."""
    app.callback(Output(Id.ROOM, "children"), Input(Id.URL, "pathname"))(open_room)
    app.callback(Output(Id.RANGE_LABEL, "children"), Input(Id.VIEW, "data"))(name_range)
    app.callback(Output(Id.BANNER, "children"), Input(Id.VIEW, "data"))(show_banner)
    app.callback(
        Output(Id.CUSTOM, "data"),
        Output(Id.RANGE_ERROR, "children"),
        Input(Id.APPLY, "n_clicks"),
        State(Id.SINCE, "value"),
        State(Id.UNTIL, "value"),
        State(Id.VIEW, "data"),
        prevent_initial_call=True,
    )(choose_range)
    # after the room has changed, or the one that is left would be asked about the next one's state
    after = Input(Id.ROOM, "children")
    _in_browser(app, "view", Output(Id.VIEW, "data"), Input(Id.URL, "search"), after)
    _in_browser(
        app,
        "tabs",
        Output(Id.TABS, "children"),
        Input(Id.VIEW, "data"),
        Input(Id.URL, "pathname"),
        State(Id.TABS, "children"),
    )
    _in_browser(
        app,
        "context",
        Output(Id.ORG, "value"),
        Output(Id.RANGE, "value"),
        Output(Id.ZONE, "value"),
        Output(Id.LIVE, "value"),
        Output(Id.ZONE, "options"),
        Input(Id.VIEW, "data"),
        State(Id.ORG, "options"),
    )
    _in_browser(app, "theme", Output(Id.THEME, "value"), Input(Id.THEME, "value"))
    for name, *wires in (
        ("put_org", Input(Id.ORG, "value"), State(Id.ORG, "options")),
        ("put_range", Input(Id.RANGE, "value")),
        ("put_zone", Input(Id.ZONE, "value")),
        ("put_live", Input(Id.LIVE, "value")),
        ("put_custom", Input(Id.CUSTOM, "data")),
    ):
        sink = Output(Id.SINK, "data", allow_duplicate=True)
        _in_browser(app, name, sink, *wires, prevent_initial_call=True)


def _in_browser(app: Dash, name: str, *wires: Any, **more: Any) -> None:
    app.clientside_callback(ClientsideFunction("observatory", name), *wires, **more)


def open_room(path: str | None) -> Component:
    """The room at `path`."""
    layout = ROOMS.get((path or "/").rstrip("/") or "/")
    if layout is None:
        return faces.empty("There is no such page.", "Choose a tab above.")
    return layout()


@guarded(lambda sentence: "Time range")
def name_range(view: View | None) -> Any:
    """What the range is called: a preset, or both ends in the reader's zone."""
    if not view:
        return no_update
    link, zone = Link.parse(view["search"]), zone_of(view["zone"])
    if not (link.since or link.until):
        return f"Last {PRESET_WORDS.get(link.range, link.range)}"
    range_ = link.time_range(datetime.now(UTC))
    return f"{formats.minute(range_.since, zone)} – {formats.minute(range_.until, zone)}"


@guarded(lambda sentence: None)
def show_banner(view: View | None) -> Any:
    """Staff looking at one org's data are told so, all the time."""
    if not view or not current_person().is_staff:
        return None
    scope = current_scope(Link.parse(view["search"]).org or None)
    if scope.org is None:
        return None
    name = next(org.name for org in current_person().orgs if org.slug == scope.org)
    return html.Div(
        [html.Strong(f"You are looking into {name} as ALIAS staff."), " This visit is recorded."],
        className="banner",
        role="status",
    )


def choose_range(
    clicks: int | None, since: str | None, until: str | None, view: View | None
) -> tuple[Any, str | None]:
    """The two ends as typed, in the reader's zone, or a sentence on what is wrong with them."""
    zone = zone_of((view or {}).get("zone"))
    try:
        ends = [_typed(text, zone) for text in (since, until)]
        link = Link(since=f"{ends[0]:%Y-%m-%dT%H:%M:%SZ}", until=f"{ends[1]:%Y-%m-%dT%H:%M:%SZ}")
        link.time_range(ends[1])
    except LinkError as error:
        return no_update, str(error)
    except (ValueError, OverflowError):
        return no_update, "Write both times as 2026-11-20 14:00."
    return {"since": link.since, "until": link.until}, None


def _typed(text: str | None, zone: ZoneInfo) -> datetime:
    """A time as somebody wrote it: in `zone`, unless it names an offset of its own."""
    moment = datetime.fromisoformat((text or "").strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
