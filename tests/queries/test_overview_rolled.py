"""The Overview's numbers are the same from rollups and from spans; and what they must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from cast import NOW, World, request_of, span

from queries import overview
from queries.filters import TimeRange
from queries.reader import Answer

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ODD = timedelta(seconds=17, microseconds=12_345)

RANGES = {
    "five minutes": TimeRange(NOW - timedelta(minutes=5), NOW),
    "an hour": TimeRange(NOW - HOUR - ODD, NOW - ODD),
    "a day": TimeRange(NOW - DAY - ODD, NOW),
    "three days": TimeRange(NOW - 3 * DAY, NOW + ODD),
    "a second": TimeRange(NOW - timedelta(seconds=1_801), NOW - timedelta(seconds=1_800)),
}

QUESTIONS: dict[str, Callable[[Any, TimeRange], Any]] = {
    "totals": overview.totals,
    "course": overview.course,
    "spent": overview.spent,
    "groups": overview.groups,
    "services": overview.services,
    "busiest": overview.operations,
    "slowest": lambda scope, range_: overview.slowest(scope, range_, 500),
    "exceptions": overview.exceptions,
    "heat": overview.heat,
    "releases": overview.releases,
    "models": overview.models,
    "orgs": overview.orgs,
    "newest": lambda scope, range_: overview.newest(scope, range_.until),
    "last_errors": overview.last_errors,
    "root_causes": overview.root_causes,
    "self_times": overview.self_times,
}

INEXACT = ("quantiles_ns", "p95_ns")
"""Within a hundredth from rollups; all other numbers are the same."""


def send(world: World, org: str = "acme") -> None:
    """900 spans over three days, one service for each request."""
    chance = Random(4)
    for service in ("shop", "till", "bank"):
        spans = [
            span(
                f"op {chance.randrange(6)}",
                trace=i // 5 + 1_000 * len(service) + ord(service[0]),
                number=i + 1,
                parent=i // 5 * 5 + 1 if i % 5 else None,
                ago=chance.choice((chance.uniform(0, 300), chance.uniform(0, 3 * 86_400))),
                ms=chance.lognormvariate(3, 2),
                error=chance.choice((None, None, None, "KeyError", f"E{i % 12}")),
                gen_ai__agent__name=f"agent {i % 4}",
                gen_ai__operation__name="chat" if i % 3 == 0 else "execute_tool",
                gen_ai__request__model=f"model {i % 2}",
                gen_ai__usage__input_tokens=i,
                gen_ai__usage__output_tokens=i % 7,
                gen_ai__usage__cost=0.25 * (i % 5),
            )
            for i in range(300)
        ]
        for version, part in ((1, spans[:200]), (2, spans[200:])):
            resource = {
                "service.version": f"{version}.0",
                "aeos.process_group": f"group {len(service) % 2}",
            }
            answer = world.post(org, request_of(*part, service=service, **resource))
            assert answer.status_code == 200


@pytest.fixture(scope="module")
def raw(new_world: Callable[..., World]) -> World:
    """Nothing is rolled."""
    world = new_world()
    send(world)
    world.app.writer.drain_all()
    return world


@pytest.fixture(scope="module")
def rolled(new_world: Callable[..., World]) -> World:
    """The same, rolled, but for a last request."""
    world = new_world()
    send(world)
    world.settle(compact=True)
    return world


def same(one: Any, other: Any, name: str = "") -> None:
    """Both answers say the same, quantiles within a hundredth."""
    if isinstance(one, Answer):
        same(one.rows, other.rows, name)
    elif is_dataclass(one):
        for each in fields(one):
            if each.name != "answer":
                same(getattr(one, each.name), getattr(other, each.name), each.name)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            same(one[key], other[key], key)
    elif isinstance(one, list | tuple):
        assert len(one) == len(other), name
        for a, b in zip(one, other, strict=True):
            same(a, b, name)
    elif isinstance(one, float) and other is not None:
        assert one == pytest.approx(other, rel=0.0101 if name in INEXACT else 1e-9), name
    else:
        assert one == other, name


@pytest.mark.parametrize("length", RANGES)
@pytest.mark.parametrize("question", [q for q in QUESTIONS if q not in ("heat", "slowest")])
def test_rollups_and_spans_say_the_same(
    raw: World, rolled: World, question: str, length: str
) -> None:
    ask, range_ = QUESTIONS[question], RANGES[length]
    expected = ask(raw.scope("alice"), range_)
    same(ask(rolled.scope("alice"), range_), expected)


@pytest.mark.parametrize("length", RANGES)
def test_slow_operations_are_the_same_but_for_near_ties(
    raw: World, rolled: World, length: str
) -> None:
    ask, range_ = QUESTIONS["slowest"], RANGES[length]

    def by_name(answer: Answer) -> list[dict[str, Any]]:
        return sorted(answer.rows, key=lambda row: (row["service_name"], row["operation"]))

    found = ask(rolled.scope("alice"), range_)
    p95 = [row["quantiles_ns"][1] for row in found if row["quantiles_ns"]]
    assert p95 == sorted(p95, reverse=True)
    same(by_name(found), by_name(ask(raw.scope("alice"), range_)))


@pytest.mark.parametrize("length", RANGES)
def test_the_heatmap_holds_every_span_once(raw: World, rolled: World, length: str) -> None:
    range_ = RANGES[length]
    found = overview.heat(rolled.scope("alice"), range_)
    spans = overview.totals(rolled.scope("alice"), range_).one["spans"]
    assert sum(cell.spans for cell in found.cells) == spans
    exact = overview.heat(raw.scope("alice"), range_)
    # a duration at the very edge of a level may be counted in the next one
    apart = Counter({(c.bucket, c.level): c.spans for c in found.cells})
    apart.subtract({(c.bucket, c.level): c.spans for c in exact.cells})
    assert sum(map(abs, apart.values())) <= 2 + 0.08 * spans


def test_the_rolled_world_answers_from_rollups(rolled: World) -> None:
    answer = overview.totals(rolled.scope("alice"), RANGES["a day"])
    assert answer.source.startswith("rollups: ")


@pytest.mark.parametrize("question", QUESTIONS)
def test_charlie_sees_nothing_of_acme(raw: World, rolled: World, question: str) -> None:
    for world in (raw, rolled):
        found = QUESTIONS[question](world.scope("charlie"), RANGES["three days"])
        said = repr(found)
        assert not any(
            word in said for word in ("shop", "till", "bank", "agent 1", "model 1", "E1")
        )
        if isinstance(found, Answer) and question != "totals":
            assert found.rows == []
    assert overview.totals(rolled.scope("charlie"), RANGES["three days"]).one["spans"] == 0


# what they must be


def test_an_exception_is_told_with_its_first_and_last_time(world: World) -> None:
    world.send(
        "acme",
        *[span(number=i, ago=60 * i, error="KeyError") for i in (5, 9, 30)],
        span(number=40, ago=120, error="OSError"),
        span(number=41, ago=130),
    )
    bare = span(number=50, ago=200, error="gone")
    del bare.events[:]
    world.send("acme", bare, service="other")
    found, known = overview.exceptions(world.scope("alice"), RANGES["a day"])
    told = [(each.exception, each.spans, each.first, each.last) for each in found]
    assert told == [
        ("KeyError", 3, NOW - timedelta(minutes=30), NOW - timedelta(minutes=5)),
        ("OSError", 1, NOW - timedelta(seconds=120), NOW - timedelta(seconds=120)),
        (None, 1, None, None),
    ]
    assert known == 3
    assert [sum(each.over) for each in found] == [3, 1, 1]


def test_ten_thousand_exceptions_are_cut(world: World) -> None:
    world.send("acme", *[span(number=i + 1, error=f"E{i}") for i in range(1_000)])
    found, known = overview.exceptions(world.scope("alice"), RANGES["a day"], top=7)
    assert (len(found), known) == (7, 1_000)


def test_a_root_cause_is_an_error_none_of_whose_children_failed(world: World) -> None:
    world.send(
        "acme",
        span("request", number=1, ago=60, error="Failed"),
        span("step", number=2, parent=1, ago=59, error="Failed"),
        span("call", number=3, parent=2, ago=58, error="Timeout"),
        span("well", number=4, parent=3, ago=57),
        span("alone", number=5, trace=2, ago=56, error="Timeout"),
        # an id alike in another trace is somebody else's child
        span("stranger", number=6, parent=5, trace=3, ago=55, error="Odd"),
    )
    found = overview.root_causes(world.scope("alice"), RANGES["a day"])
    assert {row["operation"]: row["spans"] for row in found.rows} == {
        "call": 1,
        "alone": 1,
        "stranger": 1,
    }
    assert (found.errors, found.whole) == (5, True)
    newest = overview.root_causes(world.scope("alice"), RANGES["a day"], most=2)
    assert {row["operation"] for row in newest.rows} == {"alone", "stranger"}
    assert (newest.errors, newest.whole) == (2, False)


def test_own_time_is_what_no_child_covers(world: World) -> None:
    world.send(
        "acme",
        span("root", number=1, ago=100, ms=10_000),
        # two children at once cover three seconds together
        span("left", number=2, parent=1, ago=99, ms=2_000),
        span("right", number=3, parent=1, ago=98, ms=2_000),
        # one that outlives its parent covers only what there is of it
        span("late", number=4, parent=1, ago=91, ms=60_000),
        span("below", number=5, parent=2, ago=99, ms=500),
    )
    found = overview.self_times(world.scope("alice"), RANGES["a day"])
    own = {row["operation"]: row["own_ns"] / 1e9 for row in found.rows}
    assert own == {"late": 60, "root": 6, "right": 2, "left": 1.5, "below": 0.5}
    assert sum(row["share"] for row in found.rows) == pytest.approx(1)
    assert (found.slowest, found.traces) == (1, 1)


def test_a_release_is_marked_when_a_service_shows_another(world: World) -> None:
    for version, ago in (("1.0", 7_000), ("1.1", 3_000), ("1.1", 100)):
        world.send("acme", span(number=int(ago), ago=ago), **{"service.version": version})
    world.send("acme", span(number=1, ago=50), service="new", **{"service.version": "7"})
    alice = world.scope("alice")
    rows = overview.releases(alice, RANGES["an hour"]).rows
    assert [(row["service_version"], row["first"]) for row in rows] == [
        ("1.1", NOW - timedelta(seconds=3_000))
    ]
    late = TimeRange(NOW - timedelta(minutes=5), NOW)
    assert overview.releases(alice, late).rows == []


def test_a_clock_in_the_future_does_not_make_data_fresh(world: World) -> None:
    world.send("acme", span(number=1, ago=-7_200), span(number=2, ago=300))
    assert overview.newest(world.scope("alice"), NOW) == NOW - timedelta(seconds=300)
