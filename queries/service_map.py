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
Key = tuple[Kind, str]
"""What tells a node from all others."""

MOST_NODES = 200
MOST_EDGES = 1_000
"""How many are answered, the biggest first; an answer says of how many."""

MOST_MODELS = 50
"""How many of the nodes are models, at most."""

MOST_JOINED = 2_000_000
"""Spans whose ids are compared at once; of more, the latest are."""

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

    caller: Key
    callee: Key
    calls: int
    errors: int
    p95_ns: float | None


@dataclass(frozen=True)
class Map:
    """Nodes and edges, each the biggest first.

    `nodes_of` and `edges_of` say how many there are in all, the sources what was read for them.
    """

    party: Party
    range: TimeRange
    nodes: list[Node]
    edges: list[Edge]
    nodes_of: int
    edges_of: int
    source: str
    edges_source: str
    as_of: datetime | None


def services(scope: Scope, range_: TimeRange) -> Map:
    """Services, the models they call, and who calls whom."""
    found = nodes(scope, range_, "service"), edges(scope, range_, "service")
    return _map("service", range_, *found, models(scope, range_, "service"))


def agents(scope: Scope, range_: TimeRange) -> Map:
    """Agents, the models they call, and who hands work to whom."""
    found = nodes(scope, range_, "agent"), edges(scope, range_, "agent")
    return _map("agent", range_, *found, models(scope, range_, "agent"))


def nodes(scope: Scope, range_: TimeRange, party: Party) -> Answer:
    """One row per service or agent: spans, errors and p95 (ns), the biggest first."""
    return reader.read(
        scope, "service_map.nodes", grain=party, most=MOST_NODES, **rolled.over(range_, grain=party)
    )


def edges(scope: Scope, range_: TimeRange, party: Party) -> Answer:
    """One row per caller and callee: calls, errors and p95 (ns), the busiest first."""
    grain = "calls" if party == "service" else "handoffs"
    asked = rolled.over(range_, grain=grain)
    return reader.read(scope, "service_map.edges", grain=grain, most=MOST_EDGES, **asked)


def models(scope: Scope, range_: TimeRange, party: Party) -> Answer:
    """One row per model, and per caller and model: calls, errors and p95 (ns)."""
    asked = rolled.over(range_, grain="asking")
    return reader.read(scope, "service_map.models", grain=party, most=MOST_EDGES, **asked)


@dataclass(frozen=True)
class Course:
    """Spans and errors of a node over time; `bars` are the starts of equal times."""

    bars: list[datetime]
    spans: list[int]
    errors: list[int]


def course(scope: Scope, range_: TimeRange, kind: Kind, name: str) -> Course:
    """How a service, an agent or a model did in the course of the range."""
    step = bucket(range_)
    grain = "asking" if kind == "model" else kind
    asked = rolled.over(range_, step, grain)
    answer = reader.read(scope, "service_map.course", grain=grain, name=name, **asked)
    seen = {row["bar"]: (row["spans"], row["errors"]) for row in answer}
    bars = rolled.bars(range_, step)
    numbers = [seen.get(bar, (0, 0)) for bar in bars]
    return Course(bars, [spans for spans, _ in numbers], [errors for _, errors in numbers])


def halved(scope: Scope, range_: TimeRange, caller: Key) -> bool:
    """Whether halves of calls share an id, so that what runs below the server's has two parents."""
    kind, name = caller
    asked = _latest(scope, range_, MOST_JOINED)
    answer = reader.read(scope, "service_map.halved", grain=kind, name=name, **asked.params)
    return bool(answer.one["halved"])


def _latest(scope: Scope, range_: TimeRange, most: int) -> TimeRange:
    """The latest part of the range that holds at most about so many spans."""
    asked = range_
    while asked.length > _SHORTEST and _rows(scope, asked) > most:
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


def _map(
    party: Party,
    range_: TimeRange,
    found: Answer,
    calls: Answer,
    called: Answer,
) -> Map:
    whole = [row for row in called if row["whole"]]
    parts = [row for row in called if not row["whole"]]
    # a model that only others called has no place among agents
    called_here = {row["model"] for row in parts}
    models_here = [row for row in whole if row["model"] in called_here]
    every = [
        *(_node(party, row["name"], row["spans"], row) for row in found),
        *(_node("model", row["model"], row["calls"], row) for row in models_here[:MOST_MODELS]),
    ]
    between = [
        *(_edge((party, row["caller"]), (party, row["callee"]), row) for row in calls),
        *(_edge((party, row["caller"]), ("model", row["model"]), row) for row in parts),
    ]
    return Map(
        party=party,
        range=range_,
        nodes=sorted(every, key=lambda node: -node.spans),
        edges=sorted(between, key=lambda edge: -edge.calls)[:MOST_EDGES],
        nodes_of=_of(found.rows) + _of(whole) - len(whole) + len(models_here),
        edges_of=_of(calls.rows) + _of(parts),
        source=found.source,
        edges_source=calls.source,
        as_of=calls.as_of,
    )


def _of(rows: list[Row]) -> int:
    """How many there are in all, as each row of an answer says."""
    return rows[0]["of"] if rows else 0


def _node(kind: Kind, name: str, spans: int, row: Row) -> Node:
    return Node(kind, name, spans, row["errors"], row["p95_ns"])


def _edge(caller: Key, callee: Key, row: Row) -> Edge:
    return Edge(caller, callee, row["calls"], row["errors"], row["p95_ns"])


# what leads to the very spans that were counted


def node_search(kind: Kind, name: str) -> str:
    """The search for the spans of a node."""
    return f"{term('model', name)} {_MODEL_CALLS}" if kind == "model" else term(kind, name)


def edge_search(caller: Key, callee: Key, *, halved: bool = False) -> str:
    """The search for the calls of an edge.

    Where halves of calls share ids, the one that answers a call is the caller of what runs below.
    """
    there = term(*caller)
    if callee[0] == "model":
        return f"{there} {node_search(*callee)}"
    here = term(*callee)
    if not halved:
        return f"{{{there}}} > {{{here}}}"
    other = f"kind:server,consumer {term('exists', caller[0])} {term(*caller, exclude=True)}"
    return f"({{{there}}} > {{{here}}}) -({{{here} OR ({other})}} > {{{here}}})"


_MODEL_CALLS = f"operation={','.join(semconv.MODEL_CALLS)}"
