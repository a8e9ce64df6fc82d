"""Watched variables, one row each, against the same told by brute force."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import groupby
from typing import Any

import pytest
from cast import World, span
from test_watched_questions import DAY, measure, say

from queries import watched
from queries.filters import Condition, TraceFilters
from queries.reader import Row

EVERYTHING = TraceFilters(DAY)


def variables(world: World, who: str = "alice", **more: Any) -> list[Row]:
    return watched.variables(world.scope(who), TraceFilters(DAY, **more)).rows


def brief(row: Row) -> tuple[Any, ...]:
    return (
        row["service_name"],
        row["process"],
        row["data_name"],
        row["data_value"],
        row["readings"],
        row["distinct_values"],
        row["changes"],
        row["run_length"],
    )


def test_it_tells_the_present_value_and_how_it_came_to_it(world: World) -> None:
    say(world, [1, 2, 2, 3, 2, 2])
    (row,) = variables(world)
    assert brief(row) == ("checkout", "charge", "level", "2", 6, 3, 3, 2)
    assert row["data_type"] == "int"
    assert (row["last_reading"] - row["since"]).total_seconds() == 1
    assert row["span_id"] == f"{6:016x}"


def test_a_gauge_is_a_variable_but_not_of_a_search(world: World) -> None:
    measure(world, [20.5, 20.5, 21.0], arm="left")
    measure(world, [7.0], arm="right")
    say(world, [1])
    found = {(row["source"], row["data_value"], row["run_length"]) for row in variables(world)}
    assert found == {("gauge", "21.0", 1), ("gauge", "7.0", 1), ("span", "1", 1)}
    (row,) = variables(world, condition=Condition("name = $q0", (("q0", "charge"),), "name:charge"))
    assert row["source"] == "span"
    assert variables(world, condition=Condition("false", (), "nothing")) == []


def test_it_hides_another_orgs_variables(world: World) -> None:
    say(world, [1, 1])
    say(world, ["theirs"], org="globex")
    assert [row["data_value"] for row in variables(world, "charlie")] == ["theirs"]
    assert [row["data_value"] for row in variables(world)] == ["1"]
    assert [row["variables"] for row in variables(world, "sam")] == [2, 2]


def test_of_too_many_it_shows_the_newest_and_says_how_many(world: World) -> None:
    world.send(
        "acme",
        *[span(f"p{n}", number=n, ago=n, **{"aeos.data.x": n}) for n in range(1, 6)],
    )
    found = watched.variables(world.scope("alice"), EVERYTHING, most=2).rows
    assert [(row["process"], row["variables"]) for row in found] == [("p1", 5), ("p2", 5)]


@pytest.mark.parametrize("seed", [1, 2])
def test_it_equals_brute_force(world: World, seed: int) -> None:
    chance = random.Random(seed)
    spans, told = [], defaultdict(list)
    for number in range(1, 300):
        process = chance.choice(("charge", "drive"))
        data: dict[str, Any] = {
            name: chance.choice((1, 2, "1", True, 1.5))
            for name in chance.sample(("level", "mode", "load"), chance.choice((1, 1, 2, 3)))
        }
        spans.append(
            span(
                process,
                number=number,
                ago=3000 - number,
                **{f"aeos.data.{name}": value for name, value in data.items()},
            )
        )
        for name, value in data.items():
            told[process, name].append((isinstance(value, str), str(value).lower()))
    world.send("acme", *spans, spans[0])
    expected = set()
    for (process, name), values in told.items():
        runs = [list(run) for _, run in groupby(values)]
        expected.add(
            (
                *("checkout", process, name, values[-1][1]),
                *(len(values), len(set(values)), len(runs) - 1, len(runs[-1])),
            )
        )
    assert {brief(row) for row in variables(world)} == expected
