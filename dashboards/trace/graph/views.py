"""Views of the span graph: nodes and edges in; a drawing, rows and words out."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboards.parts import faces, formats
from dashboards.parts.hues import colour
from dashboards.parts.placing import placed
from dashboards.shell.link import Link
from dashboards.trace.terms import CUT
from queries.handoffs import Edge, Handoffs, Node, Party
from queries.search import term

MOST = 80
"""Nodes that are drawn, those with most spans; the table has every hand-off."""

LONGEST = 26
"""Characters of a name inside of a node."""


@dataclass(frozen=True)
class Chosen:
    """What the link names: services or agents, and one node or edge of their graph."""

    party: Party
    kind: str = ""
    number: int = 0

    @property
    def part(self) -> str:
        """The id of the chosen node or edge in the drawing."""
        return f"{self.kind}{self.number}" if self.kind else ""


def chosen(select: str) -> Chosen:
    """What `select` says; nothing chosen when it says something else."""
    found = re.fullmatch(r"(service|agent)(?::([ne])(\d{1,6}))?", select, re.ASCII)
    if not found:
        return Chosen("service")
    party: Party = "agent" if found[1] == "agent" else "service"
    return Chosen(party, found[2] or "", int(found[3] or 0))


@dataclass(frozen=True)
class _Drawing:
    """What is drawn: nodes by name with their numbers and places, edges with their numbers."""

    nodes: dict[str, int]
    edges: list[tuple[int, Edge]]
    places: dict[str, tuple[float, float]]
    chosen: Chosen
    names: frozenset[str]


def elements(found: Handoffs, chosen: Chosen) -> list[dict[str, Any]]:
    """Nodes with their places and edges between them; the numbers in ids are those of the lists."""
    nodes = _drawn(found)
    edges = [(n, e) for n, e in enumerate(found.edges) if {e.giver, e.taker} <= nodes.keys()]
    places = placed(list(nodes), [(edge.giver, edge.taker) for _, edge in edges])
    drawing = _Drawing(nodes, edges, places, chosen, frozenset(node.name for node in found.nodes))
    return [
        *(_node(number, found.nodes[number], drawing) for number in nodes.values()),
        *(_edge(number, edge, drawing) for number, edge in edges),
    ]


def _drawn(found: Handoffs) -> dict[str, int]:
    """The nodes that are drawn, with their numbers, in their order."""
    numbers = range(len(found.nodes))
    kept = set(sorted(numbers, key=lambda n: -found.nodes[n].spans)[:MOST])
    return {found.nodes[n].name: n for n in numbers if n in kept}


def _node(number: int, node: Node, drawing: _Drawing) -> dict[str, Any]:
    x, y = drawing.places[node.name]
    party, part = drawing.chosen.party, f"n{number}"
    facts = [_spans(node.spans), f"{formats.duration(node.self_ns)} self"]
    if node.errors:
        facts.append(f"{node.errors:,} failed")
    return {
        "data": {
            "id": part,
            "label": f"{_name(node.name, party, LONGEST)}\n{' · '.join(facts)}",
            "hue": colour(node.name, drawing.names),
        },
        "position": {"x": x, "y": y},
        "classes": _classes(bad=node.errors, chosen=part == drawing.chosen.part),
    }


def _edge(number: int, edge: Edge, drawing: _Drawing) -> dict[str, Any]:
    part, calls = f"e{number}", f"{edge.calls:,} call{'' if edge.calls == 1 else 's'}"
    busiest = max(each.calls for _, each in drawing.edges)
    return {
        "data": {
            "id": part,
            "source": f"n{drawing.nodes[edge.giver]}",
            "target": f"n{drawing.nodes[edge.taker]}",
            "label": f"{calls}\np95 {formats.duration(edge.p95_ns)}",
            "width": 1.2 + 3 * math.log1p(edge.calls) / math.log1p(max(busiest, 2)),
        },
        "classes": _classes(
            bad=edge.errors,
            onward=drawing.places[edge.giver][0] < drawing.places[edge.taker][0],
            chosen=part == drawing.chosen.part,
        ),
    }


def _classes(**given: int) -> str:
    return " ".join(name for name, true in given.items() if true)


def _name(name: str, party: Party, length: int = 80) -> str:
    return formats.shorten(formats.visible(name), length) if name else f"(no {party})"


def _spans(count: int) -> str:
    return f"{count:,} span{'' if count == 1 else 's'}"


def rows(found: Handoffs, chosen: Chosen) -> list[dict[str, Any]]:
    """Every hand-off as a row of the table."""
    return [
        {
            "id": f"{chosen.party}:e{number}",
            "from": _name(edge.giver, chosen.party),
            "to": _name(edge.taker, chosen.party),
            "calls": edge.calls,
            "calls_text": formats.count(edge.calls),
            "errors": edge.errors,
            "errors_text": formats.count(edge.errors) if edge.errors else "",
            "p95": edge.p95_ns,
            "p95_text": formats.duration(edge.p95_ns),
        }
        for number, edge in enumerate(found.edges)
    ]


def facts(found: Handoffs, chosen: Chosen, link: Link) -> Component:
    """The numbers of the chosen node or edge, and the way to its spans."""
    if chosen.kind == "n" and chosen.number < len(found.nodes):
        return _node_facts(found, found.nodes[chosen.number], chosen.party, link)
    if chosen.kind == "e" and chosen.number < len(found.edges):
        return _edge_facts(found.edges[chosen.number], chosen.party, link)
    return html.Div(
        [html.H2("Hand-offs"), html.P("Choose a node, a line or a row.", className="muted")],
        className="part-facts",
    )


def _node_facts(found: Handoffs, node: Node, party: Party, link: Link) -> Component:
    all_ns = sum(each.self_ns for each in found.nodes)
    own = f"{formats.duration(node.self_ns)}, {formats.percent(node.self_ns, all_ns)} of all time"
    return _facts(
        _name(node.name, party),
        (
            ("Spans", formats.count(node.spans)),
            ("Errors", _errors(node.errors, node.spans)),
            ("Self time", own),
            ("Called by nobody", _spans(node.entries) if node.entries else "0 spans"),
        ),
        link.to("/trace", tab="", select="", only=_of(party, node.name)),
        link.to("/trace", select=party),
    )


def _edge_facts(edge: Edge, party: Party, link: Link) -> Component:
    relation = ">" if party == "service" else ">>"
    only = f"{{{_of(party, edge.giver)}}} {relation} {{{_of(party, edge.taker)}}}"
    return _facts(
        f"{_name(edge.giver, party, 60)} → {_name(edge.taker, party, 60)}",
        (
            ("Calls", formats.count(edge.calls)),
            ("Errors", _errors(edge.errors, edge.calls)),
            ("p95", formats.duration(edge.p95_ns)),
        ),
        link.to("/trace", tab="", select="", only=only),
        link.to("/trace", select=party),
    )


def _facts(title: str, numbers: tuple[tuple[str, str], ...], spans: str, back: str) -> Component:
    pairs = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in numbers]
    return html.Div(
        [
            html.H2(title),
            html.Dl(pairs),
            html.Div(
                [
                    dcc.Link("Show in waterfall", href=spans, className="button"),
                    dcc.Link("Choose none", href=back, className="button"),
                ],
                className="pager",
            ),
        ],
        className="part-facts",
    )


def _of(party: Party, name: str) -> str:
    """The search for the spans of a service or an agent."""
    if len(name) >= CUT:
        return f"exists:{party}"
    return term(party, name or None)


def _errors(errors: int, of: int) -> str:
    return f"{errors:,}, {formats.percent(errors, of)}" if errors else "0"


def summary(found: Handoffs, chosen: Chosen) -> list[Component]:
    """How many there are, and what is not drawn."""
    nodes, calls = len(found.nodes), sum(edge.calls for edge in found.edges)
    left_out = f"the {MOST} with most spans are drawn" if nodes > MOST else ""
    words = (
        f"{nodes:,} {chosen.party}{'' if nodes == 1 else 's'}",
        f"{len(found.edges):,} hand-offs in {calls:,} calls",
        left_out,
    )
    return [html.Span(word) for word in words if word]


def nothing(found: Handoffs, chosen: Chosen) -> Component | None:
    """A graph of nobody says so."""
    if any(node.name for node in found.nodes):
        return None
    attribute = "service.name" if chosen.party == "service" else "gen_ai.agent.name"
    return faces.empty(
        f"No span of this trace names {'a service' if chosen.party == 'service' else 'an agent'}.",
        f"Spans with {attribute} appear here.",
    )
