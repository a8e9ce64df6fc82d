"""Compaction: fewer files, the same rows, each once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from otlp_cast import DAY, NOON, SECOND, logs, span, traces
from writing_house import GLOBEX, House

from telemetry import compaction, lake, merging, parquet
from telemetry.compaction import MIB, chosen
from telemetry.merging import File

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def post(house: House, *spans: Any, drain: bool = True, **named: Any) -> None:
    """Post a batch; drained at once, it becomes a file of its own."""
    assert house.post("/v1/traces", traces(*spans), **named).status_code == 200
    if drain:
        house.writer.drain()


def content(house: House) -> list[str]:
    """Every row as text without its time of arrival, to compare before and after."""
    rows = house.rows()
    return sorted(repr({k: v for k, v in row.items() if k != "ingest_time"}) for row in rows)


def test_it_merges_small_files_into_one_newest_first(house: House) -> None:
    for number in (3, 1, 2):
        post(house, span(number))
    before = content(house)
    summary = house.compact()
    assert (summary.merged, summary.written, summary.repeats) == (3, 1, 0)
    assert len(house.files()) == 1
    assert content(house) == before
    stored = pq.ParquetFile(house.files()[0]).read()["span_id"].to_pylist()
    assert [number[-1] for number in stored] == [3, 2, 1]


def test_repeats_of_later_batches_are_removed_and_the_first_arrival_stays(house: House) -> None:
    spans = [span(number) for number in range(1, 6)]
    post(house, *spans)
    arrived = {row["ingest_time"] for row in house.rows()}
    post(house, *spans[:3], span(9))
    post(house, *reversed(spans))
    assert len(house.rows()) == 14
    summary = house.compact()
    assert summary.repeats == 8
    rows = house.rows()
    assert sorted(int.from_bytes(row["span_id"]) for row in rows) == [1, 2, 3, 4, 5, 9]
    assert {row["ingest_time"] for row in rows if row["span_id"][-1] != 9} == arrived


def test_what_differs_in_anything_is_kept(house: House) -> None:
    variants = [
        {},
        {"kind": 2},
        {"kind": 3},
        {"name": "other"},
        {"attributes": {"a": 1}},
        {"attributes": {"a": "1"}},
        {"events": [{"name": "e"}]},
        {"end_time_unix_nano": 0},
    ]
    for fields in variants:
        post(house, span(1, **fields))
    house.post("/v1/traces", traces(span(1), resource={"service.name": "other"}))
    house.writer.drain()
    assert house.compact().repeats == 0
    assert len(house.rows()) == len(variants) + 1


def test_equal_log_records_are_not_repeats(house: House) -> None:
    for service in ("a", "a", "b"):
        record = LogRecord(time_unix_nano=NOON)
        body = logs(
            record, record, resource={"service.name": service, "n": len(house.files("logs"))}
        )
        house.post("/v1/logs", body)
        house.writer.drain()
    house.compact()
    assert len(house.rows("logs")) == 6
    assert len(house.files("logs")) == 1


def test_orgs_and_days_stay_apart(house: House) -> None:
    for number in (1, 2):
        post(house, span(number), span(number + 10, start=NOON + DAY))
        post(house, span(number), key=GLOBEX)
    before = content(house)
    house.compact()
    assert len(house.files()) == 3
    assert content(house) == before


def test_a_repeat_in_a_large_old_file_is_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(house, span(1), span(2), span(3))
    house.compact()
    for number in (2, 20, 30):
        post(house, span(number))
    monkeypatch.setattr(compaction, "SMALL_BYTES", 0)
    later = datetime.now(UTC) + timedelta(hours=2)
    assert compaction.compact(house.settings, later).repeats == 1
    assert len(house.rows()) == 5


def test_a_large_merge_goes_hour_by_hour_into_several_files(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "SLICE_ROWS", 10)
    monkeypatch.setattr(merging, "FILE_GROUPS", 2)
    monkeypatch.setattr(parquet, "ROW_GROUP", 5)
    for first in range(0, 60, 20):
        spans = [span(n + 1, start=NOON + n * 600 * SECOND) for n in range(first, first + 20)]
        post(house, *spans, span(1, start=NOON))
    before = set(content(house))
    summary = house.compact()
    assert summary.repeats == 2
    assert set(content(house)) == before
    assert len(content(house)) == len(before)
    files = lake.files_of(DeltaTable(house.settings.lake_dir / "spans"))
    assert len(files) > 4
    assert max(file["num_records"] for file in files) <= 10


def test_an_append_during_a_merge_loses_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(house, span(1))
    post(house, span(2))
    real = merging.merge

    def with_an_append(*given: Any) -> Iterator[Any]:
        yield from real(*given)
        post(house, span(3))

    monkeypatch.setattr(merging, "merge", with_an_append)
    summary = house.compact()
    assert (summary.merged, summary.conflicts) == (2, 0)
    assert sorted(row["name"] for row in house.rows()) == ["step 1", "step 2", "step 3"]


def test_of_two_merges_at_once_one_gives_way(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    post(house, span(1))
    post(house, span(2))
    real = merging.merge

    def overtaken(*given: Any) -> Iterator[Any]:
        yield from real(*given)
        with monkeypatch.context() as patch:
            patch.setattr(merging, "merge", real)
            assert house.compact().merged == 2

    monkeypatch.setattr(merging, "merge", overtaken)
    summary = house.compact()
    assert (summary.merged, summary.conflicts) == (0, 1)
    assert len(house.rows()) == 2
    folder = Path(house.files()[0]).parent
    assert len(list(folder.glob("merged-*"))) == 1, "what was written in vain is deleted"


def test_writer_and_compaction_run_side_by_side(house: House) -> None:
    done = threading.Event()

    def keep_compacting() -> None:
        while not done.is_set():
            house.compact()

    thread = threading.Thread(target=keep_compacting)
    thread.start()
    for number in range(1, 61):
        post(house, span(number))
    done.set()
    thread.join()
    house.compact()
    assert [row["name"] for row in house.rows(order="start_time")] == [
        f"step {number}" for number in range(1, 61)
    ]
    assert len(house.files()) == 1


def test_files_that_were_replaced_are_deleted_after_a_while(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(house, span(1))
    post(house, span(2))
    folder = Path(house.files()[0]).parent
    assert house.compact().deleted == 0
    assert len(list(folder.iterdir())) == 3
    monkeypatch.setattr(lake, "KEEP_HOURS", 0)
    assert house.compact().deleted == 2
    assert len(list(folder.iterdir())) == 1
    assert len(house.rows()) == 2


def test_a_second_round_has_nothing_to_do(house: House) -> None:
    post(house, span(1))
    post(house, span(2))
    house.compact()
    version = DeltaTable(house.settings.lake_dir / "spans").version()
    assert house.compact(force=False) == compaction.Summary()
    assert DeltaTable(house.settings.lake_dir / "spans").version() == version


def test_files_from_before_a_column_are_merged_too(house: House) -> None:
    post(house, span(1, {"llm.model_name": "m"}))
    path = Path(house.files()[0])
    pq.write_table(pq.ParquetFile(path).read().drop_columns(["model", "events"]), path)
    post(house, span(2, {"llm.model_name": "m"}))
    house.compact()
    found = sorted((row["name"], row["model"]) for row in house.rows())
    assert found == [("step 1", None), ("step 2", "m")]


def test_a_broken_file_stops_nothing_but_its_own_merge(house: House) -> None:
    for number in (1, 2):
        post(house, span(number))
    (Path(house.files()[0])).write_bytes(b"broken")
    for number in (3, 4):
        post(house, span(number), key=GLOBEX)
    summary = house.compact()
    assert (summary.failed, summary.merged, summary.written) == (1, 2, 1)


def file(name: str = "merged-1", size: float = 1, hours: float = 0.1, rows: int = 100) -> File:
    return File(name, int(size * MIB), rows, NOW - timedelta(hours=hours), NOW, NOW)


def files(count: int, name: str = "merged", **given: Any) -> list[File]:
    return [file(f"{name}-{number}", **given) for number in range(count)]


@pytest.mark.parametrize(
    ("found", "count"),
    [
        ([], 0),
        (files(1, "raw"), 0),
        (files(1, "raw", hours=5), 0),
        (files(30, "raw"), 0),
        (files(31, "raw"), 31),
        (files(31, "raw", size=10), 0),
        (files(7, hours=2), 0),
        (files(8, hours=2), 8),
        (files(8, hours=2, size=40), 0),
        (files(8, hours=2, rows=900_000), 0),
        (files(8, hours=2) + files(5, "raw"), 8),
        (files(2, "raw", hours=2), 2),
        (files(1, "raw", hours=2) + files(3, "big", size=90, hours=9), 1),
        (files(3, "big", size=90, hours=9), 0),
        (files(2, "raw", hours=2) + files(1, "raw", hours=0.5), 0),
    ],
)
def test_what_is_worth_merging(found: list[File], count: int) -> None:
    assert len(chosen(found, NOW)) == count
