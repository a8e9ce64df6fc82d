"""The repeat rule against readings whose stale periods their authors labelled."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from cast import SHARED, World

from alerts import measures
from alerts.measures import Reading
from alerts.rules import Rule, Staleness
from queries.filters import EPOCH

METRICS = SHARED / "samples" / "metrics"
SERIES = "ac_power_inv_2173_stale_data"
CADENCE = timedelta(minutes=15)

pytestmark = pytest.mark.skipif(
    not (METRICS / "pvanalytics_stale_otlp.jsonl.gz").exists(),
    reason="the shared samples are not beside this checkout",
)


@pytest.fixture
def plant(world: World) -> World:
    """A world with the inverter's readings, sent as they are."""
    with gzip.open(METRICS / "pvanalytics_stale_otlp.jsonl.gz", "rt") as lines:
        for line in lines:
            answer = world.post("acme", line.encode(), "metrics", "application/json")
            assert answer.status_code == 200, answer.data
    world.settle()
    return world


def labelled() -> tuple[list[datetime], set[datetime]]:
    """All times of the series, and those whose readings are labelled as stale."""
    table = pq.read_table(METRICS / "pvanalytics.parquet", filters=[("series", "=", SERIES)])
    rows = table.sort_by("ts").to_pylist()
    times = [row["ts"].astimezone(UTC) for row in rows]
    return times, {time for time, row in zip(times, rows, strict=True) if row["label"]}


def found_by(world: World, its: Staleness, times: list[datetime]) -> set[datetime]:
    """Times of the readings in runs that an evaluator calls frozen, looking at each quarter."""
    rule = Rule(name="frozen", org="acme", condition=its, every=CADENCE, window=timedelta(days=7))
    instants = measures.instants(rule, times[0], times[-1] + 2 * CADENCE)
    found: set[datetime] = set()
    for _, readings in measures.measure(world.scope("alice"), rule, instants):
        for reading in readings:
            if reading.breached:
                found |= _covered(reading, times)
    return found


def _covered(reading: Reading, times: list[datetime]) -> set[datetime]:
    return {time for time in times if reading.since <= time < reading.until}


def test_the_repeat_rule_finds_all_labelled_stale_readings(
    plant: World, record_property: Any
) -> None:
    times, stale = labelled()
    assert len(stale) == 245
    plain = found_by(plant, Staleness(kind="frozen"), times)
    assert len(plain & stale) == 245
    # nights: an inverter without sun reads 0 all night long, and so it should
    assert len(plain - stale) == 991
    ignoring = found_by(plant, Staleness(kind="frozen", ignore=("0",)), times)
    assert ignoring == stale
    told = {
        "recall": f"{len(plain & stale)} of {len(stale)}",
        "precision": f"{len(plain & stale) / len(plain):.3f}",
        "precision when 0 may repeat": f"{len(ignoring & stale) / len(ignoring):.3f}",
    }
    record_property("repeat rule", json.dumps(told))
    assert told["precision when 0 may repeat"] == "1.000"
    assert told["precision"] == "0.198"


def test_the_first_alarm_comes_with_the_sixth_equal_reading(plant: World) -> None:
    times, stale = labelled()
    first = min(stale)
    sixth = times[times.index(first) + 5]
    rule = Rule(
        name="frozen",
        org="acme",
        condition=Staleness(kind="frozen", ignore=("0",)),
        every=CADENCE,
        window=timedelta(days=7),
    )
    scope = plant.scope("alice")
    instants = measures.instants(rule, first, sixth + 2 * CADENCE)
    breached = [
        instant
        for instant, readings in measures.measure(scope, rule, instants)
        if any(reading.breached for reading in readings)
    ]
    due = -((EPOCH - sixth - timedelta.resolution) // CADENCE)
    assert breached[0] == EPOCH + due * CADENCE


def test_charlie_finds_none_of_them(plant: World) -> None:
    rule = Rule(name="frozen", org="globex", condition=Staleness(kind="frozen"), every=CADENCE)
    times, _ = labelled()
    found = measures.measure(plant.scope("charlie"), rule, [times[-1] + CADENCE])
    assert [readings for _, readings in found] == [[]]
