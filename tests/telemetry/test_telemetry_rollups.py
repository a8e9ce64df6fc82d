"""Rollups: at every version of the spans they equal a count over the spans of that version."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from otlp_cast import NOON, SECOND, pairs, span, traces
from writing_house import ACME, GLOBEX, House, build

from telemetry import lake, rollups, semconv
from telemetry.grains import FINEST, GAMMA, GRAINS, KEYS, LEVELS, SPAN_GRAINS
from telemetry.schema import ROLLUPS

Sums = dict[tuple[Any, ...], dict[str, Any]]

ADDED = ("spans", "errors", "roots", "timed", "duration_ns")
ENDS = ("shortest_ns", "longest_ns", "earliest", "latest")


def value_of(span: dict[str, Any], key: str) -> Any:
    """What of a span fills a key of the rollups."""
    if key == "function":
        return span["code_function"] or span["name"]
    return span["name" if key == "operation" else key]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = build(tmp_path / "data")
    yield made
    made.spool.close()


def spans_of(house: House) -> list[dict[str, Any]]:
    return house.rows("spans")


def rolled(house: House) -> Sums:
    """The rollups, their parts added up in Python."""
    files = house.files("rollups")
    if not files:
        return {}
    with duckdb.connect() as db:
        db.execute("set timezone = 'UTC'")
        found = db.sql(
            "select * from read_parquet($files, hive_partitioning = true)", params={"files": files}
        )
        parts = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    sums: Sums = {}
    for part in parts:
        keys = GRAINS[part["grain"]]
        name = (
            part["org_id"],
            part["level"],
            part["grain"],
            part["start"],
            *(part[k] for k in keys),
        )
        assert all(part[k] is None for k in set(KEYS) - set(keys))
        own = sums.setdefault(name, dict.fromkeys(ADDED, 0) | {"durations": Counter()})
        for column in ADDED:
            own[column] += part[column]
        own["durations"].update(dict(part["durations"] or {}))
        for column, pick in zip(ENDS, (min, max, min, max), strict=True):
            known = [v for v in (own.get(column), part[column]) if v is not None]
            own[column] = pick(known) if known else None
    return {name: _bare(own) for name, own in sums.items() if own["spans"]}


def _bare(own: dict[str, Any]) -> dict[str, Any]:
    return own | {"durations": {k: n for k, n in own["durations"].items() if n}}


def asks(span: dict[str, Any]) -> bool:
    """Whether a span is a call of a model."""
    return span["operation"] in semconv.MODEL_CALLS and span["model"] is not None


def counted(spans: list[dict[str, Any]]) -> Sums:
    """The same from the spans themselves, one by one."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for each in spans:
        for level in LEVELS:
            for grain, keys in SPAN_GRAINS.items():
                if LEVELS[level] < FINEST[grain] or (grain == "asking" and not asks(each)):
                    continue
                values = (value_of(each, key) for key in keys)
                groups[each["org_id"], level, grain, began(each, level), *values].append(each)
    return {name: _sum(members) for name, members in groups.items()}


def began(span: dict[str, Any], level: str) -> datetime:
    start = span["start_time"]
    minute = {"minute": start.minute, "quarter_hour": start.minute // 15 * 15}.get(level, 0)
    hour = {"day": 0, "quarter_day": start.hour // 6 * 6}.get(level, start.hour)
    return start.replace(hour=hour, minute=minute, second=0, microsecond=0)


def _sum(spans: list[dict[str, Any]]) -> dict[str, Any]:
    durations = [
        s["duration_ns"] for s in spans if s["duration_ns"] is not None and s["duration_ns"] >= 0
    ]
    starts = [span["start_time"] for span in spans]
    return {
        "spans": len(spans),
        "errors": sum(span["status"] == "error" for span in spans),
        "roots": sum(span["parent_span_id"] is None for span in spans),
        "timed": len(durations),
        "duration_ns": sum(durations),
        "shortest_ns": min(durations, default=None),
        "longest_ns": max(durations, default=None),
        "earliest": min(starts),
        "latest": max(starts),
        "durations": dict(Counter(map(bucket_of, durations))),
    }


def bucket_of(ns: int) -> int:
    return 1 + math.ceil(math.log(ns) / math.log(GAMMA)) if ns > 0 else 0


SPANS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from([0, 1, 59, 60, 61, 3599, 3600, 40_000, -90_000]),
        st.sampled_from([None, 0, 1, 999, 5_000_000, 5_100_000, 7 * 10**9, -5]),
        st.sampled_from(["a", "b"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(["acme", "globex"]), SPANS),
        st.tuples(st.sampled_from(["again", "compact", "roll", "crash", "fold"])),
    ),
    min_size=2,
    max_size=9,
)


def body(spans: list[tuple[int, int, int | None, str, bool]]) -> Any:
    made = []
    for number, seconds, ns, agent, failed in spans:
        start = NOON + seconds * SECOND + number
        made.append(
            span(
                number + 1,
                {
                    "gen_ai.agent.name": agent,
                    "gen_ai.request.model": "m",
                    "gen_ai.operation.name": "chat" if failed else "plan",
                },
                start=start,
                end_time_unix_nano=0 if ns is None else start + ns,
                parent_span_id=b"" if number % 3 else (99).to_bytes(8, "big"),
                status={"code": 2 if failed else 0},
            )
        )
    return traces(*made)


@given(STEPS)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rollups_equal_a_count_over_the_spans(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[Any, ...]]
) -> None:
    """Late, repeated, compacted, interrupted: the rolled sums are those of the spans at rest."""
    house = build(tmp_path_factory.mktemp("house") / "data")
    sent: list[tuple[Any, dict[str, str]]] = []
    for number, step in enumerate(steps):
        if step[0] == "send":
            sent.append((body(step[2]), ACME if step[1] == "acme" else GLOBEX))
            deliver(house, *sent[-1])
        elif step[0] == "again" and sent:
            deliver(house, *repeated(*sent[-1], number))
        elif step[0] == "compact":
            house.compact()
        elif step[0] == "roll":
            rollups.roll(house.settings)
        elif step[0] == "crash":
            crash_while_rolling(house)
        elif step[0] == "fold" and (house.settings.lake_dir / "rollups").exists():
            fold_everything(house)
    rollups.roll(house.settings)
    assert rolled(house) == counted(spans_of(house))
    house.spool.close()


def deliver(house: House, request: Any, key: dict[str, str]) -> None:
    assert house.post("/v1/traces", request, key=key).status_code == 200
    house.writer.drain_all()


def repeated(request: Any, key: dict[str, str], number: int) -> tuple[Any, dict[str, str]]:
    """The same spans in another request, which the receiver cannot know for a retry."""
    again = type(request)()
    again.CopyFrom(request)
    other = again.resource_spans.add()
    other.resource.attributes.extend(pairs({"service.name": f"other {number}"}))
    return again, key


def crash_while_rolling(house: House) -> None:
    """Sums are written, and the commit never comes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lake, "commit", _dies)
        try:
            rollups.roll(house.settings)
        except KeyboardInterrupt:
            return


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def fold_everything(house: House) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rollups, "MANY", 1)
        rollups.fold(house.settings, lake.open_table(house.settings.lake_dir, ROLLUPS))


def test_folding_changes_nothing_but_the_number_of_files(house: House) -> None:
    for number in range(5):
        deliver(house, body([(number, 60 * number, 10**6 + number, "a", False)]), ACME)
        rollups.roll(house.settings)
    before = rolled(house)
    fold_everything(house)
    assert rolled(house) == before
    assert len(DeltaTable(house.settings.lake_dir / "rollups").file_uris()) == 1


def test_two_workers_count_everything_once(house: House) -> None:
    for number in range(4):
        deliver(house, body([(number, 60 * number, 10**6, "a", False)]), ACME)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(rollups.roll, [house.settings] * 4))
    rollups.roll(house.settings)
    assert rolled(house) == counted(spans_of(house))


def test_what_does_not_fit_together_is_counted_one_after_the_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "TOGETHER_BYTES", 1)
    for number, key in enumerate((ACME, GLOBEX, ACME)):
        deliver(house, body([(number, 90_000 * number, 10**6, "a", number == 1)]), key)
    portions: list[Any] = []
    real = rollups._parts
    monkeypatch.setattr(rollups, "_parts", lambda paths: portions.append(paths) or real(paths))
    rollups.roll(house.settings)
    assert len(portions) == 3
    assert rolled(house) == counted(spans_of(house))


def test_rollups_are_made_anew_when_commits_are_gone(house: House) -> None:
    deliver(house, body([(1, 0, 10**6, "a", False)]), ACME)
    rollups.roll(house.settings)
    deliver(house, body([(2, 70, 10**6, "b", True)]), ACME)
    deliver(house, body([(3, 80, 10**6, "b", True)]), GLOBEX)
    for file in lake.files_of(DeltaTable(house.settings.lake_dir / "spans")):
        assert file["num_records"]
    entries = sorted((house.settings.lake_dir / "spans" / "_delta_log").glob("*.json"))
    DeltaTable(house.settings.lake_dir / "spans").create_checkpoint()
    entries[-2].unlink()
    rollups.roll(house.settings)
    assert rolled(house) == counted(spans_of(house))


def test_rolling_nothing_does_nothing(house: House) -> None:
    assert rollups.roll(house.settings) is None
    deliver(house, body([(1, 0, 10**6, "a", False)]), ACME)
    version = rollups.roll(house.settings)
    files = DeltaTable(house.settings.lake_dir / "rollups").version()
    assert rollups.roll(house.settings) == version
    assert DeltaTable(house.settings.lake_dir / "rollups").version() == files


@pytest.mark.parametrize("ns", [1, 2, 49, 50, 51, 1_000, 10**6 + 1, 10**9, 3 * 10**18])
def test_the_middle_of_a_bucket_is_within_a_hundredth(ns: int) -> None:
    middle = 2 * GAMMA ** (bucket_of(ns) - 1) / (GAMMA + 1)
    assert abs(middle - ns) / ns <= (GAMMA - 1) / (GAMMA + 1) + 1e-9 < 0.01
