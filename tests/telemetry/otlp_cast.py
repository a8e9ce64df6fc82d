"""Small OTLP requests for the tests: spans, log records and points with few words."""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

NOON = 1_780_315_200 * 10**9
"""2026-06-01 12:00 UTC, in nanoseconds."""

SECOND = 10**9
DAY = 86_400 * SECOND


def value(plain: Any) -> AnyValue:
    if isinstance(plain, bool):
        return AnyValue(bool_value=plain)
    if isinstance(plain, int):
        return AnyValue(int_value=plain)
    if isinstance(plain, float):
        return AnyValue(double_value=plain)
    if isinstance(plain, bytes):
        return AnyValue(bytes_value=plain)
    if isinstance(plain, list):
        return AnyValue(array_value=ArrayValue(values=[value(item) for item in plain]))
    if isinstance(plain, dict):
        return AnyValue(kvlist_value=KeyValueList(values=pairs(plain)))
    return AnyValue() if plain is None else AnyValue(string_value=plain)


def pairs(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=value(plain)) for key, plain in attributes.items()]


def span(number: int = 1, attributes: dict[str, Any] | None = None, **fields: Any) -> Span:
    """Span `number`, a second after its predecessor and 5 ms long."""
    start = fields.pop("start", NOON + number * SECOND)
    given = {
        "trace_id": (number // 10 + 1).to_bytes(16, "big"),
        "span_id": number.to_bytes(8, "big"),
        "name": f"step {number}",
        "start_time_unix_nano": start,
        "end_time_unix_nano": start + 5_000_000,
        "attributes": pairs(attributes or {}),
    }
    return Span(**(given | fields))


def traces(
    *spans: Span, resource: dict[str, Any] | None = None, **scope: Any
) -> ExportTraceServiceRequest:
    resource = {"service.name": "checkout"} if resource is None else resource
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=pairs(resource)),
                scope_spans=[ScopeSpans(scope=scope, spans=spans)],
            )
        ]
    )


def logs(*records: LogRecord, resource: dict[str, Any] | None = None) -> ExportLogsServiceRequest:
    return ExportLogsServiceRequest(
        resource_logs=[
            {
                "resource": {"attributes": pairs(resource or {})},
                "scope_logs": [{"log_records": records}],
            }
        ]
    )


def metrics(*found: Metric, resource: dict[str, Any] | None = None) -> ExportMetricsServiceRequest:
    return ExportMetricsServiceRequest(
        resource_metrics=[
            {
                "resource": {"attributes": pairs(resource or {})},
                "scope_metrics": [{"metrics": found}],
            }
        ]
    )


def delimited(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])
