"""Questions of the service map: which services, agents and models there are, and who calls whom.

The one idea: an edge counts the spans of one party whose parent belongs to another, so that its
number is the number of spans that `edge_search` finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from access.scope import Scope
from queries import reader, rolled
from queries.buckets import bucket
from queries.filters import TimeRange
from queries.reader import Answer, Row
from queries.search import term
from queries.snapshot import File
from telemetry import semconv
from telemetry.schema import SPANS

Party = Literal["service", "agent"]
Kind = Literal["service", "agent", "model"]

MOST_NODES = 200
MOST_EDGES = 1_000
"""How many are answered, the biggest first; an answer says of how many."""

MOST_SPANS = 2_000_000
"""Spans whose parents are looked up at once; of a longer range, its latest part is asked."""

_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True)
class Node:
    """A service, an agent or a model, and its spans in the range; of a model, calls of it."""

    kind: Kind
    name: str
    spans: int
    errors: int
    p95_ns: float | None


@dataclass(frozen=True)
class Edge:
    """Calls from one node to another; p95 of how long the called spans took."""

    caller: tuple[Kind, str]
    callee: tuple[Kind, str]
    calls: int
    errors: int
    p95_ns: float | None
    halved: bool = False
    """Whether halves of calls share an id, so that what runs below the callee's has two parents."""


@dataclass(frozen=True)
class Map:
    """Nodes and edges, each the biggest first.

    `nodes_of` and `edges_of` say how many there are in all. Edges and models are of the time since
    `edges_since`, which is later than the beginning of a range that holds too many spans.
    """

    range: TimeRange
    nodes: list[Node]
    edges: list[Edge]
    nodes_of: int
    edges_of: int
    edges_since: datetime
    source: str
    edges_source: str
    as_of: datetime | None


def services(scope: Scope, range_: TimeRange) -> Map:
    """Services, the models they call, and who calls whom."""
    asked = joinable(scope, range_)
    found = nodes(scope, range_, "service"), edges(scope, asked, "service")
    return _map("service", range_, asked, *found)


def agents(scope: Scope, range_: TimeRange) -> Map:
    """Agents, the models they call, and who hands work to whom."""
    asked = joinable(scope, range_)
    found = nodes(scope, range_, "agent"), edges(scope, asked, "agent")
    return _map("agent", range_, asked, *found)


def nodes(scope: Scope, range_: TimeRange, party: Party) -> Answer:
    """One row per service or agent: spans, errors and p95 (ns), the biggest first."""
    return reader.read(
        scope, "service_map.nodes", grain=party, most=MOST_NODES, **rolled.over(range_)
    )


def edges(scope: Scope, range_: TimeRange, party: Party) -> Answer:
    """One row per caller and callee: calls, errors and p95 (ns), the busiest first."""
    return reader.read(scope, "service_map.edges", grain=party, most=MOST_EDGES, **range_.params)


@dataclass(frozen=True)
class Course:
    """Spans and errors of a node over time; `bars` are the starts of equal times."""

    bars: list[datetime]
    spans: list[int]
    errors: list[int]


def course(scope: Scope, range_: TimeRange, kind: Kind, name: str) -> Course:
    """How a service, an agent or a model did in the course of the range."""
    step = bucket(range_)
    answer = reader.read(
        scope, "service_map.course", grain=kind, name=name, **rolled.over(range_, step)
    )
    seen = {row["bar"]: (row["spans"], row["errors"]) for row in answer}
    bars = rolled.bars(range_, step)
    numbers = [seen.get(bar, (0, 0)) for bar in bars]
    return Course(bars, [spans for spans, _ in numbers], [errors for _, errors in numbers])


def joinable(scope: Scope, range_: TimeRange) -> TimeRange:
    """The latest part of the range that holds so few spans that their parents can be looked up."""
    asked = range_
    while asked.length > _SHORTEST and _rows(scope, asked) > MOST_SPANS:
        asked = TimeRange(asked.until - asked.length / 2, asked.until)
    return asked


def _rows(scope: Scope, range_: TimeRange) -> float:
    """About how many spans a range holds: files that reach beyond it count in part."""
    files = reader.the_reader().files(scope, SPANS.name, range_.since, range_.until).files
    return sum(file.rows * _share(file, range_) for file in files)


def _share(file: File, range_: TimeRange) -> float:
    if file.earliest is None or file.latest is None or file.earliest >= file.latest:
        return 1.0
    inside = min(file.latest, range_.until) - max(file.earliest, range_.since)
    return max(inside / (file.latest - file.earliest), 0.0)


def _map(party: Party, range_: TimeRange, asked: TimeRange, found: Answer, calls: Answer) -> Map:
    own = [Node(party, r["name"], r["spans"], r["errors"], r["p95_ns"]) for r in found]
    models = [
        Node("model", r["callee"], r["calls"], r["errors"], r["p95_ns"])
        for r in calls
        if r["caller"] is None
    ]
    return Map(
        range=range_,
        nodes=sorted([*own, *models], key=lambda node: -node.spans),
        edges=[_edge(party, row) for row in calls if row["caller"] is not None],
        nodes_of=len(models) + (found.rows[0]["of"] if found.rows else 0),
        edges_of=(calls.rows[0]["of"] if calls.rows else 0) - len(models),
        edges_since=asked.since,
        source=found.source,
        edges_source=calls.source,
        as_of=calls.as_of,
    )


def _edge(party: Party, row: Row) -> Edge:
    callee: Kind = "model" if row["of_model"] else party
    ends = (party, row["caller"]), (callee, row["callee"])
    return Edge(*ends, row["calls"], row["errors"], row["p95_ns"], row["halved"])


# what leads to the very spans that were counted


def node_search(kind: Kind, name: str) -> str:
    """The search for the spans of a node."""
    return f"{term('model', name)} {_MODEL_CALLS}" if kind == "model" else term(kind, name)


def edge_search(caller: tuple[Kind, str], callee: tuple[Kind, str], *, halved: bool) -> str:
    """The search for the calls of an edge; `halved` as the edge says."""
    there = term(*caller)
    if callee[0] == "model":
        return f"{there} {node_search(*callee)}"
    here = term(*callee)
    calls = f"{{{there}}} > {{{here}}}"
    return f"({calls}) -({{{here}}} > {{{here}}})" if halved else calls


_MODEL_CALLS = f"operation={','.join(semconv.MODEL_CALLS)}"
