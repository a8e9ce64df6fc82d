"""OTLP requests: the three signals, decoding, and the walk over their items.

The one idea: a request is resources holding scopes holding items; `groups` walks any of the three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

from telemetry import otlp_json, schema, wire
from telemetry.errors import Malformed

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"


@dataclass(frozen=True)
class Group:
    """Items that share a resource, a scope and, for points, a metric."""

    resource: Any
    scope: Any
    metric: Any
    items: Any


@dataclass(frozen=True)
class Signal:
    """One of the three signals: its messages, its table, and the words for it."""

    name: str
    noun: str
    table: schema.Table
    request: type[Message]
    response: type[Message]
    rejected_field: str
    path: wire.Path
    outer: str
    inner: str
    leaves: Callable[[Any, Any], Iterator[Group]]

    def containers(self, request: Any) -> Iterator[tuple[Any, Any]]:
        """Each resource container with each of its scope containers."""
        for outer in getattr(request, self.outer):
            for inner in getattr(outer, self.inner):
                yield outer, inner

    def groups(self, request: Any) -> Iterator[Group]:
        """The items of the request in order, with what they share."""
        for outer, inner in self.containers(request):
            yield from self.leaves(outer, inner)

    def shared(self, request: Any) -> Iterator[Any]:
        """Every resource and every scope, once."""
        for outer in getattr(request, self.outer):
            yield outer.resource
            yield from (inner.scope for inner in getattr(outer, self.inner))


def read_json(signal: Signal, body: bytes) -> Any:
    """The request in OTLP/JSON; Malformed when there is none."""
    return otlp_json.read(body, signal.request)


def read_protobuf(signal: Signal, body: bytes) -> Any:
    """The request in protobuf; Malformed when there is none."""
    try:
        return signal.request.FromString(body)
    except DecodeError as error:
        raise Malformed("The body is not an OTLP request in protobuf.") from error


def _spans(outer: Any, inner: Any) -> Iterator[Group]:
    yield Group(outer.resource, inner.scope, None, inner.spans)


def _log_records(outer: Any, inner: Any) -> Iterator[Group]:
    yield Group(outer.resource, inner.scope, None, inner.log_records)


def _points(outer: Any, inner: Any) -> Iterator[Group]:
    resource, scope = outer.resource, inner.scope
    for metric in inner.metrics:
        kind = metric.WhichOneof("data")
        if kind:
            yield Group(resource, scope, metric, getattr(metric, kind).data_points)


def _path(*levels: set[int]) -> wire.Path:
    return tuple(frozenset(level) for level in levels)


TRACES: Final = Signal(
    "traces",
    "spans",
    schema.SPANS,
    traces.ExportTraceServiceRequest,
    traces.ExportTraceServiceResponse,
    "rejected_spans",
    _path({1}, {2}, {2}),
    "resource_spans",
    "scope_spans",
    _spans,
)
LOGS: Final = Signal(
    "logs",
    "log records",
    schema.LOGS,
    logs.ExportLogsServiceRequest,
    logs.ExportLogsServiceResponse,
    "rejected_log_records",
    _path({1}, {2}, {2}),
    "resource_logs",
    "scope_logs",
    _log_records,
)
METRICS: Final = Signal(
    "metrics",
    "data points",
    schema.METRIC_POINTS,
    metrics.ExportMetricsServiceRequest,
    metrics.ExportMetricsServiceResponse,
    "rejected_data_points",
    _path({1}, {2}, {2}, {5, 7, 9, 10, 11}, {1}),
    "resource_metrics",
    "scope_metrics",
    _points,
)
SIGNALS: Final = {signal.name: signal for signal in (TRACES, LOGS, METRICS)}
