"""Hand-offs: who gave work to whom, among services and among agents."""

from __future__ import annotations

from collections import Counter

from grown import span, trace, traces
from hypothesis import given

from queries.calls import callers
from queries.handoffs import NOBODY, Edge, agents, handoffs, services
from queries.tree import NO_PARENT, Trace


def test_calls_between_services_are_counted() -> None:
    found = handoffs(
        trace(
            span("root", service_name="web", ns=100),
            span("1", "root", 1, 10, service_name="bank"),
            span("2", "root", 20, 30, service_name="bank", status="error"),
            span("3", "2", 21, 5, service_name="bank"),
            span("4", "3", 22, 1, service_name="web"),
        ),
        "service",
    )
    assert [(n.name, n.spans, n.errors, n.entries) for n in found.nodes] == [
        ("web", 2, 0, 1),
        ("bank", 3, 1, 0),
    ]
    assert found.edges == [Edge("web", "bank", 2, 1, 29.0), Edge("bank", "web", 1, 0, 1)]


def test_a_span_without_an_agent_works_for_the_one_above() -> None:
    of = trace(
        span("job", ns=100),
        span("plan", "job", 1, 90, agent_name="planner"),
        span("chat", "plan", 2, 10),
        span("write", "chat", 3, 5, agent_name="writer"),
    )
    assert agents(of) == [NOBODY, "planner", "planner", "writer"]
    assert [(e.giver, e.taker) for e in handoffs(of, "agent").edges] == [
        (NOBODY, "planner"),
        ("planner", "writer"),
    ]


def test_a_call_whose_halves_share_an_id_is_a_hand_off() -> None:
    client = span("call", "root", 1, 8, kind="client", service_name="web")
    server = span("call", "root", 2, 5, kind="server", service_name="bank")
    found = handoffs(trace(span("root", service_name="web"), client, server), "service")
    assert [(e.giver, e.taker, e.calls) for e in found.edges] == [("web", "bank", 1)]


def test_an_orphan_is_an_entry() -> None:
    found = handoffs(trace(span("root"), span("lost", "gone", 1, service_name="bank")), "service")
    assert [(n.name, n.entries) for n in found.nodes] == [("shop", 1), ("bank", 1)]
    assert found.edges == []


@given(traces())
def test_every_span_is_in_one_node_and_every_change_in_one_edge(of: Trace) -> None:
    for party, owners in (("service", services(of)), ("agent", agents(of))):
        found = handoffs(of, party)  # type: ignore[arg-type]
        assert {n.name: n.spans for n in found.nodes} == Counter(owners)
        assert sum(n.self_ns for n in found.nodes) == sum(ns or 0 for ns in of.self_ns)
        assert all(edge.giver != edge.taker for edge in found.edges)
        assert len({(e.giver, e.taker) for e in found.edges}) == len(found.edges)
        changes = Counter(
            (owners[caller], owners[index])
            for index, caller in enumerate(callers(of))
            if caller != NO_PARENT and owners[caller] != owners[index]
        )
        assert {(e.giver, e.taker): e.calls for e in found.edges} == changes
