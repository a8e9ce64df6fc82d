"""OTLP messages as bytes, put together from serialized pieces.

The one idea: protobuf merges messages that are concatenated, so an attribute serialized once as
part of an otherwise empty span can be appended to a thousand spans.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import ResourceMetrics, ScopeMetrics
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from demo.shapes import Value

SCOPE: Final = InstrumentationScope(name="aeos.instrumentation", version="1.6.0")

_DOUBLE: Final = struct.Struct("<d")
_LENGTH_DELIMITED: Final = 2
_ITEM: Final = bytes((2 << 3 | _LENGTH_DELIMITED,))
"""Spans, log records and metrics are all field 2 of their scope."""
_RESOURCE_GROUP: Final = bytes((1 << 3 | _LENGTH_DELIMITED,))
"""Resource groups are field 1 of every export request."""


def any_value(value: Value) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=value)


def pair(key: str, value: Value) -> KeyValue:
    return KeyValue(key=key, value=any_value(value))


def fresh(key: str, value: Value) -> bytes:
    """A span attribute whose value will hardly come again."""
    return bytes(Span(attributes=[pair(key, value)]).SerializeToString())


@lru_cache(maxsize=1 << 16, typed=True)
def attribute(key: str, value: Value) -> bytes:
    """A span attribute; typed, because 1, 1.0 and True are different attributes."""
    return fresh(key, value)


@cache
def _double_prefix(key: str) -> bytes:
    return fresh(key, 1.0)[: -_DOUBLE.size]


def double(key: str, value: float) -> bytes:
    """A span attribute with a number that differs on every span."""
    return _double_prefix(key) + _DOUBLE.pack(value)


def log_attribute(key: str, value: Value) -> bytes:
    """The same for a log record."""
    return bytes(LogRecord(attributes=[pair(key, value)]).SerializeToString())


def exception(kind: str, message: str, stacktrace: str, at: int) -> bytes:
    """The part of a span that says it failed: an error status and an exception event."""
    event = Span.Event(
        name="exception",
        time_unix_nano=at,
        attributes=[
            pair("exception.type", kind),
            pair("exception.message", message),
            pair("exception.stacktrace", stacktrace),
        ],
    )
    status = Status(code=Status.STATUS_CODE_ERROR, message=message)
    return bytes(Span(events=[event], status=status).SerializeToString())


def resource(attributes: Iterable[tuple[str, Value]]) -> Resource:
    return Resource(attributes=[pair(key, value) for key, value in attributes])


def span_group(source: Resource, spans: Iterable[bytes]) -> bytes:
    """The spans of one resource as a part of an export request."""
    head = ResourceSpans(resource=source).SerializeToString()
    return _group(head, ScopeSpans(scope=SCOPE).SerializeToString(), spans)


def log_group(source: Resource, records: Iterable[bytes]) -> bytes:
    head = ResourceLogs(resource=source).SerializeToString()
    return _group(head, ScopeLogs(scope=SCOPE).SerializeToString(), records)


def metric_group(source: Resource, metrics: Iterable[bytes]) -> bytes:
    head = ResourceMetrics(resource=source).SerializeToString()
    return _group(head, ScopeMetrics(scope=SCOPE).SerializeToString(), metrics)


def _group(resource_head: bytes, scope_head: bytes, items: Iterable[bytes]) -> bytes:
    parts = [scope_head]
    for item in items:
        parts += (_ITEM, _length(len(item)), item)
    scope = b"".join(parts)
    group = resource_head + _ITEM + _length(len(scope)) + scope
    return _RESOURCE_GROUP + _length(len(group)) + group


@lru_cache(maxsize=1 << 14)
def _length(number: int) -> bytes:
    """A base-128 varint."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
