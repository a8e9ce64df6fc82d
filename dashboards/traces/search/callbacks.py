"""Callbacks of search: what is typed becomes completions, an error, or the URL's `q`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from access.login import current_scope
from dashboards.errors import guarded
from dashboards.shell.layout import Id as Shell
from dashboards.shell.link import Link
from dashboards.traces.search import views
from dashboards.traces.search.layout import Id
from queries import completion, search, suggest
from queries.errors import SearchError
from queries.expression import Text
from queries.filters import TraceFilters

View = dict[str, Any]


def register(app: Dash) -> None:
    app.callback(
        Output(Id.OFFERS, "children"),
        Input(Id.TYPED, "data"),
        State(Shell.VIEW, "data"),
        prevent_initial_call=True,
    )(offer)
    app.callback(
        Output(Id.ANSWER, "data"),
        Output(Id.ERROR, "children"),
        Input(Id.SETTLED, "data"),
        prevent_initial_call=True,
    )(read)
    app.callback(Output(Id.JOINED, "data"), Input(Id.ADDED, "data"), prevent_initial_call=True)(
        join
    )
    app.callback(Output(Id.TERMS, "children"), Input(Shell.VIEW, "data"))(show_terms)
    app.callback(Output(Id.FOUND, "children"), Input(Shell.VIEW, "data"))(find)
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    """The box and the URL, both ways."""

    def browser(name: str, *wires: Any, **more: Any) -> None:
        app.clientside_callback(ClientsideFunction("search", name), *wires, **more)

    sink = Output(Shell.SINK, "data", allow_duplicate=True)
    browser("fill", Output(Id.BOX, "value"), Input(Shell.VIEW, "data"))
    browser("offered", sink, Input(Id.OFFERS, "children"), prevent_initial_call=True)
    browser("apply", sink, Input(Id.ANSWER, "data"), prevent_initial_call=True)
    browser("joined", sink, Input(Id.JOINED, "data"), prevent_initial_call=True)


@guarded(lambda sentence: [])
def offer(typed: dict[str, Any] | None, view: View) -> Any:
    """Completions of the key or value at the caret."""
    text, caret = _text(typed), int((typed or {}).get("caret") or 0)
    place = completion.place(text, caret)
    if place is None:
        return []
    link = Link.parse(view["search"])
    filters = TraceFilters(link.time_range(datetime.now(UTC)))
    found = suggest.complete(current_scope(link.org or None), filters, place)
    return views.offers(found, place)


def read(settled: dict[str, Any] | None) -> tuple[dict[str, Any], Any]:
    """Whether what was typed is a search or a trace id, or what is wrong with it."""
    text = _text(settled)
    try:
        search.condition(text)
    except SearchError as error:
        return {"text": text, "at": error.at}, views.wrong(text, error)
    return {"text": text, "at": None, "trace": search.trace_id_in(text)}, None


def join(added: dict[str, Any] | None) -> Any:
    """The search in the URL with one more term."""
    try:
        return search.with_term(_text(added), str((added or {}).get("term") or ""))
    except SearchError:
        return no_update


@guarded(lambda sentence: None)
def show_terms(view: View) -> Any:
    """The search in the URL as pills, or what is wrong with it."""
    text = Link.parse(view["search"]).q
    try:
        search.condition(text)
        return views.pills(text)
    except SearchError as error:
        return views.wrong(text, error)


@guarded(lambda sentence: None)
def find(view: View) -> Any:
    """The fields that hold the plain text of the search."""
    link = Link.parse(view["search"])
    index = _plain_text(link.q)
    if index is None:
        return None
    words = _words(link.q, index)
    range_ = link.time_range(datetime.now(UTC))
    found = suggest.containing(current_scope(link.org or None), range_, words)
    return views.found_in(link.q, index, words, found)


def _plain_text(text: str) -> int | None:
    """Which term of a search is the first that is only text."""
    terms = enumerate(search.terms(text))
    return next((i for i, term in terms if isinstance(search.parse(term.text), Text)), None)


def _words(text: str, index: int) -> str:
    part = search.parse(search.terms(text)[index].text)
    return part.value.text if isinstance(part, Text) else ""


def _text(data: dict[str, Any] | None) -> str:
    return str((data or {}).get("text") or "")
