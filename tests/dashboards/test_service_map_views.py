"""What the service map looks like: elements, rows, words and links, from answers of any size."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboards.overview.map import views
from dashboards.overview.map.placing import arranged
from dashboards.shell.link import Link, LinkError
from queries.filters import TimeRange
from queries.service_map import Course, Edge, Map, Node

UNTIL = datetime(2026, 1, 2, tzinfo=UTC)
HOUR = TimeRange(UNTIL - timedelta(hours=1), UNTIL)
HOSTILE = '<script>alert("1")</script>\x00\n'


def answer(nodes: list[Node], edges: list[Edge], **more: Any) -> Map:
    given = {"nodes_of": len(nodes), "edges_of": len(edges), "edges_source": "spans", **more}
    return Map(
        party="service",
        range=HOUR,
        nodes=nodes,
        edges=edges,
        source="rollups: hour",
        as_of=UNTIL,
        **given,
    )


def node(name: str, spans: int = 60, errors: int = 0) -> Node:
    return Node("service", name, spans, errors, 1e6)


def edge(caller: str, callee: str, calls: int = 1, errors: int = 0) -> Edge:
    return Edge(("service", caller), ("service", callee), calls, errors, None)


def chosen(**given: Any) -> dict[str, Any]:
    part = {"kind": "service", "name": "a b", "spans": 120, "errors": 6, "p95_ns": 2e9}
    return {"search": "?org=acme", "path": "/map", "part": {**part, "minutes": 60, **given}}


def hrefs(component: Any) -> dict[str, dict[str, list[str]]]:
    """Words of a link → the parameters of its address."""
    return {
        link.children: parse_qs(urlsplit(link.href).query)
        for link in component._traverse()
        if getattr(link, "href", None)
    }


def test_nodes_keep_their_ids_and_places_whatever_the_numbers() -> None:
    edges = [edge("a", "b"), edge("b", "c")]
    one = views.drawn(answer([node("a"), node("b"), node("c")], edges), "acme")
    two = views.drawn(answer([node("c", 900), node("a", 3, 3), node("b")], edges[::-1]), "acme")
    assert spots(one) == spots(two)
    assert one["key"] == two["key"]


def spots(drawn: dict[str, Any]) -> dict[str, tuple[str, float, float]]:
    return {
        e["data"]["key"]: (e["data"]["id"], e["position"]["x"], e["position"]["y"])
        for e in drawn["elements"]
        if "position" in e
    }


def test_trouble_is_told_in_words_and_not_by_colour_alone() -> None:
    nodes = [node("well"), node("ill", 100, 1), node("bad", 100, 5)]
    labels = [e["data"]["label"] for e in views.drawn(answer(nodes, []), "")["elements"]]
    assert labels == ["well", "ill\n! 1.00 % errors", "bad\n✕ 5.00 % errors"]


def test_the_biggest_node_and_the_busiest_edge_are_the_widest() -> None:
    found = answer([node("a", 100), node("b", 1)], [edge("a", "b", 50), edge("b", "a", 2)])
    elements = [e["data"] for e in views.drawn(found, "")["elements"]]
    assert elements[0]["size"] == views.BIGGEST > elements[1]["size"] >= views.SMALLEST
    assert elements[2]["width"] > elements[3]["width"]


def test_an_edge_to_a_node_that_is_not_drawn_stays_in_the_list() -> None:
    drawn = views.drawn(answer([node("a")], [edge("a", "beyond")], nodes_of=2), "")
    assert [e["data"]["key"] for e in drawn["elements"]] == ["service:a"]
    assert [row["to"] for row in drawn["rows"]["edges"]] == ["beyond"]


def test_the_summary_says_what_is_left_out_and_what_was_read() -> None:
    found = answer([node("a")], [edge("a", "a")], nodes_of=301, edges_of=4)
    assert [word.children for word in views.summary(found)] == [
        "1 service (+300 more, smaller)",
        "1 connection (+3 more, smaller)",
        "nodes from rollups: hour, connections from spans",
    ]


def test_nobody_to_draw_says_what_to_do_next() -> None:
    assert "/v1/traces" in str(views.nothing(answer([], [])))
    assert views.nothing(answer([node("a")], [])) is None


def test_hostile_names_are_text() -> None:
    found = answer([node(HOSTILE), node("b")], [edge(HOSTILE, "b")])
    drawn = views.drawn(found, "")
    assert json.dumps(drawn)
    assert "\x00" not in drawn["elements"][0]["data"]["label"]
    part = views.part_of(chosen(name=HOSTILE))
    assert part
    card = views.card(part, None, False, Link())
    assert all(link.href.startswith("/") for link in card._traverse() if hasattr(link, "href"))


def test_a_nodes_card_leads_to_its_spans_its_errors_and_its_code() -> None:
    part = views.part_of(chosen(callees=[{"kind": "model", "name": "m", "spans": 2, "errors": 1}]))
    assert part
    course = Course([UNTIL], [120], [6])
    found = hrefs(views.card(part, course, False, Link(org="acme", range="1h")))
    assert found["Show spans"] == {"org": ["acme"], "range": ["1h"], "q": ['service="a b"']}
    assert found["Errors"]["q"] == ['service="a b" status=error']
    assert found["Code Inspector"] == {"org": ["acme"], "range": ["1h"], "service": ["a b"]}
    assert found["m"]["onto"] == ["model:m"]


def test_an_edges_card_leads_to_its_calls() -> None:
    part = views.part_of(chosen(name="a", onto_kind="service", onto="b"))
    assert part
    found = hrefs(views.card(part, None, False, Link()))
    assert found["Show spans"]["q"] == ["{service=a} > {service=b}"]
    model = views.part_of(chosen(name="a", onto_kind="model", onto="m"))
    assert model
    query = hrefs(views.card(model, None, False, Link()))["Show spans"]["q"][0]
    assert query.startswith("service=a model=m operation=chat,")


@pytest.mark.parametrize("given", [{"kind": "nobody"}, {"name": None}, {"onto_kind": "x"}])
def test_a_part_that_is_none_is_refused_in_a_sentence(given: dict[str, Any]) -> None:
    with pytest.raises(LinkError, match="not on the map"):
        views.part_of(chosen(**given))


def test_two_hundred_services_and_a_thousand_edges_stand_apart() -> None:
    chance = Random(3)
    names = [f"s{n}" for n in range(200)]
    pairs = {(chance.choice(names), chance.choice(names)) for _ in range(1_100)}
    edges = [edge(a, b) for a, b in pairs if a != b][:1_000]
    drawn = views.drawn(answer([node(name) for name in names], edges), "")
    assert len(drawn["elements"]) == 1_200
    at = [(x, y) for _, x, y in spots(drawn).values()]
    assert all(abs(a[0] - b[0]) > 60 or abs(a[1] - b[1]) > 60 for a, b in combinations(at, 2))


def test_those_who_all_call_each_other_stand_in_a_circle() -> None:
    names = list("abcdef")
    mutual = [(a, b) for a in names for b in names if a != b]
    found = arranged([*names, "model"], [*mutual, ("a", "model")])
    xs, ys = zip(*(found[name] for name in names), strict=True)
    middle = (sum(xs) / 6, sum(ys) / 6)
    away = [
        ((x - middle[0]) ** 2 + (y - middle[1]) ** 2) ** 0.5 for x, y in zip(xs, ys, strict=True)
    ]
    assert max(away) == pytest.approx(min(away))
    assert found["model"][0] > max(xs)
