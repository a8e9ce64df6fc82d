"""Questions about the log records of a trace, over a small real lake."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cast import NOW, World, pairs, span
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from queries import logs
from queries.errors import NotFound
from queries.filters import TimeRange

TRACE = f"{1:032x}"
LATELY = TimeRange(NOW - timedelta(minutes=10), NOW)


def record(
    body: str, *, ago: float, trace: int = 1, number: int = 1, severity: int = 9, **attributes: Any
) -> LogRecord:
    made = LogRecord(
        time_unix_nano=int((NOW - timedelta(seconds=ago)).timestamp() * 1e9),
        severity_number=severity,
        trace_id=trace.to_bytes(16, "big"),
        span_id=number.to_bytes(8, "big"),
        attributes=pairs(attributes),
    )
    made.body.string_value = body
    return made


def write(world: World, org: str, *records: LogRecord) -> None:
    request = ExportLogsServiceRequest()
    block = request.resource_logs.add()
    block.resource.attributes.extend(pairs({"service.name": "till"}))
    block.scope_logs.add().log_records.extend(records)
    assert world.post(org, request.SerializeToString(), "logs").status_code == 200
    world.settle()


def bodies(answer: Any) -> list[str]:
    return [row["body"] for row in answer]


def test_it_reads_a_traces_records_in_time_order(world: World) -> None:
    write(
        world,
        "acme",
        record("second", ago=20, number=2, severity=17, user="ann"),
        record("first", ago=30),
        record("of another trace", ago=25, trace=2),
    )
    answer = logs.of_trace(world.scope("alice"), TRACE, within=LATELY)
    assert bodies(answer) == ["first", "second"]
    assert not answer.truncated
    (_, second) = answer.rows
    assert (second["severity_number"], second["service_name"]) == (17, "till")
    assert second["attributes"] == {"user": '"ann"'}
    assert second["span_id"] == f"{2:016x}"


def test_it_reads_the_records_of_one_span(world: World) -> None:
    write(world, "acme", record("mine", ago=20, number=2), record("its", ago=30))
    assert bodies(logs.of_trace(world.scope("alice"), TRACE, f"{2:016x}")) == ["mine"]


def test_it_says_when_there_are_more(world: World) -> None:
    write(world, "acme", *[record(f"line {i}", ago=60 - i) for i in range(5)])
    answer = logs.of_trace(world.scope("alice"), TRACE, most=3)
    assert bodies(answer) == ["line 0", "line 1", "line 2"]
    assert answer.truncated
    assert not logs.of_trace(world.scope("alice"), TRACE, most=5).truncated


def test_it_looks_a_day_around_the_trace(world: World) -> None:
    hours = 3600
    write(
        world,
        "acme",
        record("too old", ago=49 * hours),
        record("a day early", ago=24 * hours),
        record("long after", ago=-20 * hours),
    )
    near = logs.of_trace(world.scope("alice"), TRACE, within=LATELY)
    assert bodies(near) == ["a day early", "long after"]
    everywhere = logs.of_trace(world.scope("alice"), TRACE)
    assert bodies(everywhere) == ["too old", "a day early", "long after"]
    assert near.files < everywhere.files


def test_charlie_reads_nothing_of_acmes_logs(world: World) -> None:
    write(world, "acme", record("secret", ago=20))
    write(world, "globex", record("his own", ago=20))
    assert bodies(logs.of_trace(world.scope("charlie"), TRACE)) == ["his own"]
    assert bodies(logs.of_trace(world.scope("alice"), TRACE)) == ["secret"]


@pytest.mark.parametrize(("trace", "of"), [("xyz", None), ("00", None), (TRACE, "1234")])
def test_what_is_no_id_is_not_found(world: World, trace: str, of: str | None) -> None:
    with pytest.raises(NotFound, match="hexadecimal"):
        logs.of_trace(world.scope("alice"), trace, of)


def test_a_trace_without_logs_has_none(world: World) -> None:
    world.send("acme", span())
    assert bodies(logs.of_trace(world.scope("alice"), TRACE, within=LATELY)) == []
