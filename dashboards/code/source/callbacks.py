"""Callbacks of the source pane: whose data, which question, what it looks like."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from flask import request

from access.login import current_scope
from access.scope import Scope
from dashboards.code.source import place as places
from dashboards.code.source import views
from dashboards.code.source.layout import Id
from dashboards.code.source.place import Place
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link, zone_of
from queries import code, deployed, source
from queries.reader import Row
from queries.source import Found, Source

View = dict[str, Any]
Asked = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(
        Output(Id.FILE, "children"),
        Output(Id.REVISION, "options"),
        Output(Id.REVISION, "value"),
        Output(Id.AGAINST, "options"),
        Output(Id.AGAINST, "value"),
        Output(Id.CHANGES, "children"),
        Output(Id.NOTE, "children"),
        Output(Id.SHOWN, "data"),
        Output(Id.FACE, "children"),
        Input(Shell.VIEW, "data"),
        Input(Id.WINDOW, "data"),
    )(show_source)
    app.callback(
        Output(Id.BADGES, "data"),
        Input(Shell.VIEW, "data"),
        Input(Shell.TICK, "data"),
    )(show_badges)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    """What needs no server: drawing lines, and the two choices of a revision."""

    def browser(name: str, *wires: Any) -> None:
        app.clientside_callback(
            ClientsideFunction("code_source", name),
            Output(Shell.SINK, "data", allow_duplicate=True),
            *wires,
            prevent_initial_call=True,
        )

    browser("draw", Input(Id.SHOWN, "data"), Input(Id.BADGES, "data"))
    # compared with what is shown: a value that the server has set is no choice
    browser("put_revision", Input(Id.REVISION, "value"), State(Id.SHOWN, "data"))
    browser("put_against", Input(Id.AGAINST, "value"), State(Id.SHOWN, "data"))


@guarded(lambda sentence: _nothing(faces.failed(sentence)))
def show_source(view: View, asked: Asked | None) -> Any:
    """The file in which the link's function is, as its revision had it."""
    link, zone = Link.parse(view["search"]), zone_of(view["zone"])
    if not link.function:
        return _nothing(views.unchosen())
    scope = current_scope(link.org or None)
    ran = _ran(scope, link)
    place = places.chosen(ran, link.revision)
    if place is None:
        return _nothing(views.nowhere(ran))
    found = source.source_of(scope, place.service, place.revisions, place.file)
    if found.source is None:
        return _nothing(views.missing(found, place, request.host_url.rstrip("/")))
    other = _other(scope, link, place, found)
    shown = _shown(found.source, other, place, link.function, asked)
    options = views.options(
        found.revisions, source.digests(scope, found.source), found.source, ran, zone
    )
    against = [each for each in options if each["value"] != found.source.revision]
    return (
        views.title(found.source, shown["marked"]),
        options,
        views.named(found.source.revision),
        against,
        other.revision if other else None,
        views.changes(shown),
        views.note(found, link.against if link.against and other is None else ""),
        shown,
        None,
    )


@guarded(lambda sentence: [])
def show_badges(view: View, tick: int | None) -> Any:
    """What the spans of the shown file and revision say about its lines."""
    link = Link.parse(view["search"])
    if not link.function:
        return []
    scope = current_scope(link.org or None)
    place = places.chosen(_ran(scope, link), link.revision)
    if place is None or (link.revision and place.line is None):
        return []
    range_ = link.time_range(datetime.now(UTC))
    found = code.lines(scope, range_, place.service, place.file, place.ran)
    return views.badges(found.rows, link, place)


def _ran(scope: Scope, link: Link) -> list[Row]:
    range_ = link.time_range(datetime.now(UTC))
    return deployed.places(scope, range_, link.function, link.service or None).rows


def _other(scope: Scope, link: Link, place: Place, found: Found) -> Source | None:
    """The revision to compare with, if the file is in it."""
    if not link.against or found.source is None or link.against == found.source.revision:
        return None
    if link.against not in {revision.revision for revision in found.revisions}:
        return None
    return source.source_of(scope, place.service, [link.against], found.source.path).source


def _shown(
    shown: Source, other: Source | None, place: Place, function: str, asked: Asked | None
) -> views.Shown:
    key = f"{other.id}\n{shown.id}" if other else shown.id
    window = _window(asked, key)
    if other:
        return views.beside(other, shown, place, function, window)
    return views.alone(shown, place, function, window)


def _window(asked: Asked | None, key: str) -> views.Window | None:
    """Lines that were asked for of the very file that is shown."""
    if not isinstance(asked, dict) or asked.get("key") != key:
        return None
    first, last = asked.get("first"), asked.get("last")
    return (first, last) if isinstance(first, int) and isinstance(last, int) else None


def _nothing(face: Any) -> Sequence[Any]:
    return None, [], None, [], None, None, None, None, face
