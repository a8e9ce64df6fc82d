"""Limits of size: what is left out is counted or named, and the sender is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from otlp_cast import NOON, logs, metrics, pairs, span, traces, value

from settings import Settings
from telemetry import admission, flatten, otlp
from telemetry.errors import TooLarge
from telemetry.limits import cut_value, shortened
from telemetry.otlp import PROTOBUF, Signal

LIMIT = 100


def admitted(signal: Signal, sent: Any, **chosen: Any) -> admission.Admitted:
    settings = Settings(_env_file=None, otlp_max_value_bytes=LIMIT, **chosen)
    return admission.admit(signal, sent.SerializeToString(), PROTOBUF, settings)


def row_of(signal: Signal, taken: admission.Admitted) -> dict[str, Any]:
    assert (taken.items, taken.rejected) == (1, 0)
    (row,) = flatten.to_table(signal, taken.body, "acme", 0).to_pylist()
    row["cut"] = json.loads(dict(row["attributes"]).get("aeos.truncated", "{}"))
    return dict(row)


def test_what_is_within_the_limits_is_not_touched() -> None:
    sent = traces(span(1, {"a": "x" * LIMIT}))
    taken = admitted(otlp.TRACES, sent)
    assert taken.body == sent.SerializeToString()
    assert taken.notice == ""


def test_a_long_value_is_cut_and_named() -> None:
    taken = admitted(otlp.TRACES, traces(span(1, {"a": "ä" * LIMIT, "b": "short"})))
    row = row_of(otlp.TRACES, taken)
    assert dict(row["attributes"])["a"] == json.dumps("ä" * (LIMIT // 2), ensure_ascii=False)
    assert row["cut"] == {"a": 2 * LIMIT}
    assert "1 values longer than 100 bytes were cut" in taken.notice
    assert "aeos.truncated" in taken.notice


def test_every_text_of_a_span_obeys() -> None:
    long = "x" * 300
    event = {"name": long, "attributes": pairs({"exception.stacktrace": long})}
    link = {"trace_id": b"t" * 16, "span_id": b"s" * 8, "attributes": pairs({"k": long})}
    sent = span(name=long, trace_state=long, events=[event], links=[link])
    sent.status.message = long
    row = row_of(otlp.TRACES, admitted(otlp.TRACES, traces(sent, resource={"r": long}, name=long)))
    assert len(row["name"]) == len(row["trace_state"]) == len(row["status_message"]) == LIMIT
    assert len(row["scope_name"]) == LIMIT
    assert row["cut"] == dict.fromkeys(
        [
            "name",
            "trace_state",
            "status.message",
            "events.0.name",
            "events.0.exception.stacktrace",
            "links.0.k",
        ],
        300,
    )
    resource = dict(row["resource"])
    assert len(json.loads(resource["r"])) == LIMIT
    assert json.loads(resource["aeos.truncated"]) == {"r": 300}
    assert json.loads(resource["otel.scope.aeos.truncated"]) == {"name": 300}
    assert max(map(len, (row["events"], row["links"]))) < 400


def test_a_long_body_is_cut_and_named() -> None:
    record = LogRecord(time_unix_nano=NOON, body=value("b" * 500), severity_text="s" * 101)
    row = row_of(otlp.LOGS, admitted(otlp.LOGS, logs(record)))
    assert row["body"] == "b" * LIMIT
    assert row["cut"] == {"body": 500, "severity_text": 101}


def test_a_long_metric_name_is_cut_and_named_on_its_points() -> None:
    metric = Metric(name="m" * 150, gauge={"data_points": [{"as_int": 1}]})
    row = row_of(otlp.METRICS, admitted(otlp.METRICS, metrics(metric)))
    assert row["name"] == "m" * LIMIT
    assert row["cut"] == {"name": 150}


def test_attributes_beyond_the_limit_are_dropped_and_counted() -> None:
    many = {f"k{number}": number for number in range(10)}
    event = {"name": "e", "attributes": pairs(many)}
    sent = traces(span(1, many, dropped_attributes_count=5, events=[event]))
    taken = admitted(otlp.TRACES, sent, otlp_max_attributes=4)
    row = row_of(otlp.TRACES, taken)
    assert [key for key, _ in row["attributes"]] == ["k0", "k1", "k2", "k3"]
    assert row["dropped_attributes"] == 5 + 6
    assert json.loads(row["events"])[0]["dropped_attributes"] == 6
    assert "12 attributes beyond the first 4 were left out" in taken.notice


def test_attributes_dropped_from_a_point_are_counted_too() -> None:
    point = {"as_int": 1, "attributes": pairs({f"k{number}": 1 for number in range(7)})}
    metric = Metric(name="m", gauge={"data_points": [point]})
    taken = admitted(otlp.METRICS, metrics(metric), otlp_max_attributes=4)
    assert row_of(otlp.METRICS, taken)["dropped_attributes"] == 3


@pytest.mark.parametrize(
    ("plain", "kept"),
    [
        (b"\xff" * 200, b"\xff" * LIMIT),
        (["y" * 60] * 4, ["y" * 60, "y" * 36]),
        ([[]] * 200, [[]] * 25),
        ({"a": "z" * 500}, None),
        ([["w" * 300]], None),
    ],
)
def test_lists_and_maps_keep_their_beginning(plain: Any, kept: Any) -> None:
    found = value(plain)
    length = found.ByteSize()
    assert cut_value(found, LIMIT) in (length, len(plain))
    assert found.ByteSize() <= LIMIT + 20
    assert found.WhichOneof("value") == value(plain).WhichOneof("value")
    if isinstance(kept, bytes):
        assert found.bytes_value == kept


@pytest.mark.parametrize("text", ["", "a", "é" * 50, "é" * 51, "a" + "é" * 50, "🙂" * 30])
def test_text_is_cut_between_characters(text: str) -> None:
    short = shortened(text, LIMIT)
    assert text.startswith(short)
    assert len(short.encode()) <= LIMIT
    assert short == text or len(short.encode()) > LIMIT - 4


def test_a_resource_that_would_be_stored_too_often_is_refused() -> None:
    spans = [span(number) for number in range(1, 2001)]
    resource = {f"k{number}": "v" * 30_000 for number in range(10)}
    settings = Settings(_env_file=None)
    with pytest.raises(TooLarge, match="fewer resource attributes"):
        admission.admit(
            otlp.TRACES, traces(*spans, resource=resource).SerializeToString(), PROTOBUF, settings
        )
