"""Views of the service map: nodes and edges in; a drawing, rows, a card and words out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2s
from typing import Any, get_args

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.overview.map.placing import ACROSS, arranged
from dashboards.parts import cards, faces, formats
from dashboards.shell.link import Link, LinkError
from queries import search
from queries.service_map import Course, Edge, Key, Kind, Map, Node, edge_search, node_search

DOUBTFUL, UNHEALTHY = 0.01, 0.05
"""Shares of errors from which a node says so, and from which it does so loudly."""

LONGEST = 24
"""Characters of a name below a node."""

NEAR = 6
"""Neighbours that a card names on each side."""

SMALLEST, BIGGEST = 26, 66
PLACES = ("/", "/map")
KINDS: tuple[Kind, ...] = get_args(Kind)


def key_of(key: Key) -> str:
    """A node as the link names it."""
    return f"{key[0]}:{key[1]}"


def _id(*keys: Key) -> str:
    """The same for the same node or edge in every answer, so that it can keep its place."""
    text = "\0".join(map(key_of, keys)).encode(errors="surrogatepass")
    return blake2s(text, digest_size=8).hexdigest()


# the drawing


def drawn(found: Map, org: str) -> dict[str, Any]:
    """What the browser draws and lists; `key` tells when it is another graph altogether."""
    nodes = [(node.kind, node.name) for node in found.nodes]
    edges = [edge for edge in found.edges if {edge.caller, edge.callee} <= set(nodes)]
    places = _places(
        tuple(sorted(nodes, key=lambda key: (key[0] == "model", key[1]))),
        tuple(sorted((edge.caller, edge.callee) for edge in edges)),
    )
    most = max((node.spans for node in found.nodes), default=0)
    busiest = max((edge.calls for edge in edges), default=0)
    return {
        "key": f"{org}\n{found.party}",
        "elements": [
            *(_node(node, places[node.kind, node.name], most, found) for node in found.nodes),
            *(_edge(edge, places, busiest, found) for edge in edges),
        ],
        "rows": {
            "nodes": [_node_row(node) for node in found.nodes],
            "edges": [_edge_row(edge) for edge in found.edges],
        },
    }


@lru_cache(maxsize=64)
def _places(
    nodes: tuple[Key, ...], edges: tuple[tuple[Key, Key], ...]
) -> dict[Key, tuple[float, float]]:
    """Where nodes stand; a refresh that finds the same ones does not work that out again."""
    keys = {_id(node): node for node in nodes}
    between = [(_id(caller), _id(callee)) for caller, callee in edges]
    return {keys[name]: place for name, place in arranged(list(keys), between).items()}


def _node(node: Node, place: tuple[float, float], most: int, found: Map) -> dict[str, Any]:
    name = formats.shorten(formats.visible(node.name), LONGEST)
    health = _health(node.errors, node.spans)
    numbers = _numbers(node.spans, node.errors, node.p95_ns, found.range.minutes)
    return {
        "data": {
            "id": _id((node.kind, node.name)),
            "key": key_of((node.kind, node.name)),
            "name": formats.visible(node.name),
            "label": "\n".join(filter(None, (name, _alarm(node.errors, node.spans)))),
            "told": f"{formats.shorten(formats.visible(node.name), 60)}\n{numbers}",
            "size": SMALLEST + (BIGGEST - SMALLEST) * math.sqrt(node.spans / max(most, 1)),
            "part": {
                "kind": node.kind,
                "name": node.name,
                "spans": node.spans,
                "errors": node.errors,
                "p95_ns": node.p95_ns,
                "minutes": found.range.minutes,
            },
        },
        "position": {"x": place[0], "y": place[1]},
        "classes": " ".join(filter(None, (node.kind, health))),
    }


def _edge(
    edge: Edge, places: dict[Key, tuple[float, float]], busiest: int, found: Map
) -> dict[str, Any]:
    across = places[edge.callee][0] - places[edge.caller][0]
    return {
        "data": {
            "id": _id(edge.caller, edge.callee),
            "source": _id(edge.caller),
            "target": _id(edge.callee),
            "key": key_of(edge.caller),
            "onto": key_of(edge.callee),
            "told": _numbers(edge.calls, edge.errors, edge.p95_ns, found.range.minutes),
            "width": 1 + 4.5 * math.sqrt(edge.calls / max(busiest, 1)),
            "part": {
                "kind": edge.caller[0],
                "name": edge.caller[1],
                "onto_kind": edge.callee[0],
                "onto": edge.callee[1],
                "spans": edge.calls,
                "errors": edge.errors,
                "p95_ns": edge.p95_ns,
                "minutes": found.range.minutes,
            },
        },
        "classes": " ".join(
            filter(None, ("far" if across > 1.5 * ACROSS else "", _health(edge.errors, edge.calls)))
        ),
    }


def _health(errors: int, spans: int) -> str:
    share = errors / spans if spans else 0
    return "bad" if share >= UNHEALTHY else "warn" if share >= DOUBTFUL else ""


def _alarm(errors: int, spans: int) -> str:
    """Colour is not the only sign of trouble."""
    sign = {"bad": "✕ ", "warn": "! ", "": ""}[_health(errors, spans)]
    return f"{sign}{formats.percent(errors, spans)} errors" if sign else ""


def _numbers(spans: int, errors: int, p95_ns: float | None, minutes: float) -> str:
    failed = f"{formats.percent(errors, spans)} errors" if errors else "no errors"
    return f"{formats.rate(spans / minutes)}/min · {failed} · p95 {formats.duration(p95_ns)}"


# the list


def _node_row(node: Node) -> dict[str, Any]:
    key = (node.kind, node.name)
    return {
        "id": _id(key),
        "key": key_of(key),
        "name": formats.visible(node.name),
        "of": "model" if node.kind == "model" else "",
        **_row_numbers(node.spans, node.errors, node.p95_ns),
    }


def _edge_row(edge: Edge) -> dict[str, Any]:
    return {
        "id": _id(edge.caller, edge.callee),
        "key": key_of(edge.caller),
        "onto": key_of(edge.callee),
        "name": formats.visible(edge.caller[1]),
        "to": formats.visible(edge.callee[1]),
        **_row_numbers(edge.calls, edge.errors, edge.p95_ns),
    }


def _row_numbers(spans: int, errors: int, p95_ns: float | None) -> dict[str, Any]:
    return {
        "calls": spans,
        "calls_text": formats.count(spans),
        "errors": errors,
        "errors_text": formats.count(errors) if errors else "",
        "health": _health(errors, spans),
        "p95": p95_ns,
        "p95_text": formats.duration(p95_ns),
    }


# words


def names(found: Map) -> list[Component]:
    """What the search offers while somebody types."""
    return [html.Option(value=formats.visible(node.name)) for node in found.nodes]


def summary(found: Map) -> list[Component]:
    """How many there are, what is left out, and what was read for it."""
    models = sum(node.kind == "model" for node in found.nodes)
    own, of = len(found.nodes) - models, found.nodes_of - models
    words = (
        f"{_count(own, found.party)}{_more(of - own)}",
        _count(models, "model") if models else "",
        f"{_count(len(found.edges), 'connection')}{_more(found.edges_of - len(found.edges))}",
        _sources(found),
    )
    return [html.Span(word) for word in words if word]


def _sources(found: Map) -> str:
    """Which data the numbers are from."""
    if found.source == found.edges_source:
        return f"from {found.source}"
    return f"nodes from {found.source}, connections from {found.edges_source}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _more(number: int) -> str:
    return f" (+{number:,} more, smaller)" if number > 0 else ""


def nothing(found: Map) -> Component | None:
    """A map of nobody says what would be on it."""
    if found.nodes:
        return None
    return faces.empty(
        "Nobody to draw in this time range.",
        "Services appear with their first span, agents with spans that carry gen_ai.agent.name. "
        "Choose a longer range, or send telemetry to /v1/traces.",
    )


# the card


@dataclass(frozen=True)
class Neighbour:
    """A node at the other end of an edge of the chosen one."""

    key: Key
    calls: int
    errors: int


@dataclass(frozen=True)
class Part:
    """A node, or with `onto` an edge, as the browser holds it."""

    key: Key
    onto: Key | None
    spans: int
    errors: int
    p95_ns: float | None
    minutes: float
    callers: list[Neighbour]
    callees: list[Neighbour]
    path: str


def part_of(chosen: dict[str, Any]) -> Part | None:
    """The part in what the browser sends; None when it is no longer on the map, or nonsense."""
    given = chosen.get("part")
    if not isinstance(given, dict):
        return None
    p95_ns = given["p95_ns"]
    return Part(
        key=_key(given["kind"], given["name"]),
        onto=_key(given["onto_kind"], given.get("onto")) if given.get("onto_kind") else None,
        spans=int(given["spans"]),
        errors=int(given["errors"]),
        p95_ns=None if p95_ns is None else float(p95_ns),
        minutes=max(float(given["minutes"]), 1e-9),
        callers=[_neighbour(each) for each in given.get("callers") or ()],
        callees=[_neighbour(each) for each in given.get("callees") or ()],
        path=chosen["path"] if chosen.get("path") in PLACES else PLACES[0],
    )


def _key(kind: object, name: object) -> Key:
    if kind not in KINDS or not isinstance(name, str):
        raise LinkError("This is not on the map. Choose a node or a connection.")
    return kind, name


def _neighbour(given: dict[str, Any]) -> Neighbour:
    key = _key(given["kind"], given["name"])
    return Neighbour(key, int(given["spans"]), int(given["errors"]))


def nobody() -> Component:
    return html.P("Choose a node, a line or a row to see its numbers.", className="muted")


def gone() -> Component:
    return html.P("What the link names is not on the map in this time range.", className="muted")


def card(part: Part, course: Course | None, halved: bool, link: Link) -> Component:
    """The numbers of a node or an edge, its course, and the ways to its spans."""
    title: list[Any] = [_title(part.key, link, part)]
    if part.onto:
        title += [html.Span("→", className="muted"), _title(part.onto, link, part)]
    return html.Div(
        [
            html.Header(
                [
                    html.H3(title),
                    dcc.Link(
                        "×",
                        href=link.to(part.path, node="", onto=""),
                        className="map-close",
                        title="Choose none",
                    ),
                ]
            ),
            html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in _facts(part)]),
            _course(course) if course else None,
            html.Div(_links(part, halved, link), className="map-links"),
            _neighbours("Called by", part.callers, link, part, towards=False),
            _neighbours("Calls", part.callees, link, part, towards=True),
        ],
        className="map-facts",
    )


def _title(key: Key, link: Link, part: Part) -> Component:
    name = formats.shorten(formats.visible(key[1]), 80)
    if part.onto is None:
        return html.Span([html.Small(key[0], className="muted"), name])
    return dcc.Link(name, href=link.to(part.path, node=key_of(key), onto=""))


def _facts(part: Part) -> list[tuple[str, str]]:
    what = "Calls" if part.onto or part.key[0] == "model" else "Spans"
    failed = formats.count(part.errors)
    if part.errors:
        failed += f" ({formats.percent(part.errors, part.spans)})"
    return [
        (what, formats.count(part.spans)),
        ("Per minute", formats.rate(part.spans / part.minutes)),
        ("Errors", failed),
        ("p95", formats.duration(part.p95_ns)),
    ]


def _course(course: Course) -> Component:
    """Spans over the range, and its errors where there are any."""
    lines = [("Spans", course.spans, ""), ("Errors", course.errors, "map-course-bad")]
    return html.Div(
        [
            html.Div(
                [html.Small(word, className="muted"), cards.sparkline(values, f"{word} over time")],
                className=f"map-course {tone}".strip(),
            )
            for word, values, tone in lines
            if any(values)
        ],
        className="map-courses",
    )


def _links(part: Part, halved: bool, link: Link) -> list[Component]:
    spans = _search(part, halved)
    there = link.shared
    found: list[Component] = [
        dcc.Link("Show spans", href=there.to("/traces", q=spans), className="button primary"),
    ]
    if part.errors:
        failed = f"{spans} {search.term('status', 'error')}"
        found.append(dcc.Link("Errors", href=there.to("/traces", q=failed), className="button"))
    if part.onto is None and part.key[0] == "service":
        code = there.to("/code", service=part.key[1])
        found.append(dcc.Link("Code Inspector", href=code, className="button"))
    return found


def _search(part: Part, halved: bool) -> str:
    """Exactly the filter that made the number."""
    if part.onto is None:
        return node_search(*part.key)
    return edge_search(part.key, part.onto, halved=halved)


def _neighbours(
    title: str, found: list[Neighbour], link: Link, part: Part, *, towards: bool
) -> Component | None:
    if not found:
        return None
    items: list[Component] = []
    for each in found[:NEAR]:
        ends = (part.key, each.key) if towards else (each.key, part.key)
        items.append(
            html.Li(
                [
                    dcc.Link(
                        formats.shorten(formats.visible(each.key[1]), 40),
                        href=link.to(part.path, node=key_of(ends[0]), onto=key_of(ends[1])),
                    ),
                    html.Span(formats.count(each.calls), className="num"),
                    html.Span(
                        f"{formats.percent(each.errors, each.calls)} errors" if each.errors else "",
                        className="num bad" if _health(each.errors, each.calls) else "num muted",
                    ),
                ]
            )
        )
    if len(found) > NEAR:
        items.append(html.Li(f"+{len(found) - NEAR:,} more", className="muted"))
    return html.Div([html.H4(title), html.Ul(items)], className="map-near")
