"""Metric rollups: they equal what plain Python counts, point by point, however late these come."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from otlp_cast import NOON, SECOND, metrics, pairs
from writing_house import ACME, GLOBEX, House, build

from telemetry import metric_rollups

DELTA, CUMULATIVE = 1, 2
HOUR = 3600
BOUNDS = [1.0, 10.0]
BEGAN = NOON - 1000 * SECOND


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = build(tmp_path / "data")
    yield made
    made.spool.close()


def send(house: House, *found: Metric, service: str = "till", org: dict[str, str] = ACME) -> None:
    body = metrics(*found, resource={"service.name": service})
    assert house.post("/v1/metrics", body, key=org).status_code == 200
    house.writer.drain_all()


def timed(at: float, **fields: Any) -> dict[str, Any]:
    return {
        "time_unix_nano": NOON + int(at * SECOND),
        "start_time_unix_nano": BEGAN,
        **fields,
    }


def gauge(at: float, value: float, **series: Any) -> Metric:
    point = timed(at, as_double=value, attributes=pairs(series))
    return Metric(name="heat", gauge={"data_points": [point]})


def counter(
    at: float, value: float, temporality: int = CUMULATIVE, began: int = BEGAN, **series: Any
) -> Metric:
    point = timed(at, as_double=value, attributes=pairs(series)) | {"start_time_unix_nano": began}
    data = {"data_points": [point], "is_monotonic": True, "aggregation_temporality": temporality}
    return Metric(name="served", sum=data)


def histogram(at: float, counts: list[int], temporality: int = CUMULATIVE) -> Metric:
    point = timed(
        at, count=sum(counts), sum=float(sum(counts)), bucket_counts=counts, explicit_bounds=BOUNDS
    )
    data = {"data_points": [point], "aggregation_temporality": temporality}
    return Metric(name="took", histogram=data)


def exponential(at: float, scale: int, offset: int, counts: list[int], zero: int = 0) -> Metric:
    point = timed(
        at,
        count=sum(counts) + zero,
        sum=1.0,
        scale=scale,
        zero_count=zero,
        positive={"offset": offset, "bucket_counts": counts},
    )
    data = {"data_points": [point], "aggregation_temporality": CUMULATIVE}
    return Metric(name="sized", exponential_histogram=data)


def rolled(house: House) -> dict[tuple[Any, ...], dict[str, Any]]:
    files = house.files("metric_rollups")
    if not files:
        return {}
    with duckdb.connect() as db:
        db.execute("set timezone = 'UTC'")
        found = db.sql(
            "select * from read_parquet($files, hive_partitioning = true)", params={"files": files}
        )
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    named = {(r["org_id"], r["level"], r["start"], r["service_name"], r["name"]): r for r in rows}
    assert len(named) == len(rows)
    return named


def day_of(house: House, name: str) -> dict[str, Any]:
    (row,) = [row for key, row in rolled(house).items() if key[1] == "day" and key[4] == name]
    return row


POINTS = st.lists(
    st.one_of(
        st.tuples(st.just("heat"), st.sampled_from("xy"), st.integers(-9, 9)),
        st.tuples(st.just("served"), st.sampled_from("xy"), st.integers(0, 9)),
        st.tuples(st.just("delta"), st.sampled_from("xy"), st.integers(0, 9)),
        st.tuples(
            st.just("took"), st.just("x"), st.lists(st.integers(0, 5), min_size=3, max_size=3)
        ),
    ),
    min_size=1,
    max_size=12,
)
TIMES = st.lists(
    st.sampled_from([0, 1, 30, 61, 62, 1800, 3599, 3601, 7300, 20_000]), min_size=12, max_size=12
)
Point = tuple[int, tuple[str, str, Any]]


def metric_of(at: int, what: tuple[str, str, Any]) -> Metric:
    name, series, value = what
    if name == "heat":
        return gauge(at, value, of=series)
    if name == "took":
        return histogram(at, value)
    made = counter(at, value, DELTA if name == "delta" else CUMULATIVE, of=series)
    made.name = name
    return made


@given(
    points=POINTS,
    times=TIMES,
    rolls=st.sets(st.integers(0, 11), max_size=3),
    again=st.sets(st.integers(0, 11), max_size=3),
)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rollups_equal_a_count_over_the_points(
    tmp_path_factory: pytest.TempPathFactory,
    points: list[tuple[str, str, Any]],
    times: list[int],
    rolls: set[int],
    again: set[int],
) -> None:
    house = build(tmp_path_factory.mktemp("house") / "data")
    taken: dict[tuple[str, str, int], Point] = {}
    for at, what in zip(times, points, strict=False):
        taken.setdefault((what[0], what[1], at), (at, what))
    for number, (at, what) in enumerate(taken.values()):
        send(house, metric_of(at, what))
        if number in again:
            # in another request, which the receiver cannot know for a retry
            send(house, metric_of(at, what), Metric(name=f"other {number}"))
        if number in rolls:
            metric_rollups.roll(house.settings)
    metric_rollups.roll(house.settings)
    found = rolled(house)
    expected = counted(list(taken.values()))
    assert found.keys() == expected.keys()
    for key, own in expected.items():
        for name, value in own.items():
            assert found[key][name] == value, (key, name)
    house.spool.close()


def counted(points: list[Point]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """One series after the other, each in the order of its times."""
    series: dict[tuple[str, str], list[tuple[int, Any]]] = defaultdict(list)
    for at, (name, of, value) in points:
        series[name, of].append((at, value))
    rows: dict[tuple[Any, ...], list[tuple[int, str, Any, Any]]] = defaultdict(list)
    for (name, of), found in series.items():
        before: Any = None
        for at, value in sorted(found):
            for level, length in (("minute", 60), ("hour", HOUR), ("day", 86400)):
                second = NOON // SECOND + at
                start = datetime.fromtimestamp(second - second % length, UTC)
                gain = gained(name, value, before)
                rows["acme", level, start, "till", name].append((at, of, value, gain))
            before = value
    return {key: summed(key[-1], members) for key, members in rows.items()}


def gained(name: str, value: Any, before: Any) -> Any:
    if name == "took":
        reset = before is None or sum(value) < sum(before)
        return value if reset else [max(0, n - b) for n, b in zip(value, before, strict=True)]
    if name == "served":
        return value if before is None or value < before else value - before
    return value


def summed(name: str, members: list[tuple[int, str, Any, Any]]) -> dict[str, Any]:
    own: dict[str, Any] = {"points": len(members), "series": len({of for _, of, *_ in members})}
    gains = [gain for *_, gain in members]
    if name == "took":
        buckets = Counter[float]()
        for gain in gains:
            buckets.update(dict(zip([*BOUNDS, math.inf], gain, strict=True)))
        return own | {"buckets": {b: n for b, n in buckets.items() if n} or None}
    values = [value for _, _, value, _ in members]
    newest = max(at for at, *_ in members)
    own |= {"least": min(values), "greatest": max(values), "total": sum(values)}
    own |= {"last": max(value for at, _, value, _ in members if at == newest)}
    own |= {"valued": len(values), "growth": None if name == "heat" else sum(gains)}
    return own


def test_a_counter_grows_over_a_restart(house: House) -> None:
    restarted = NOON + 100 * SECOND
    send(house, counter(0, 10), counter(60, 15), counter(120, 20, began=restarted))
    metric_rollups.roll(house.settings)
    assert day_of(house, "served")["growth"] == 10 + 5 + 20


def test_a_counter_of_unknown_age_grows_from_its_first_point(house: House) -> None:
    long_ago = NOON - 40 * 86400 * SECOND
    send(house, counter(0, 1000, began=long_ago), counter(60, 1004, began=long_ago))
    metric_rollups.roll(house.settings)
    assert day_of(house, "served")["growth"] == 4


def test_a_counter_goes_on_over_midnight(house: House) -> None:
    send(house, counter(12 * HOUR - 30, 7), counter(12 * HOUR + 30, 9))
    metric_rollups.roll(house.settings)
    days = {key[2].day: row["growth"] for key, row in rolled(house).items() if key[1] == "day"}
    assert sorted(days.values()) == [2, 7]
    send(house, counter(12 * HOUR - 10, 8))
    metric_rollups.roll(house.settings)
    days = {key[2].day: row["growth"] for key, row in rolled(house).items() if key[1] == "day"}
    assert sorted(days.values()) == [1, 8]


def test_exponential_buckets_of_two_scales_are_merged(house: House) -> None:
    send(house, exponential(0, 1, 0, [4, 4, 2], zero=1), exponential(60, 0, 0, [10, 5], zero=3))
    metric_rollups.roll(house.settings)
    row = day_of(house, "sized")
    assert row["buckets"] == {0.0: 3, 2.0: 10, 4.0: 5}
    assert row["count"] == 18


def test_orgs_and_services_stay_apart_and_two_workers_count_once(house: House) -> None:
    send(house, gauge(0, 1), service="till")
    send(house, gauge(0, 2), service="shop")
    send(house, gauge(0, 4), org=GLOBEX)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(metric_rollups.roll, [house.settings] * 4))
    days = {key: row["total"] for key, row in rolled(house).items() if key[1] == "day"}
    assert sorted((org, service, total) for (org, _, _, service, _), total in days.items()) == [
        ("acme", "shop", 2),
        ("acme", "till", 1),
        ("globex", "till", 4),
    ]
    assert metric_rollups.roll(house.settings) == 0
