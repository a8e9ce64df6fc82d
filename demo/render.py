"""From told stories to OTLP requests: spans and their log records, grouped by service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Wire
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from demo.shapes import Service
from demo.stage import Stage
from demo.story import Span, Story
from demo.wire import exception, log_attribute, log_group, pair, span_group

Signal = Literal["traces", "logs", "metrics"]

LOG_SHARE: Final = 0.28
"""Share of the spans in good order that write a log record."""

_OK: Final = bytes(Wire(status=Status(code=Status.STATUS_CODE_OK)).SerializeToString())
_EXPLICIT_OK: Final = frozenset({"mosaic-orchestrator", "gateway"})
"""Services that say so when all went well; the others leave the status unset."""

_DEBUG: Final = SeverityNumber.SEVERITY_NUMBER_DEBUG
_INFO: Final = SeverityNumber.SEVERITY_NUMBER_INFO
_WARN: Final = SeverityNumber.SEVERITY_NUMBER_WARN
_ERROR: Final = SeverityNumber.SEVERITY_NUMBER_ERROR

Line = tuple[SeverityNumber.ValueType, str, str]

_LINES: Final[tuple[Line, ...]] = (
    (_INFO, "INFO", "{name} finished in {ms} ms"),
    (_INFO, "INFO", "{name}: done"),
    (_INFO, "INFO", "{name}: {function} returned after {ms} ms"),
    (_DEBUG, "DEBUG", "{name}: entering {function}"),
    (_DEBUG, "DEBUG", "{name}: leaving {function}"),
)
_SLOW_LINE: Final[Line] = (_WARN, "WARN", "{name} took {ms} ms, longer than usual")
_SLOW_MS: Final = 4000


@dataclass(frozen=True)
class Batch:
    """One OTLP export request, serialized."""

    org: str
    signal: Signal
    body: bytes
    items: int


Groups = dict[tuple[Service, int], list[bytes]]
Render = Callable[[Resource, Iterable[bytes]], bytes]


@dataclass
class Outbox:
    """Spans and log records of one org that wait to be sent."""

    stage: Stage
    spans: int = 0
    logs: int = 0
    _span_groups: Groups = field(default_factory=lambda: defaultdict(list))
    _log_groups: Groups = field(default_factory=lambda: defaultdict(list))

    def put(self, story: Story, ends: int) -> None:
        """Add a story whose last span ends at `ends`, in Unix nanoseconds."""
        base = ends - story.length
        release = story.now.release
        for span in story.spans:
            if not span.sent:
                continue
            key = (span.service, release)
            self._span_groups[key].append(_span(story.trace_id, span, base))
            self.spans += 1
            if span.failure or story.rng.random() < LOG_SHARE:
                self._log_groups[key].append(_log(story, span, base))
                self.logs += 1

    def take_spans(self) -> Batch:
        body = self._body(self._span_groups, span_group)
        batch = Batch(self.stage.org.slug, "traces", body, self.spans)
        self.spans = 0
        return batch

    def take_logs(self) -> Batch:
        body = self._body(self._log_groups, log_group)
        batch = Batch(self.stage.org.slug, "logs", body, self.logs)
        self.logs = 0
        return batch

    def _body(self, groups: Groups, render: Render) -> bytes:
        body = b"".join(
            render(self.stage.resources[service, release], items)
            for (service, release), items in groups.items()
        )
        groups.clear()
        return body


def _span(trace_id: bytes, span: Span, base: int) -> bytes:
    head: bytes = Wire(
        trace_id=trace_id,
        span_id=span.id,
        parent_span_id=span.parent.id if span.parent else b"",
        name=span.name,
        kind=span.kind,
        start_time_unix_nano=base + span.start,
        end_time_unix_nano=base + span.end,
    ).SerializeToString()
    if span.failure:
        failure = span.failure
        end = exception(failure.kind, failure.message, failure.stacktrace, base + span.end)
    else:
        end = _OK if span.service.name in _EXPLICIT_OK else b""
    return b"".join((head, *span.parts, end))


def _log(story: Story, span: Span, base: int) -> bytes:
    number, severity, body = _line(story, span)
    at = base + span.end if span.failure else base + (span.start + span.end) // 2
    record = LogRecord(
        time_unix_nano=at,
        observed_time_unix_nano=at,
        severity_number=number,
        severity_text=severity,
        body=AnyValue(string_value=body),
        trace_id=story.trace_id,
        span_id=span.id,
        flags=1,
    )
    if span.failure:
        _explain(record, span)
    parts = [record.SerializeToString(), _belongs(span.service)]
    if story.run_id:
        parts.append(log_attribute("aeos.task.run_id", story.run_id))
    return b"".join(parts)


def _line(story: Story, span: Span) -> Line:
    if span.failure:
        return _ERROR, "ERROR", f"{span.name} failed: {span.failure.message}"
    ms = (span.end - span.start) // 1_000_000
    number, severity, text = _SLOW_LINE if ms > _SLOW_MS else story.rng.choice(_LINES)
    return number, severity, text.format(name=span.name, ms=ms, function=span.function.name)


def _explain(record: LogRecord, span: Span) -> None:
    if failure := span.failure:
        record.attributes.extend(
            [
                pair("exception.type", failure.kind),
                pair("exception.message", failure.message),
                pair("exception.stacktrace", failure.stacktrace),
            ]
        )


@cache
def _belongs(service: Service) -> bytes:
    return log_attribute("aeos.subsystem", service.subsystem) + log_attribute(
        "aeos.process_group", service.group
    )
