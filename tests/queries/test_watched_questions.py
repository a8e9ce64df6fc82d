"""Questions about watched variables, over a small real lake."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from cast import NOW, World, pairs, request_of, span
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, DataPointFlags

from queries import watched
from queries.filters import TimeRange
from queries.reader import Row

DAY = TimeRange(NOW - timedelta(days=1), NOW + timedelta(minutes=5))
CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
NO_VALUE = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK


def say(world: World, values: Iterable[Any], name: str = "level", org: str = "acme") -> None:
    """A span for each value of the variable, a second apart, the last one now."""
    values = list(values)
    world.send(
        org,
        *[
            span(
                "charge",
                number=i + 1,
                ago=len(values) - 1 - i,
                **{f"aeos.data.{name}": value},
            )
            for i, value in enumerate(values)
        ],
    )


def measure(
    world: World,
    values: Iterable[float | None],
    name: str = "oil_c",
    kind: str = "gauge",
    **series: Any,
) -> None:
    """A data point for each value, a second apart, the last one now."""
    values = list(values)
    request = ExportMetricsServiceRequest()
    block = request.resource_metrics.add()
    block.resource.attributes.extend(pairs({"service.name": "plant"}))
    metric = block.scope_metrics.add().metrics.add(name=name)
    if kind == "sum":
        metric.sum.aggregation_temporality = CUMULATIVE
    for i, value in enumerate(values):
        time = int((NOW - timedelta(seconds=len(values) - 1 - i)).timestamp() * 1e9)
        point = getattr(metric, kind).data_points.add(time_unix_nano=time)
        point.attributes.extend(pairs(series))
        if value is None:
            point.flags = NO_VALUE
        else:
            point.as_double = value
    answer = world.post("acme", request.SerializeToString(), "metrics")
    assert answer.status_code == 200, answer.data
    world.settle()


def stuck(world: World, who: str = "alice") -> list[Row]:
    return watched.stuck(world.scope(who), DAY).rows


def brief(rows: list[Row]) -> list[tuple[str, str, int]]:
    return [(row["data_name"], row["data_value"], row["readings"]) for row in rows]


@pytest.mark.parametrize(("repeats", "runs"), [(1, 0), (5, 0), (6, 1), (7, 1)])
def test_more_than_five_equal_values_are_stuck(world: World, repeats: int, runs: int) -> None:
    say(world, [1, *[2] * repeats, 3])
    assert len(stuck(world)) == runs


def test_a_run_says_what_it_is(world: World) -> None:
    say(world, [1, *[2] * 6, 3, 4])
    (run,) = stuck(world)
    assert run == {
        "org_id": "acme",
        "source": "span",
        "service_name": "checkout",
        "process": "charge",
        "data_name": "level",
        "series": None,
        "data_value": "2",
        "readings": 6,
        "since": NOW - timedelta(seconds=7),
        "until": NOW - timedelta(seconds=2),
        "lasting": False,
        "trace_id": f"{1:032x}",
        "span_id": f"{7:016x}",
    }


def test_a_run_lasts_until_another_value_comes(world: World) -> None:
    say(world, [1, *[2] * 6], "stays")
    say(world, [*[2] * 6, 1], "moved")
    assert {row["data_name"]: row["lasting"] for row in stuck(world)} == {
        "stays": True,
        "moved": False,
    }


def test_a_value_that_comes_back_is_another_run(world: World) -> None:
    say(world, [*[1] * 6, 2, *[1] * 7])
    assert brief(stuck(world)) == [("level", "1", 7), ("level", "1", 6)]


def test_the_limit_can_be_another(world: World) -> None:
    say(world, [1, 1, 1, 2, 2])
    assert len(watched.stuck(world.scope("alice"), DAY, more_than=2)) == 1
    assert len(watched.stuck(world.scope("alice"), DAY, more_than=1)) == 2


def test_a_span_may_watch_several_variables(world: World) -> None:
    world.send(
        "acme",
        *[
            span(
                number=i + 1,
                ago=60 - i,
                aeos__data__mode="idle",
                aeos__data__level=i,
                aeos__data__limit=7.5,
                other__limit=1,
            )
            for i in range(6)
        ],
    )
    assert sorted(brief(stuck(world))) == [("limit", "7.5", 6), ("mode", "idle", 6)]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("idle", "idle"),
        ('say "hi"\n', 'say "hi"\n'),
        ("", ""),
        (True, "true"),
        (-3, "-3"),
        (0.5, "0.5"),
        ("<b>x</b>", "<b>x</b>"),
    ],
)
def test_a_value_is_shown_as_text(world: World, value: Any, shown: str) -> None:
    say(world, [value] * 6)
    assert brief(stuck(world)) == [("level", shown, 6)]


def test_a_number_is_not_its_text(world: World) -> None:
    say(world, [1, 1, 1, "1", "1", "1"])
    assert stuck(world) == []


def test_series_do_not_mix(world: World) -> None:
    """By service, operation and variable, though their readings alternate."""
    for service, name in (("one", "read"), ("two", "read"), ("one", "write")):
        world.send(
            "acme",
            *[
                span(name, trace=9, number=i + 1, ago=60 - i, aeos__data__level=service)
                for i in range(5)
            ],
            service=service,
        )
    assert stuck(world) == []
    world.send("acme", span("read", number=6, ago=1, aeos__data__level="one"), service="one")
    assert [(row["service_name"], row["process"]) for row in stuck(world)] == [("one", "read")]


def test_a_gauge_is_watched(world: World) -> None:
    measure(world, [54.0, *[54.2] * 6])
    (run,) = stuck(world)
    assert (run["source"], run["service_name"], run["process"]) == ("gauge", "plant", "oil_c")
    assert brief([run]) == [("oil_c", "54.2", 6)]
    assert (run["trace_id"], run["span_id"], run["lasting"]) == (None, None, True)


def test_gauges_of_different_attributes_are_different_series(world: World) -> None:
    measure(world, [1.0] * 5, pump="a")
    measure(world, [1.0] * 5, pump="b")
    assert stuck(world) == []
    measure(world, [1.0] * 6, name="rpm", pump="a")
    measure(world, [1.0] * 6, name="rpm", pump="b")
    assert len({row["series"] for row in stuck(world)}) == 2


def test_a_counter_may_stand_still(world: World) -> None:
    measure(world, [3.0] * 9, kind="sum")
    assert stuck(world) == []


def test_a_point_without_a_value_ends_a_run(world: World) -> None:
    measure(world, [1.0] * 4 + [None] + [1.0] * 4, name="interrupted")
    measure(world, [1.0] * 6 + [None], name="ended")
    measure(world, [None] * 9, name="silent")
    rows = stuck(world)
    assert brief(rows) == [("ended", "1.0", 6)]
    assert rows[0]["lasting"] is False


def test_a_reading_that_is_delivered_again_is_no_further_reading(world: World) -> None:
    say(world, [1, 1, 1])
    say(world, [1, 1, 1])
    measure(world, [2.0] * 3)
    measure(world, [2.0] * 3)
    assert stuck(world) == []


def test_readings_at_one_time_have_an_order(world: World) -> None:
    """By trace and span: ten that alternate are no run, however often it is asked."""
    world.send(
        "acme",
        *[span(trace=i // 5 + 1, number=i + 1, ago=60, aeos__data__flip=i % 2) for i in range(10)],
        *[span(trace=i // 5 + 1, number=i + 1, ago=9, aeos__data__flop=i // 6) for i in range(12)],
    )
    for _ in range(3):
        assert brief(stuck(world)) == [("flop", "1", 6), ("flop", "0", 6)]


def test_the_newest_run_comes_first(world: World) -> None:
    say(world, [1] * 6 + [0] * 3, "early")
    say(world, [1] * 6, "late")
    assert [row["data_name"] for row in stuck(world)] == ["late", "early"]


def test_only_readings_of_the_range_count(world: World) -> None:
    say(world, [1] * 8)
    range_ = TimeRange(NOW - timedelta(seconds=4), NOW + timedelta(seconds=1))
    assert watched.stuck(world.scope("alice"), range_).rows == []


def test_an_empty_lake_has_nothing_stuck(world: World) -> None:
    assert stuck(world) == []


def test_charlie_sees_nothing_of_acme(world: World) -> None:
    say(world, [1] * 6)
    measure(world, [1.0] * 6)
    assert stuck(world, "charlie") == []
    assert len(stuck(world, "bob")) == 2
    assert len(stuck(world, "sam")) == 2


def test_staff_see_the_same_series_of_two_orgs_apart(world: World) -> None:
    say(world, [1] * 4, org="acme")
    say(world, [1] * 4, org="globex")
    assert stuck(world, "sam") == []


def test_nothing_is_watched_without_the_prefix(world: World) -> None:
    body = request_of(*[span(number=i + 1, ago=60 - i, aeos__database="x") for i in range(9)])
    world.post("acme", body)
    world.settle()
    assert stuck(world) == []
