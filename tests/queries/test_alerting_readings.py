"""The readings of one variable, over a small real lake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cast import NOW, World, request_of, span

from alerts import freshness
from queries import alerting
from queries.filters import TimeRange

HOUR = TimeRange(NOW - timedelta(hours=1), NOW)
LEVEL = ("tank", "rea*d", "level", "")


@pytest.fixture(scope="module")
def tank(new_world: Callable[..., World]) -> World:
    world = new_world()
    spans = [
        span(name, number=10 * k + i + 1, ago=600 - 10 * i, **{"aeos.data.level": 100 * k + i})
        for k, name in enumerate(("rea*d", "read", "rearead"))
        for i in range(4)
    ]
    assert world.post("acme", request_of(*spans, service="tank")).status_code == 200
    world.settle()
    return world


def test_readings_come_newest_first_and_are_those_of_one_variable(tank: World) -> None:
    found = alerting.readings(tank.scope("alice"), HOUR, *LEVEL)
    assert [row["data_value"] for row in found] == ["3", "2", "1", "0"]
    assert {row["readings"] for row in found} == {4}


def test_readings_that_are_cut_say_how_many_there_are(tank: World) -> None:
    found = alerting.readings(tank.scope("alice"), HOUR, *LEVEL, most=2)
    assert [row["data_value"] for row in found] == ["3", "2"]
    assert found.rows[0]["readings"] == 4


def test_one_variable_is_found_though_its_name_looks_like_a_glob(tank: World) -> None:
    found = freshness.one(tank.scope("alice"), HOUR, NOW, LEVEL)
    assert found is not None
    assert (found.org, found.process, found.value, found.readings) == ("acme", "rea*d", "3", 4)
    assert freshness.one(tank.scope("alice"), HOUR, NOW, ("tank", "*", "level", "")) is None


def test_charlie_reads_nothing_of_it(tank: World) -> None:
    assert alerting.readings(tank.scope("charlie"), HOUR, *LEVEL).rows == []
    assert freshness.one(tank.scope("charlie"), HOUR, NOW, LEVEL) is None
    assert alerting.readings(tank.scope("sam", "globex"), HOUR, *LEVEL).rows == []
    assert len(alerting.readings(tank.scope("sam"), HOUR, *LEVEL)) == 4
