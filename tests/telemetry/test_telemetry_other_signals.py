"""Log records and metric points as rows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from otlp_cast import NOON, logs, metrics, pairs, value

from telemetry import flatten, otlp, schema


def log_row(attributes: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    record = LogRecord(attributes=pairs(attributes or {}), **fields)
    body = logs(record, resource={"service.name": "till"}).SerializeToString()
    table = flatten.to_table(otlp.LOGS, body, "acme", 0)
    assert table.schema == schema.LOGS.arrow
    return dict(table.to_pylist()[0])


def point_row(kind: str, point: dict[str, Any], **data: Any) -> dict[str, Any]:
    metric = Metric(
        name="m", unit="By", description="d", **{kind: {"data_points": [point], **data}}
    )
    body = metrics(metric, resource={"service.name": "till"}).SerializeToString()
    table = flatten.to_table(otlp.METRICS, body, "acme", 0)
    assert table.schema == schema.METRIC_POINTS.arrow
    return dict(table.to_pylist()[0])


def test_a_log_record_keeps_what_it_says() -> None:
    found = log_row(
        {"code.lineno": "12", "exception.type": "E", "agent.id": "a"},
        time_unix_nano=NOON + 5,
        observed_time_unix_nano=NOON + 2_000,
        trace_id=b"t" * 16,
        span_id=b"s" * 8,
        severity_number=17,
        severity_text="ERROR",
        event_name="paid",
        body=value("hello"),
        flags=1,
        dropped_attributes_count=2,
    )
    expected = {
        "time_ns": 5,
        "trace_id": b"t" * 16,
        "span_id": b"s" * 8,
        "severity_number": 17,
        "severity_text": "ERROR",
        "event_name": "paid",
        "body": "hello",
        "flags": 1,
        "service_name": "till",
        "process_group": "till",
        "code_line": 12,
        "exception_type": "E",
        "agent_id": "a",
        "dropped_attributes": 2,
    }
    assert {name: found[name] for name in expected} == expected
    assert (found["observed_time"] - found["time"]).microseconds == 2


@pytest.mark.parametrize(
    ("body", "text"), [("x", "x"), ("", ""), ({"a": [1]}, '{"a":[1]}'), (7, "7"), (None, None)]
)
def test_a_body_is_text_or_json(body: Any, text: str | None) -> None:
    assert log_row(body=value(body))["body"] == text


def test_a_record_without_a_time_has_the_one_it_was_observed_at() -> None:
    assert log_row(observed_time_unix_nano=NOON)["time"].timestamp() == NOON / 1e9
    without = log_row(trace_id=bytes(16))
    assert without["time"].timestamp() == 0
    assert without["observed_time"] is without["trace_id"] is without["span_id"] is None


def test_gauges_and_sums_have_a_value() -> None:
    gauge = point_row("gauge", {"as_int": -7, "time_unix_nano": NOON + 1})
    assert (gauge["kind"], gauge["data_type"], gauge["value"]) == ("gauge", "int", -7.0)
    assert (gauge["name"], gauge["unit"], gauge["description"]) == ("m", "By", "d")
    assert gauge["temporality"] is gauge["monotonic"] is None
    total = point_row("sum", {"as_double": 0.5}, is_monotonic=True, aggregation_temporality=2)
    assert (total["value"], total["monotonic"], total["temporality"]) == (0.5, True, "cumulative")


def test_a_point_that_says_it_has_no_value_has_none() -> None:
    assert point_row("gauge", {"as_double": 0.0, "flags": 1})["value"] is None
    assert point_row("gauge", {})["value"] is None


def test_histograms_keep_their_buckets() -> None:
    found = point_row(
        "histogram",
        {"count": 3, "sum": 4.5, "max": 4.0, "bucket_counts": [1, 2], "explicit_bounds": [0.5]},
        aggregation_temporality=1,
    )
    assert (found["count"], found["sum"], found["min"], found["max"]) == (3, 4.5, None, 4.0)
    assert found["temporality"] == "delta"
    assert json.loads(found["buckets"]) == {"bounds": [0.5], "counts": [1, 2]}


def test_exponential_histograms_and_summaries_do_too() -> None:
    found = point_row(
        "exponential_histogram",
        {"count": 2**64 - 1, "scale": -2, "positive": {"offset": 3, "bucket_counts": [9]}},
    )
    assert found["count"] == 2**63 - 1
    assert json.loads(found["buckets"])["positive"] == {"offset": 3, "counts": [9]}
    summary = point_row(
        "summary",
        {"count": 4, "sum": 2, "quantile_values": [{"quantile": 0.5, "value": float("nan")}]},
    )
    assert (summary["count"], summary["sum"]) == (4, 2.0)
    assert json.loads(summary["buckets"]) == [{"quantile": 0.5, "value": "NaN"}]


def test_a_metric_without_data_is_no_row() -> None:
    body = metrics(Metric(name="empty")).SerializeToString()
    assert flatten.to_table(otlp.METRICS, body, "acme", 0).num_rows == 0
