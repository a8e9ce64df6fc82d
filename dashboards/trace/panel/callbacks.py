"""Callbacks of the span panel: whose data, which question, what it looks like."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State

from access.login import current_scope
from access.scope import Scope
from dashboards.errors import guarded
from dashboards.parts import faces
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import DEFAULT_RANGE, Link, zone_of
from dashboards.trace.panel import attributes, said, views
from dashboards.trace.panel import standing as places
from dashboards.trace.panel.layout import Id
from queries import logs, messages, search, span, trace
from queries.errors import QuestionError
from queries.filters import EPOCH, TimeRange
from queries.reader import Row
from queries.tree import Trace

Want = dict[str, Any]

LOGS = 200


def register(app: Dash) -> None:
    wanted = Input(Id.WANT, "data")
    app.callback(
        Output(Id.HEAD, "children"),
        Output(Id.REST, "hidden"),
        Output(Id.SAID, "children"),
        Output(Id.ATTRIBUTES, "children"),
        Output(Id.EVENTS, "children"),
        Output(Id.ABOUT, "children"),
        wanted,
        prevent_initial_call=True,
    )(show_span)
    for slot, show in (
        (Id.STANDING, show_standing),
        (Id.LINKS, show_links),
        (Id.LOGS, show_logs),
    ):
        app.callback(Output(slot, "children"), wanted, prevent_initial_call=True)(show)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    """What needs no server: what is wanted, the filter over the attributes, closing."""

    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("trace_panel", name), *wires, **more)

    browser(
        "want",
        Output(Id.WANT, "data"),
        Output(Id.PANEL, "hidden"),
        Input(Shell.VIEW, "data"),
        Input(Id.MORE, "data"),
        State(Id.WANT, "data"),
    )
    browser(
        "find",
        Output(Id.FOUND, "children"),
        Input(Id.FIND, "value"),
        Input(Id.ATTRIBUTES, "children"),
    )
    browser(
        "close",
        Output(Shell.SINK, "data", allow_duplicate=True),
        Input(Id.CLOSE, "n_clicks"),
        prevent_initial_call=True,
    )


@guarded(lambda sentence: (views.failed(sentence), True, None, None, None, None))
def show_span(want: Want | None) -> Any:
    """Everything that the span's own columns say."""
    link = _link(want)
    if want is None or not link.span:
        return None, True, None, None, None, None
    scope, zone = current_scope(link.org or None), zone_of(want["zone"])
    row = _whole(scope, link, want)
    return (
        views.head(row, _self_ns(scope, row, link), link, zone),
        False,
        [
            said.conversation(
                messages.messages(row), _most(want, "messages", said.SHOWN, said.MOST)
            ),
            *views.measures(row, span.watched(row)),
        ],
        views.attribute_rows(
            row, link, want["text"], _most(want, "attributes", attributes.SHOWN, attributes.MOST)
        ),
        views.events(row, _most(want, "events", views.EVENTS, views.MOST_EVENTS)),
        views.about(row, link),
    )


@guarded(faces.failed)
def show_standing(want: Want | None) -> Any:
    """Its duration among the same operation's."""
    link = _link(want)
    if want is None or not link.span:
        return None
    scope = current_scope(link.org or None)
    row = _whole(scope, link, want)
    found = span.standing(scope, row, version=link.pinned)
    return places.standing(found, _peers(row, link))


@guarded(faces.failed)
def show_links(want: Want | None) -> Any:
    """What it points at, and whether that is here."""
    link = _link(want)
    if want is None or not link.span:
        return None
    scope = current_scope(link.org or None)
    row = _whole(scope, link, want)
    asked = views.linked_traces(row)
    here = span.present(scope, asked, version=link.pinned) if asked else ()
    return views.links(row, {each["trace_id"] for each in here}, link)


@guarded(faces.failed)
def show_logs(want: Want | None) -> Any:
    """Log records written in it."""
    link = _link(want)
    if want is None or not link.span:
        return None
    scope, zone = current_scope(link.org or None), zone_of(want["zone"])
    row = _whole(scope, link, want)
    found = logs.of_trace(scope, link.trace, link.span, within=_time_of(row), most=LOGS)
    return views.log_rows(found, row, zone)


def _link(want: Want | None) -> Link:
    return Link.parse(want["search"] if want else "")


def _whole(scope: Scope, link: Link, want: Want) -> Row:
    """The span that the link names; of two with one id, the one chosen in the panel."""
    twin = str(want["twin"] or "")
    chosen = int(twin) if twin.isascii() and twin.isdigit() else None
    found = _trace(scope, link)
    within = _starts(found, link.span.lower()) if found else None
    return span.whole(scope, link.trace, link.span, chosen, within=within, version=link.pinned)


def _trace(scope: Scope, link: Link) -> Trace | None:
    """The trace, which the page holds in memory; None when it cannot be read as a whole."""
    try:
        return trace.spans(scope, link.trace, link.pinned)
    except QuestionError:
        return None


def _starts(found: Trace, span_id: str) -> TimeRange | None:
    """When the spans with this id start; None when the trace does not know any."""
    ids, starts = found.columns["span_id"], found.columns["start_time"]
    known = [starts[i] for i, each in enumerate(ids) if each == span_id]
    return TimeRange(min(known), max(known) + timedelta(microseconds=1)) if known else None


def _most(want: Want, kind: str, usually: int, at_most: int) -> int:
    return at_most if kind in want["all"] else usually


def _self_ns(scope: Scope, row: Row, link: Link) -> int | None:
    """Its time not covered by its children, where the whole trace is known."""
    found = _trace(scope, link)
    if found is None:
        return None
    same = zip(found.columns["span_id"], found.columns["twin"], strict=True)
    place = next((i for i, s in enumerate(same) if s == (row["span_id"], row["twin"])), None)
    return None if place is None else found.self_ns[place]


def _time_of(row: Row) -> TimeRange | None:
    """From the span's start to its end; None without a start."""
    if row["start_time"] <= EPOCH:
        return None
    length = timedelta(microseconds=max(row["duration_ns"] or 0, 0) // 1000 + 1)
    return TimeRange(row["start_time"], row["start_time"] + length)


def _peers(row: Row, link: Link) -> str:
    """The list of the spans it is compared with."""
    until = row["start_time"]
    within = {
        "range": DEFAULT_RANGE,
        "since": (until - span.BEFORE).isoformat(),
        "until": until.isoformat(),
    }
    text = " ".join((search.term("service", row["service_name"]), search.term("name", row["name"])))
    return link.shared.to("/traces", q=text, **within)
