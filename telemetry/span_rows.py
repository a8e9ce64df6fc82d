"""Spans as rows of the table `spans`."""

from __future__ import annotations

from typing import Any, Final

from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from telemetry import rows, semconv, values
from telemetry.otlp import Group
from telemetry.rows import Row, Rows
from telemetry.schema import SPANS

LAYOUT: Final = rows.layout_of(SPANS)
NO_PARENT: Final = (b"", bytes(8))
_EXCEPTION: Final = ("exception_type", "exception_message", "exception_stacktrace")

# Places are looked up once: the loop over spans is where the time of writing goes.
_DATE, _START, _START_NS = (LAYOUT.place[name] for name in ("date", "start_time", "start_ns"))
_TRACE, _SPAN = (LAYOUT.place[name] for name in ("trace_id", "span_id"))
_PARENT, _STATE, _FLAGS = (LAYOUT.place[n] for n in ("parent_span_id", "trace_state", "flags"))
_NAME, _KIND, _DURATION = (LAYOUT.place[name] for name in ("name", "kind", "duration_ns"))
_STATUS, _MESSAGE = (LAYOUT.place[name] for name in ("status", "status_message"))
_DATA_COUNT, _DATA_NAME = (LAYOUT.place[name] for name in ("data_count", "data_name"))
_DATA_TYPE, _DATA_VALUE = (LAYOUT.place[name] for name in ("data_type", "data_value"))
_EVENTS, _LINKS, _DROPPED = (LAYOUT.place[n] for n in ("events", "links", "dropped_attributes"))

_kind = rows.words(Span.SpanKind, "SPAN_KIND_")
_status = rows.words(Status.StatusCode, "STATUS_CODE_")


def add(found: Rows, group: Group) -> None:
    """Add the spans of a group."""
    first = found.begin(group)
    first[LAYOUT.place["scope_version"]] = group.scope.version or None
    for span in group.items:
        row = first.copy()
        texts = rows.read_attributes(span.attributes, row, LAYOUT.own)
        _fill(row, span)
        # One search in the joined keys is quicker than one in each.
        if semconv.WATCHED_PREFIX in "\n".join(texts):
            _fill_watched(row, span, texts)
        if span.events:
            _fill_events(row, span.events)
        if span.links:
            row[_LINKS] = values.text([_link(link) for link in span.links])
        found.add(row, texts)


def _fill(row: Row, span: Any) -> None:
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    row[_DATE], row[_START], row[_START_NS] = rows.day_and_time(start)
    row[_TRACE], row[_SPAN] = span.trace_id, span.span_id
    parent = span.parent_span_id
    if parent not in NO_PARENT:
        row[_PARENT] = parent
    row[_STATE] = span.trace_state or None
    row[_FLAGS] = span.flags
    row[_NAME], row[_KIND] = span.name, _kind(span.kind)
    if start and end:
        row[_DURATION] = rows.kept(end - start)
    row[_STATUS] = _status(span.status.code)
    row[_MESSAGE] = span.status.message or None
    row[_DROPPED] = rows.kept(row[_DROPPED] + span.dropped_attributes_count, rows.MOST_INT)


def _fill_watched(row: Row, span: Any, texts: dict[str, str]) -> None:
    """The first `aeos.data.<name>`, and how many there are; if a key repeats, its last value."""
    keys = [key for key in texts if key.startswith(semconv.WATCHED_PREFIX)]
    if not keys:
        return
    key = keys[0]
    row[_DATA_COUNT] = len(keys)
    value = next(pair.value for pair in reversed(span.attributes) if pair.key == key)
    row[_DATA_NAME] = key.removeprefix(semconv.WATCHED_PREFIX)
    row[_DATA_TYPE] = values.KINDS.get(value.WhichOneof("value"))
    row[_DATA_VALUE] = value.string_value or values.unquoted(texts[key])


def _fill_events(row: Row, events: Any) -> None:
    found = [_event(event) for event in events]
    row[_EVENTS] = values.text(found)
    exceptions = [event for event in found if event["name"] == semconv.EXCEPTION_EVENT]
    for column in _EXCEPTION if exceptions else ():
        value = exceptions[-1]["attributes"].get(semconv.SOURCES[column][0])
        if value is not None:
            row[LAYOUT.place[column]] = values.as_text(value)


def _event(event: Any) -> dict[str, Any]:
    found = {
        "name": event.name,
        "time_unix_nano": event.time_unix_nano,
        "attributes": _attributes(event),
    }
    return found | _drops(event)


def _link(link: Any) -> dict[str, Any]:
    found = {
        "trace_id": link.trace_id.hex(),
        "span_id": link.span_id.hex(),
        "attributes": _attributes(link),
    }
    if link.trace_state:
        found["trace_state"] = link.trace_state
    return found | _drops(link)


def _attributes(holder: Any) -> dict[str, Any]:
    return {pair.key: values.plain(pair.value) for pair in holder.attributes}


def _drops(holder: Any) -> dict[str, int]:
    dropped = holder.dropped_attributes_count
    return {"dropped_attributes": dropped} if dropped else {}
