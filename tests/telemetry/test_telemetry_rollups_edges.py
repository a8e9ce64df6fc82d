"""Edges: once all has settled they are those that the spans at rest show, however these came."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_cast import NOON, SECOND, pairs, span
from test_telemetry_rollups import bucket_of, repeated
from writing_house import ACME, GLOBEX, House, build

from telemetry import edges, lake, rollups
from telemetry.schema import ROLLUPS

LATER = edges.EPOCH + timedelta(seconds=NOON // SECOND) + timedelta(hours=30)
"""When every slot has settled."""

Edges = dict[tuple[Any, ...], tuple[int, int, Counter[int]]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = build(tmp_path / "data")
    yield made
    made.spool.close()


def send(house: House, *called: dict[str, Any], org: dict[str, str] = ACME) -> None:
    deliver(house, request_of(called), org)


def deliver(house: House, request: Any, org: dict[str, str]) -> None:
    assert house.post("/v1/traces", request, key=org).status_code == 200
    house.writer.drain_all()


def request_of(called: Any) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    for each in called:
        start = NOON + each.get("at", 0) * SECOND + each["id"]
        block = request.resource_spans.add()
        block.resource.attributes.extend(pairs({"service.name": each["service"]}))
        made = span(
            each["id"],
            {"gen_ai.agent.name": each["agent"]} if each.get("agent") else {},
            start=start,
            end_time_unix_nano=start + each.get("ns", 1000),
            parent_span_id=each["under"].to_bytes(8, "big") if each.get("under") else b"",
            status={"code": 2 if each.get("failed") else 0},
            kind=each.get("kind", 1),
        )
        block.scope_spans.add().spans.append(made)
    return request


def roll(house: House) -> None:
    rollups.roll(house.settings)
    edges.roll(house.settings, LATER)


def rolled(house: House, level: str = "quarter_hour") -> Edges:
    """The edges of the rollups, their parts added up."""
    found: Edges = defaultdict(lambda: (0, 0, Counter()))
    if not house.files("rollups"):
        return {}
    with duckdb.connect() as db:
        db.execute("set timezone = 'UTC'")
        rows = db.sql(
            "select org_id, grain, start, caller, callee, spans, errors, durations "
            "from read_parquet($files, hive_partitioning = true) "
            f"where level = '{level}' and grain in ('calls', 'handoffs')",
            params={"files": house.files("rollups")},
        ).fetchall()
    for *name, calls, errors, durations in rows:
        sums = found[tuple(name)]
        sums[2].update(durations or {})
        found[tuple(name)] = (sums[0] + calls, sums[1] + errors, sums[2])
    return {name: (*sums[:2], +sums[2]) for name, sums in found.items() if sums[0]}


def brute(house: House, level: str = "quarter_hour") -> Edges:
    """The same from the spans themselves: whoever is above a span and another than it."""
    spans = house.rows("spans")
    unlike = {
        repr(sorted((k, str(v)) for k, v in s.items() if k != "ingest_time")): s for s in spans
    }
    above = defaultdict(list)
    for each in unlike.values():
        above[each["org_id"], each["trace_id"], each["span_id"]].append(each)
    found: Edges = defaultdict(lambda: (0, 0, Counter()))
    for each in unlike.values():
        halves = above[each["org_id"], each["trace_id"], each["parent_span_id"]]
        for grain, key in (("calls", "service_name"), ("handoffs", "agent_name")):
            callers = [
                (half["kind"] not in ("server", "consumer"), half[key])
                for half in halves
                if half[key] is not None
            ]
            if not callers or each[key] is None or each[key] in [name for _, name in callers]:
                continue
            start = each["start_time"]
            start = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
            start = start.replace(minute=0) if level != "quarter_hour" else start
            start = start.replace(hour=0) if level == "day" else start
            calls, errors, durations = found[
                each["org_id"], grain, start, min(callers)[1], each[key]
            ]
            durations[bucket_of(each["duration_ns"])] += 1
            found[each["org_id"], grain, start, min(callers)[1], each[key]] = (
                calls + 1,
                errors + (each["status"] == "error"),
                durations,
            )
    return dict(found)


CALLED = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(1, 9),
            "under": st.sampled_from([0, 1, 2, 3, 8]),
            "service": st.sampled_from("abc"),
            "agent": st.sampled_from([None, "x", "y"]),
            "at": st.sampled_from([0, 1, 61, 601, 3700, 20_000, -15_000]),
            "ns": st.sampled_from([0, 10, 1000, 10**9]),
            "failed": st.booleans(),
            "kind": st.sampled_from([1, 2, 3]),
        }
    ),
    min_size=1,
    max_size=5,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.booleans(), CALLED),
        st.tuples(st.sampled_from(["again", "compact", "roll", "fold"])),
    ),
    min_size=2,
    max_size=7,
)


@given(STEPS)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_edges_are_those_of_the_spans(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    house = build(tmp_path_factory.mktemp("house") / "data")
    sent: list[tuple[Any, dict[str, str]]] = []
    for number, step in enumerate(steps):
        if step[0] == "send":
            sent.append((request_of(step[2]), ACME if step[1] else GLOBEX))
            deliver(house, *sent[-1])
        elif step[0] == "again" and sent:
            deliver(house, *repeated(*sent[-1], number))
        elif step[0] == "compact":
            house.compact()
        elif step[0] == "roll":
            roll(house)
        elif step[0] == "fold" and house.files("rollups"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(rollups, "MANY", 1)
                rollups.fold(house.settings, lake.open_table(house.settings.lake_dir, ROLLUPS))
    roll(house)
    for level in ("quarter_hour", "hour", "day"):
        assert rolled(house, level) == brute(house, level)
    house.spool.close()


def test_a_caller_may_come_after_what_it_called_in_another_slot(house: House) -> None:
    send(house, {"id": 2, "under": 1, "service": "b", "at": 3_700})
    roll(house)
    assert rolled(house) == {}
    send(house, {"id": 1, "service": "a"})
    roll(house)
    assert [name[3:] for name in rolled(house)] == [("a", "b")]
    # another half of the caller, in the service that was called
    send(house, {"id": 1, "service": "b"})
    roll(house)
    assert rolled(house) == brute(house) == {}


def test_a_caller_may_come_after_those_it_called(house: House) -> None:
    send(house, {"id": 2, "under": 1, "service": "b", "at": 90})
    roll(house)
    assert rolled(house) == {}
    send(house, {"id": 1, "service": "a"}, {"id": 3, "under": 1, "service": "b", "at": 95})
    roll(house)
    ((name, sums),) = rolled(house).items()
    assert name[3:] == ("a", "b")
    assert sums[:2] == (2, 0)


def test_edges_of_the_newest_minutes_are_left_to_the_spans(house: House) -> None:
    send(house, {"id": 1, "service": "a"}, {"id": 2, "under": 1, "service": "b"})
    rollups.roll(house.settings)
    noon = edges.EPOCH + timedelta(seconds=NOON // SECOND)
    assert not edges.roll(house.settings, noon + timedelta(minutes=3))
    assert edges.roll(house.settings, noon + timedelta(minutes=18))
    assert len(rolled(house)) == 1


def test_two_workers_find_each_edge_once(house: House) -> None:
    send(house, {"id": 1, "service": "a"}, {"id": 2, "under": 1, "service": "b"})
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: roll(house), range(4)))
    assert rolled(house) == brute(house)


def test_edges_are_found_again_when_rollups_are_made_anew(house: House) -> None:
    send(house, {"id": 1, "service": "a"}, {"id": 2, "under": 1, "service": "b"})
    roll(house)
    send(house, {"id": 4, "service": "a"}, {"id": 5, "under": 4, "service": "c"})
    send(house, {"id": 7, "under": 5, "service": "a"})
    log = house.settings.lake_dir / "spans" / "_delta_log"
    newest = sorted(log.glob("*.json"))[-2]
    DeltaTable(house.settings.lake_dir / "spans").create_checkpoint()
    newest.unlink()
    roll(house)
    assert rolled(house) == brute(house)
