"""A small history of the demo, and how the tests read it back: with the OTLP library."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from demo.history import DAYS
from demo.render import Batch

END = datetime(2025, 11, 20, 15, 0, tzinfo=UTC)
START = END - timedelta(days=DAYS)
SPANS = 30_000
SEED = 7

REQUESTS = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}


@dataclass(frozen=True)
class Seen:
    """A span, log record or metric with the org and service that sent it."""

    org: str
    service: str
    item: Span | LogRecord | Metric

    @cached_property
    def attributes(self) -> dict[str, object]:
        return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in self.item.attributes}


@dataclass(frozen=True)
class Read:
    """Everything in some batches."""

    spans: list[Seen]
    logs: list[Seen]
    metrics: list[Seen]


def read(batches: list[Batch]) -> Read:
    found = Read([], [], [])
    for batch in batches:
        request = REQUESTS[batch.signal].FromString(batch.body)
        _read_request(batch.org, request, found)
    return found


def _read_request(org: str, request: object, found: Read) -> None:
    for kind, scopes, items, into in (
        ("resource_spans", "scope_spans", "spans", found.spans),
        ("resource_logs", "scope_logs", "log_records", found.logs),
        ("resource_metrics", "scope_metrics", "metrics", found.metrics),
    ):
        for group in getattr(request, kind, ()):
            names = {a.key: a.value.string_value for a in group.resource.attributes}
            for scope in getattr(group, scopes):
                into.extend(
                    Seen(org, names["service.name"], item) for item in getattr(scope, items)
                )
