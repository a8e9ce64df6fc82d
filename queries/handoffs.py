"""Hand-offs: who gave work to whom in a trace, services to services or agents to agents.

A span belongs to the service or agent it names; one that names no agent works for that of the span
above it. A hand-off is a span that belongs to another than its caller does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from queries.calls import callers
from queries.operations import ended, percentile
from queries.tree import NO_PARENT, Trace

Party = Literal["service", "agent"]
NOBODY = ""
"""The party of spans that name none."""


@dataclass(frozen=True)
class Node:
    """A service or an agent and its spans in this trace."""

    name: str
    spans: int
    errors: int
    self_ns: int
    entries: int
    """Spans without a caller in the trace: the work came from outside, or its giver is missing."""


@dataclass(frozen=True)
class Edge:
    """Calls from one party to another; p95 of how long the called spans took."""

    giver: str
    taker: str
    calls: int
    errors: int
    p95_ns: float | None


@dataclass(frozen=True)
class Handoffs:
    """Nodes and edges, each in the order in which they first appear in the trace."""

    nodes: list[Node]
    edges: list[Edge]


def handoffs(trace: Trace, party: Party) -> Handoffs:
    """Who gave work to whom."""
    above = callers(trace)
    owners = services(trace) if party == "service" else agents(trace)
    spans: dict[str, list[int]] = {}
    calls: dict[tuple[str, str], list[int]] = {}
    for index, (owner, caller) in enumerate(zip(owners, above, strict=True)):
        spans.setdefault(owner, []).append(index)
        if caller != NO_PARENT and owners[caller] != owner:
            calls.setdefault((owners[caller], owner), []).append(index)
    return Handoffs(
        nodes=[_node(trace, name, indexes, above) for name, indexes in spans.items()],
        edges=[_edge(trace, *ends, indexes) for ends, indexes in calls.items()],
    )


def services(trace: Trace) -> list[str]:
    """The service of every span."""
    return [name or NOBODY for name in trace.columns["service_name"]]


def agents(trace: Trace) -> list[str]:
    """The agent that every span works for: its own, or that of the nearest span above."""
    found: list[str] = []
    for name, parent in zip(trace.columns["agent_name"], trace.parent, strict=True):
        found.append(name or (found[parent] if parent != NO_PARENT else NOBODY))
    return found


def _node(trace: Trace, name: str, indexes: list[int], callers: Sequence[int]) -> Node:
    return Node(
        name=name,
        spans=len(indexes),
        errors=_errors(trace, indexes),
        self_ns=sum(trace.self_ns[i] or 0 for i in indexes),
        entries=sum(callers[i] == NO_PARENT for i in indexes),
    )


def _edge(trace: Trace, giver: str, taker: str, indexes: list[int]) -> Edge:
    p95 = percentile(ended(trace, indexes), 0.95)
    return Edge(giver, taker, len(indexes), _errors(trace, indexes), p95)


def _errors(trace: Trace, indexes: list[int]) -> int:
    statuses = trace.columns["status"]
    return sum(statuses[i] == "error" for i in indexes)
