"""The staleness board, over a small real lake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cast import NOW, World, late, request_of, span

from alerts import freshness
from alerts.freshness import Variable
from queries.alerting import Watched
from queries.filters import TimeRange


@cache
def present() -> datetime:
    """The moment at which these tests begin."""
    return NOW + timedelta(seconds=round(late()))


def hours() -> TimeRange:
    return TimeRange(present() - timedelta(hours=6), present() + timedelta(minutes=5))


def say(world: World, name: str, values: list[Any], every: float, ago: float) -> None:
    """Values of one variable, so many seconds apart, the last one so long `ago`."""
    ago -= (present() - NOW).total_seconds()
    spans = [
        span(
            "charge",
            number=hash((name, i)) % 2**60 + 1,
            ago=ago + every * (len(values) - 1 - i),
            **{f"aeos.data.{name}": value},
        )
        for i, value in enumerate(values)
    ]
    assert world.post("acme", request_of(*spans)).status_code == 200
    world.app.writer.drain_all()


@pytest.fixture(scope="module")
def plant(new_world: Callable[..., World]) -> World:
    world = new_world()
    say(world, "moving", [1, 2, 3, 4], every=10, ago=5)
    say(world, "stuck", [1, *[2] * 6], every=10, ago=5)
    say(world, "gone", [1, 2, 3], every=10, ago=120)
    say(world, "late", [1, 2, 3], every=1000, ago=1000)
    say(world, "once", [1], every=10, ago=200)
    return world


def board(world: World, who: str = "alice", **more: Any) -> dict[str, Variable]:
    found = freshness.board(world.scope(who), hours(), present(), **more)
    assert found.known == len(found.variables)
    return {each.data: each for each in found.variables}


def test_each_variable_says_what_is_wrong_with_it(plant: World) -> None:
    assert {name: each.kinds for name, each in board(plant).items()} == {
        "moving": (),
        "stuck": ("frozen",),
        "gone": ("silent",),
        "late": ("lagging",),
        "once": (),
    }


def test_a_variable_tells_its_run_cadence_and_last_change(plant: World) -> None:
    stuck = board(plant)["stuck"]
    assert (stuck.service, stuck.process, stuck.value) == ("checkout", "charge", "2")
    assert (stuck.run_length, stuck.readings) == (6, 7)
    assert stuck.since == stuck.last_change == present() - timedelta(seconds=55)
    assert stuck.cadence == timedelta(seconds=10)
    assert stuck.last_reading == present() - timedelta(seconds=5)
    assert stuck.labels == (("data", "stuck"), ("process", "charge"), ("service", "checkout"))


def test_a_variable_read_once_has_neither_cadence_nor_change(plant: World) -> None:
    once = board(plant)["once"]
    assert (once.cadence, once.last_change, once.run_length) == (None, None, 1)


def test_those_in_trouble_come_first(plant: World) -> None:
    found = freshness.board(plant.scope("alice"), hours(), present()).variables
    assert [each.data for each in found] == ["stuck", "gone", "late", "moving", "once"]


def test_who_is_on_the_roster_and_never_came_is_silent(plant: World) -> None:
    rpm = board(plant, roster=("charge/rpm", "charge/stuck"))["rpm"]
    assert (rpm.kinds, rpm.last_reading, rpm.value) == (("silent",), None, None)


def test_the_board_can_be_narrowed(plant: World) -> None:
    assert set(board(plant, watched=Watched(data="mo*"))) == {"moving"}
    assert board(plant, watched=Watched(process="ask")) == {}


def test_charlie_sees_no_variable_of_acme(plant: World) -> None:
    assert board(plant, "charlie") == {}
