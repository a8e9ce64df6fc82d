"""What hangs below a span, over a small real lake."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from cast import NOW, World, span

from queries import family, traces
from queries.errors import BadQuestion
from queries.family import Place
from queries.filters import TimeRange

ACME = "acme"


def place(number: int, trace: int = 1, org: str = ACME) -> Place:
    return Place(org, f"{trace:032x}", f"{number:016x}")


def names(world: World, parents: list[Place], who: str = "alice", **more: int) -> list[str]:
    return [row["name"] for row in family.children(world.scope(who), parents, **more)]


@pytest.fixture
def small(world: World) -> World:
    """1 has 2, 3 and 4; 3 has 5; 6 lost its parent 99; 7 is its own parent."""
    world.send(
        ACME,
        span("one", number=1, ago=60),
        span("two", number=2, parent=1, ago=59),
        span("three", number=3, parent=1, ago=58),
        span("four", number=4, parent=1, ago=57),
        span("five", number=5, parent=3, ago=56),
        span("six", number=6, parent=0x99, ago=55),
        span("seven", number=7, parent=7, ago=54),
    )
    return world


def test_children_come_by_start_and_say_how_many_they_have(small: World) -> None:
    found = family.children(small.scope("alice"), [place(1)])
    assert [(row["name"], row["children"], row["siblings"]) for row in found] == [
        ("two", 0, 3),
        ("three", 1, 3),
        ("four", 0, 3),
    ]


def test_several_parents_are_asked_at_once(small: World) -> None:
    assert names(small, [place(3), place(1), place(3)]) == ["two", "three", "four", "five"]
    assert names(small, [place(2)]) == []
    assert names(small, [place(7)]) == ["seven"]


def test_no_more_than_the_most_of_each_are_sent(small: World) -> None:
    found = family.children(small.scope("alice"), [place(1), place(3)], most=2).rows
    assert [(row["name"], row["siblings"]) for row in found] == [
        ("two", 3),
        ("three", 3),
        ("five", 1),
    ]


def test_roots_come_first_then_orphans(small: World) -> None:
    found = family.roots(small.scope("alice"), [Place(ACME, f"{1:032x}")])
    assert [(row["name"], row["orphan"], row["children"]) for row in found] == [
        ("one", False, 3),
        ("six", True, 0),
    ]


def test_a_trace_that_is_one_circle_has_its_earliest_span_on_top(world: World) -> None:
    world.send(
        ACME,
        span("b", number=2, parent=1, ago=50),
        span("a", number=1, parent=2, ago=60),
        span("rooted", trace=2, number=1),
    )
    traces_ = [Place(ACME, f"{n:032x}") for n in (1, 2)]
    found = family.roots(world.scope("alice"), traces_)
    assert [(r["name"], r["circular"], r["orphan"]) for r in found] == [
        ("a", True, False),
        ("rooted", False, False),
    ]


def test_kin_knows_who_has_children_and_who_lost_a_parent(small: World) -> None:
    asked = [place(number) for number in range(1, 8)]
    found = {int(row["span_id"], 16): row for row in family.kin(small.scope("alice"), asked)}
    assert {n: row["children"] for n, row in found.items()} == {
        1: 3, 2: 0, 3: 1, 4: 0, 5: 0, 6: 0, 7: 1,
    }  # fmt: skip
    assert [n for n, row in found.items() if row["orphan"]] == [6]
    assert found[6]["parent_span_id"] == f"{0x99:016x}"


def test_near_the_rows_is_enough_for_children_but_not_to_call_one_an_orphan(world: World) -> None:
    world.send(
        ACME,
        span("long ago", number=1, ago=40_000),
        span("child", number=2, parent=1, ago=60),
        span("grandchild", number=3, parent=2, ago=50),
        span("lost", number=4, parent=0x99, ago=40),
    )
    near = TimeRange(NOW - timedelta(hours=1), NOW)
    found = family.standing(world.scope("alice"), [place(n) for n in (2, 3, 4)], near)
    told = {int(row["span_id"], 16): (row["children"], row["orphan"]) for row in found}
    assert told == {2: (1, False), 3: (0, False), 4: (0, True)}
    alone = family.kin(world.scope("alice"), [place(2)], within=near)
    assert [row["orphan"] for row in alone] == [True]


def test_a_span_delivered_twice_is_one_child(small: World) -> None:
    small.send(ACME, span("two", number=2, parent=1, ago=59))
    assert names(small, [place(1)]) == ["two", "three", "four"]
    (row,) = family.kin(small.scope("alice"), [place(1)])
    assert row["children"] == 3


def test_two_orgs_with_one_trace_id_stay_apart(small: World) -> None:
    small.send("globex", span("theirs", number=2, parent=1), span("root", number=8))
    assert names(small, [place(1), place(1, org="globex")], "charlie") == ["theirs"]
    assert names(small, [place(1)], "charlie") == []
    assert names(small, [place(1, org="globex")], "alice") == []
    assert names(small, [place(1)], "sam") == ["two", "three", "four"]
    tops = family.roots(small.scope("sam"), [Place("globex", f"{1:032x}")])
    # their parent, which only acme has, is missing
    assert [(row["name"], row["orphan"]) for row in tops] == [("root", False), ("theirs", True)]
    (row,) = family.kin(small.scope("charlie"), [place(8, org="globex")])
    assert row["children"] == 0


@pytest.mark.parametrize("id_", ["x", "0", "zz" * 8])
def test_an_id_that_is_none_is_told_in_a_sentence(world: World, id_: str) -> None:
    with pytest.raises(BadQuestion, match="row is not known"):
        family.children(world.scope("alice"), [Place(ACME, "00" * 16, id_)])


def test_it_counts_like_brute_force_over_random_forests(world: World) -> None:
    """Broken ones too: unknown parents, cycles, several roots."""
    chance = random.Random(7)
    parents = {n: chance.choice([None, *range(1, 46)]) for n in range(1, 41)}
    world.send(
        ACME,
        *[span(f"s{n}", number=n, parent=p, ago=900 - n) for n, p in parents.items()],
    )
    scope = world.scope("alice")
    for answer in family.kin(scope, [place(number) for number in parents]):
        number = int(answer["span_id"], 16)
        assert answer["children"] == sum(p == number for p in parents.values())
        assert answer["orphan"] == (parents[number] is not None and parents[number] > 40)
    for number in parents:
        expected = [f"s{n}" for n, p in parents.items() if p == number]
        assert names(world, [place(number)]) == expected
    tops = [row["name"] for row in family.roots(scope, [Place(ACME, f"{1:032x}")])]
    assert sorted(tops) == sorted(f"s{n}" for n, p in parents.items() if p is None or p > 40)


def test_more_columns_and_attributes_of_the_rows_shown(world: World) -> None:
    world.send(
        ACME,
        span("a", number=1, ago=60, **{"user.tier": "gold", "n": 1, "long": "x" * 5000}),
        span("b", number=2, ago=61, **{"gen_ai.request.model": "m"}),
        span("c", number=3, ago=62, **{"user.tier": "none of the page"}),
        **{"host.name": "h1"},
    )
    scope = world.scope("alice")
    shown = [
        {"trace_id": f"{1:032x}", "span_id": f"{n:016x}", "start_time": row["start_time"]}
        for n, row in ((r, spans_row(world, r)) for r in (1, 2))
    ]
    found = {row["span_id"]: row for row in traces.columns_of(scope, shown)}
    assert [found[f"{n:016x}"]["model"] for n in (1, 2)] == [None, "m"]
    values = {
        int(row["span_id"], 16): (row["attributes"], row["resource"])
        for row in traces.attributes_of(scope, shown, ["user.tier", "n"], ["host.name"])
    }
    assert values == {1: (['"gold"', "1"], ['"h1"']), 2: ([None, None], ['"h1"'])}
    (long, _) = [row["attributes"][0] for row in traces.attributes_of(scope, shown, ["long"], [])]
    assert len(long) == traces.LONGEST
    assert traces.columns_of(world.scope("charlie"), shown).rows == []
    assert traces.attributes_of(world.scope("charlie"), shown, ["n"], []).rows == []


def spans_row(world: World, number: int) -> dict[str, object]:
    (row,) = [
        row
        for row in family.roots(world.scope("alice"), [Place(ACME, f"{1:032x}")])
        if row["span_id"] == f"{number:016x}"
    ]
    return row
