"""The writer: each batch once, newest first, and an honest status."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from otlp_cast import DAY, NOON, SECOND, logs, span, traces
from writing_house import GLOBEX, House, build

from jobs import Job, Jobs
from telemetry import flatten, lake, parquet, schema
from telemetry.spool import Spool
from telemetry.writer import Writer

TRACES = "/v1/traces"


def post_spans(house: House, *numbers: int, **fields: Any) -> None:
    sent = traces(*(span(number, **fields) for number in numbers))
    assert house.post(TRACES, sent).status_code == 200


def names(house: House) -> list[int]:
    return sorted(int.from_bytes(row["span_id"]) for row in house.rows())


def test_one_drain_is_one_commit_a_table(house: House) -> None:
    for number in range(1, 6):
        post_spans(house, number)
    house.post("/v1/logs", logs(LogRecord(time_unix_nano=NOON)))
    assert house.writer.drain() == 6
    assert house.writer.drain() == 0
    assert len(house.rows()) == 5
    assert DeltaTable(house.settings.lake_dir / "spans").version() == 1
    assert house.spool.depth().batches == 0


def test_a_drain_takes_no_more_than_it_should(tmp_path: Path) -> None:
    house = build(tmp_path, drain_items=5)
    for first in range(1, 20, 3):
        post_spans(house, first, first + 1, first + 2)
    assert house.writer.drain() == 6
    assert house.writer.drain_all() == 15
    house.spool.close()


def test_rows_are_partitioned_and_newest_first(house: House) -> None:
    post_spans(house, 3, 1, 2)
    post_spans(house, 5, 4, start=NOON + DAY)
    house.post(TRACES, traces(span(9)), key=GLOBEX)
    house.writer.drain_all()
    files = sorted(house.files())
    folders = ["/".join(Path(file).parts[-3:-1]) for file in files]
    assert folders == [
        "org_id=acme/date=2026-06-01",
        "org_id=acme/date=2026-06-02",
        "org_id=globex/date=2026-06-01",
    ]
    stored = pq.ParquetFile(files[0])
    assert stored.schema_arrow.names == parquet.stored_schema(schema.SPANS).names
    assert [i[-1] for i in stored.read()["span_id"].to_pylist()] == [3, 2, 1]


def test_the_log_knows_the_times_of_each_file(house: House) -> None:
    post_spans(house, 1, 7)
    house.writer.drain_all()
    (action,) = lake.files_of(DeltaTable(house.settings.lake_dir / "spans"))
    assert action["num_records"] == 2
    assert action["min.start_time"].timestamp() == NOON / SECOND + 1
    assert action["max.start_time"].timestamp() == NOON / SECOND + 7
    assert action["min.ingest_time"] is not None
    with pq.ParquetFile(house.files()[0]) as stored:
        column = stored.schema_arrow.names.index("start_time")
        assert stored.metadata.row_group(0).column(column).statistics.has_min_max


def test_exact_repeats_within_a_drain_are_dropped(house: House) -> None:
    post_spans(house, 1, 2)
    post_spans(house, 2, 3)
    post_spans(house, 3, 3, 1)
    assert names(house) == [1, 2, 3]


def test_the_two_halves_of_a_call_are_both_kept(house: House) -> None:
    house.post(TRACES, traces(span(1, kind=2), span(1, kind=3), span(1, {"a": 1})))
    assert names(house) == [1, 1, 1]


def test_equal_log_records_are_both_kept(house: House) -> None:
    house.post("/v1/logs", logs(*[LogRecord(time_unix_nano=NOON)] * 2))
    assert len(house.rows("logs")) == 2


def test_a_crash_between_commit_and_delete_doubles_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_spans(house, 1, 2)
    house.post("/v1/logs", logs(LogRecord(time_unix_nano=NOON)))
    with monkeypatch.context() as patch:
        patch.setattr(house.spool, "delete_up_to", lambda _seq: 1 / 0)
        house.writer.drain()
    assert house.spool.depth().batches == 2
    post_spans(house, 3)
    house.writer = Writer(house.settings, house.spool)
    assert names(house) == [1, 2, 3]
    assert len(house.rows("logs")) == 1
    assert house.spool.depth().batches == 0


def test_a_crash_between_two_tables_doubles_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_spans(house, 1)
    house.post("/v1/logs", logs(LogRecord(time_unix_nano=NOON)))
    real = lake.append

    def only_spans(stored: DeltaTable, *rest: Any) -> None:
        if "logs" in stored.table_uri:
            raise OSError("disk full")
        real(stored, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(lake, "append", only_spans)
        assert house.writer.drain() == 0
    assert not house.writer.status().ok
    house.writer = Writer(house.settings, house.spool)
    assert names(house) == [1]
    assert len(house.rows("logs")) == 1


def test_a_new_spool_is_not_taken_for_the_old_one(house: House) -> None:
    post_spans(house, 1)
    house.writer.drain_all()
    other = Spool(house.settings.data_dir / "other.sqlite")
    for stored in (1, 2):
        body = traces(span(10 + stored)).SerializeToString()
        other.put(flatten_batch(body), b"%d" % stored)
    assert Writer(house.settings, other).drain_all() == 2
    assert names(house) == [1, 11, 12]


def flatten_batch(body: bytes) -> Any:
    from telemetry.spool import Batch

    return Batch("acme", "traces", body, 1, 1)


def test_errors_keep_the_spool_and_are_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    post_spans(house, 1)

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(parquet, "write_file", broken)
        assert house.writer.drain() == 0
        status = house.writer.status()
        assert (status.ok, "No space left" in status.reason) == (False, True)
        assert house.spool.depth().items == 1
    assert house.writer.drain() == 0, "it waits before it tries again"
    house.writer._resume_at = 0.0
    assert house.writer.drain() == 1
    assert house.writer.status().ok
    assert house.writer.status().last_commit_at is not None


def test_a_batch_that_cannot_be_flattened_is_set_aside(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        post_spans(house, number)
    real = flatten.to_table

    def picky(signal: Any, body: bytes, *rest: Any) -> Any:
        if b"step 2" in body:
            raise ValueError("a bug")
        return real(signal, body, *rest)

    monkeypatch.setattr(flatten, "to_table", picky)
    assert names(house) == [1, 3]
    depth = house.spool.depth()
    assert (depth.batches, depth.set_aside) == (0, 1)


def test_the_log_stays_short(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake, "LOG_HOURS", 0)
    monkeypatch.setattr(lake, "CHECKPOINT_EVERY", 5)
    for number in range(1, 24):
        post_spans(house, number)
        house.writer.drain()
    log = house.settings.lake_dir / "spans" / "_delta_log"
    assert len(list(log.glob("*.json"))) < 10
    assert len(names(house)) == 23


def test_columns_of_a_newer_schema_are_added(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    older = schema.Table(
        "spans", "start_time", schema.SPANS.columns[:-8] + schema.SPANS.columns[-1:]
    )
    lake.open_table(house.settings.lake_dir, older)
    post_spans(house, 1)
    assert names(house) == [1]
    stored = DeltaTable(house.settings.lake_dir / "spans")
    assert {field.name for field in stored.schema().fields} == {c.name for c in schema.SPANS}


def test_many_days_are_many_drains(house: House) -> None:
    for first in range(0, 300, 60):
        spans = [span(n + 1, start=NOON + n * DAY) for n in range(first, first + 60)]
        assert house.post(TRACES, traces(*spans)).status_code == 200
    assert house.writer.drain() == 180
    assert len(house.rows()) == 300


def test_the_loop_drains_until_it_is_told_to_stop(tmp_path: Path) -> None:
    house = build(tmp_path, drain_seconds=0.05)
    jobs = Jobs([Job("drain", house.writer.drain_all, house.settings.drain_seconds)])
    jobs.start()
    post_spans(house, 1)
    deadline = time.monotonic() + 10
    while house.spool.items and time.monotonic() < deadline:
        time.sleep(0.02)
    assert house.spool.items == 0
    post_spans(house, 2)
    jobs.stop()
    house.writer.drain_all()
    assert names(house) == [1, 2]
    house.spool.close()
