"""The service map's numbers against plain Python over the same spans, and against the searches that
its links lead to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

import pytest
from cast import NOW, World, request_of, span
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from access.scope import Scope
from queries import service_map, traces
from queries.filters import TimeRange, TraceFilters
from queries.search import condition
from queries.service_map import Key, Map, Party, edge_search, node_search

DAY = TimeRange(NOW - timedelta(hours=24), NOW)
LATE = TimeRange(NOW - timedelta(hours=2), NOW)
SERVICES = ("gate", "plan", 'say "so"', "bank")
AGENTS = ("", "", "ann", "ben", "cid")
MODELS = ("", "", "gpt", "claude")
CLIENT, SERVER = Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_SERVER


@dataclass(frozen=True)
class Made:
    """A span as this test means it."""

    org: str
    service: str
    trace: int
    number: int
    parent: int | None
    ago: float
    ms: float = 10.0
    error: bool = False
    agent: str = ""
    model: str = ""
    chat: bool = True
    kind: int = Span.SPAN_KIND_INTERNAL

    @property
    def sent(self) -> Span:
        named = {"gen_ai__agent__name": self.agent, "gen_ai__request__model": self.model}
        if self.model:
            named["gen_ai__operation__name"] = "chat" if self.chat else "invoke_agent"
        return span(
            "work",
            trace=self.trace,
            number=self.number,
            parent=self.parent,
            ago=self.ago,
            ms=self.ms,
            error="Boom" if self.error else None,
            kind=self.kind,
            **{name: value for name, value in named.items() if value},
        )

    def party(self, of: Party) -> str:
        return self.service if of == "service" else self.agent


def forest(chance: Random, org: str, traces_: int) -> Iterator[Made]:
    """Traces of random shape: several roots, orphans, circles, halves that share an id."""
    for trace in range(1, traces_ + 1):
        begun = chance.uniform(60, 23 * 3600)
        for number in range(1, chance.randrange(2, 14)):
            parent = chance.choice([None, 999, *range(1, 14)]) if number > 1 else None
            made = Made(
                org,
                chance.choice(SERVICES),
                trace,
                number,
                parent,
                begun - chance.uniform(0, 30),
                chance.uniform(1, 5_000),
                chance.random() < 0.2,
                chance.choice(AGENTS),
                chance.choice(MODELS),
                chance.random() < 0.7,
            )
            if chance.random() < 0.8:
                yield made
                continue
            yield replace(made, kind=SERVER)
            other = chance.choice(SERVICES), chance.choice(AGENTS)
            yield replace(made, kind=CLIENT, service=other[0], agent=other[1], ms=7_777.0)


@pytest.fixture(scope="module")
def spans() -> list[Made]:
    chance = Random(20)
    return [made for org in ("acme", "globex") for made in forest(chance, org, 36)]


@pytest.fixture(scope="module", params=["edges rolled", "edges from spans"])
def world(
    new_world: Callable[..., World], spans: list[Made], request: pytest.FixtureRequest
) -> World:
    """The spans in any order and in several files, so that parents lie elsewhere."""
    made = new_world()
    shuffled = Random(5).sample(spans, len(spans))
    for part in range(3):
        batches: dict[tuple[str, str], list[Span]] = defaultdict(list)
        for each in shuffled[part::3]:
            batches[each.org, each.service].append(each.sent)
        for (org, service), batch in batches.items():
            assert made.post(org, request_of(*batch, service=service)).status_code == 200
        made.settle()
        if request.param == "edges rolled":
            made.app.find_edges()
    return made


def within(made: Made, range_: TimeRange) -> bool:
    return range_.since <= NOW - timedelta(seconds=made.ago) < range_.until


def calls_of(
    spans: list[Made], range_: TimeRange, party: Party
) -> dict[tuple[Key, Key], list[Made]]:
    """Every call, by who made it and who took it, one span after the other."""
    holders: dict[tuple[str, int, int | None], set[tuple[bool, str]]] = defaultdict(set)
    for each in spans:
        if each.party(party):
            own = each.kind != SERVER, each.party(party)
            holders[each.org, each.trace, each.number].add(own)
    found: dict[tuple[Key, Key], list[Made]] = defaultdict(list)
    for each in spans:
        own, above = each.party(party), holders[each.org, each.trace, each.parent]
        if not own or not within(each, range_):
            continue
        # of the halves of a call, the one that answers it calls on
        if above and own not in {name for _, name in above}:
            found[(party, min(above)[1]), (party, own)].append(each)
        if each.model and each.chat:
            found[(party, own), ("model", each.model)].append(each)
    return found


def asked(scope: Scope, range_: TimeRange, party: Party) -> Map:
    ask = {"service": service_map.services, "agent": service_map.agents}[party]
    return ask(scope, range_)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


PLACES = [
    pytest.param(person, range_, party, id=f"{person}-{name}-{party}")
    for person in ("alice", "charlie")
    for name, range_ in (("day", DAY), ("late", LATE))
    for party in ("service", "agent")
]


@pytest.mark.parametrize(("person", "range_", "party"), PLACES)
def test_edges_are_those_that_plain_python_finds(
    world: World, spans: list[Made], person: str, range_: TimeRange, party: Party
) -> None:
    scope = world.scope(person)
    expected = calls_of([s for s in spans if s.org == scope.org], range_, party)
    found = asked(scope, range_, party)
    assert {(e.caller, e.callee): (e.calls, e.errors) for e in found.edges} == {
        ends: (len(calls), sum(call.error for call in calls)) for ends, calls in expected.items()
    }
    for edge in found.edges:
        durations = [int(call.ms * 1e6) for call in expected[edge.caller, edge.callee]]
        assert edge.p95_ns == pytest.approx(percentile(durations, 0.95), rel=0.01)


@pytest.mark.parametrize(("person", "range_", "party"), PLACES)
def test_nodes_are_those_that_plain_python_finds(
    world: World, spans: list[Made], person: str, range_: TimeRange, party: Party
) -> None:
    scope = world.scope(person)
    own = [s for s in spans if s.org == scope.org and within(s, range_)]
    expected: Counter[Key] = Counter()
    failed: Counter[Key] = Counter()
    for each in own:
        keys: list[Key] = [(party, each.party(party))] if each.party(party) else []
        keys += [("model", each.model)] if each.model and each.chat else []
        expected.update(keys)
        failed.update(keys if each.error else [])
    found = asked(scope, range_, party)
    assert {(n.kind, n.name): n.spans for n in found.nodes} == expected
    assert {(n.kind, n.name): n.errors for n in found.nodes if n.errors} == failed
    assert found.nodes_of == len(found.nodes)
    assert [n.spans for n in found.nodes] == sorted(expected.values(), reverse=True)


@pytest.mark.parametrize("party", ["service", "agent"])
def test_the_search_behind_a_part_finds_as_many_spans_as_it_counts(
    world: World, party: Party
) -> None:
    scope, range_ = world.scope("alice"), DAY
    found = asked(scope, range_, party)
    assert any(service_map.halved(scope, range_, edge.caller) for edge in found.edges)
    parts = [(node_search(n.kind, n.name), n.spans, n.errors) for n in found.nodes]
    for edge in found.edges:
        halved = service_map.halved(scope, range_, edge.caller)
        text = edge_search(edge.caller, edge.callee, halved=halved)
        parts.append((text, edge.calls, edge.errors))
    for text, spans_, errors in parts:
        matched = traces.count(scope, TraceFilters(range_, condition(text)))
        assert (matched.spans, matched.errors) == (spans_, errors), text


@pytest.mark.parametrize("kind", ["service", "agent", "model"])
def test_a_course_adds_up_to_its_node(world: World, kind: str) -> None:
    scope = world.scope("alice")
    party: Party = "agent" if kind == "agent" else "service"
    nodes = [node for node in asked(scope, DAY, party).nodes if node.kind == kind]
    assert nodes
    for node in nodes:
        course = service_map.course(scope, DAY, node.kind, node.name)
        assert sum(course.spans) == node.spans
        assert len(course.bars) == len(course.spans) == len(course.errors)
        assert sum(course.errors) == node.errors


def test_staff_see_both_orgs_traces_apart_though_their_ids_are_the_same(
    world: World, spans: list[Made]
) -> None:
    found = service_map.services(world.scope("ada"), DAY)
    expected = calls_of(spans, DAY, "service")
    assert {(e.caller, e.callee): e.calls for e in found.edges} == {
        ends: len(calls) for ends, calls in expected.items()
    }


def test_the_map_says_what_was_read(world: World, request: pytest.FixtureRequest) -> None:
    found = service_map.services(world.scope("alice"), DAY)
    rolled = "edges rolled" in request.node.name
    assert found.source.startswith("rollups: ")
    assert found.edges_source.startswith("rollups: " if rolled else "spans")


def test_charlie_sees_nothing_of_acme(world: World) -> None:
    world.send("acme", span("x", trace=901, ago=30), service="secret-root")
    world.send("acme", span("y", trace=901, number=2, parent=1, ago=30), service="secret-leaf")
    charlie, alice = world.scope("charlie"), world.scope("alice")
    assert "secret" in repr(service_map.services(alice, LATE))
    assert "secret" not in repr(service_map.services(charlie, LATE))
    assert not any(service_map.course(charlie, LATE, "service", "secret-root").spans)
    assert any(service_map.course(alice, LATE, "service", "secret-root").spans)


def test_of_many_the_biggest_are_answered_and_the_rest_is_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = world.scope("charlie")
    whole = service_map.services(scope, DAY)
    monkeypatch.setattr(service_map, "MOST_NODES", 2)
    monkeypatch.setattr(service_map, "MOST_MODELS", 1)
    monkeypatch.setattr(service_map, "MOST_EDGES", 3)
    cut = service_map.services(scope, DAY)
    own = [node for node in whole.nodes if node.kind == "service"]
    assert [node for node in cut.nodes if node.kind == "service"] == own[:2]
    assert [edge.calls for edge in cut.edges] == [edge.calls for edge in whole.edges[:3]]
    assert (cut.nodes_of, cut.edges_of) == (whole.nodes_of, whole.edges_of)


def test_of_nobody_of_one_and_of_two(new_world: Callable[..., World]) -> None:
    world = new_world()
    scope = world.scope("bob")
    nobody = service_map.services(scope, LATE)
    assert (nobody.nodes, nobody.edges, nobody.nodes_of, nobody.edges_of) == ([], [], 0, 0)
    world.send("acme", span("a", ago=10), span("b", number=2, parent=1, ago=10), service="one")
    alone = service_map.services(scope, LATE)
    assert [(node.name, node.spans) for node in alone.nodes] == [("one", 2)]
    assert alone.edges == []
    world.send("acme", span("c", number=3, parent=1, ago=10), service="two")
    (edge,) = service_map.services(scope, LATE).edges
    text = edge_search(edge.caller, edge.callee)
    assert text == "{service=one} > {service=two}"
    assert not service_map.halved(scope, LATE, edge.caller)
    assert traces.count(scope, TraceFilters(LATE, condition(text))).spans == edge.calls == 1
