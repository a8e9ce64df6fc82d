"""OTLP out: stored spans as an OTLP/JSON request again; sent anywhere it gives the same rows.

The one idea: it is `span_rows` read backwards; spans of one resource and scope share a block.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from telemetry import semconv
from telemetry.rows import SCOPE_PREFIX

Row = Mapping[str, Any]
"""A row of the spans table, its ids as hex."""

Json = dict[str, Any]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = 2**64 - 1


def request_of(rows: Iterable[Row]) -> bytes:
    """The spans as the body of a POST to /v1/traces."""
    blocks: dict[str, Json] = {}
    scopes: dict[tuple[str, ...], list[Json]] = {}
    for row in rows:
        resource, own = _shared(row["resource"])
        key = repr(resource)
        if key not in blocks:
            blocks[key] = {"resource": {"attributes": resource}, "scopeSpans": []}
        scope = (key, repr(own), repr(row["scope_name"]), repr(row["scope_version"]))
        if scope not in scopes:
            scopes[scope] = []
            blocks[key]["scopeSpans"].append(
                {"scope": _scope(row, own), "spans": scopes[scope]},
            )
        scopes[scope].append(_span(row))
    return orjson.dumps({"resourceSpans": list(blocks.values())}, option=orjson.OPT_INDENT_2)


def _shared(stored: Mapping[str, str] | None) -> tuple[list[Json], list[Json]]:
    """Attributes of the resource, and those of the scope, which are kept among them."""
    resource, scope = {}, {}
    for key, text in (stored or {}).items():
        if key.startswith(SCOPE_PREFIX):
            scope[key.removeprefix(SCOPE_PREFIX)] = orjson.loads(text)
        else:
            resource[key] = orjson.loads(text)
    return _attributes(resource), _attributes(scope)


def _scope(row: Row, attributes: list[Json]) -> Json:
    return _filled(
        {"name": row["scope_name"], "version": row["scope_version"], "attributes": attributes}
    )


def _span(row: Row) -> Json:
    start = (row["start_time"] - EPOCH) // timedelta(microseconds=1) * 1000 + row["start_ns"]
    return _filled(
        {
            "traceId": row["trace_id"],
            "spanId": row["span_id"],
            "parentSpanId": row["parent_span_id"],
            "traceState": row["trace_state"],
            "flags": row["flags"],
            "name": row["name"],
            "kind": _number(Span.SpanKind, "SPAN_KIND_", row["kind"]),
            "startTimeUnixNano": str(start),
            "endTimeUnixNano": str(_end(start, row["duration_ns"])),
            "attributes": _own(row),
            "droppedAttributesCount": row["dropped_attributes"],
            "events": [_event(event) for event in orjson.loads(row["events"] or "[]")],
            "links": [_link(link) for link in orjson.loads(row["links"] or "[]")],
            "status": _filled(
                {
                    "code": _number(Status.StatusCode, "STATUS_CODE_", row["status"]),
                    "message": row["status_message"],
                }
            ),
        }
    )


def _end(start: int, duration: int | None) -> int:
    """0, which is no time in OTLP, when the duration is not known."""
    return 0 if duration is None else min(max(start + duration, 0), LATEST)


def _own(row: Row) -> list[Json]:
    """The span's attributes; the watched variable has a type that JSON does not know."""
    stored = {key: orjson.loads(text) for key, text in (row["attributes"] or {}).items()}
    found = _attributes(stored)
    watched = f"{semconv.WATCHED_PREFIX}{row['data_name']}"
    for pair in found:
        if pair["key"] == watched and isinstance(stored[watched], str):
            pair["value"] = _typed(stored[watched], row["data_type"])
    return found


def _typed(text: str, kind: str | None) -> Json:
    """Text that stands for bytes, or for a number that JSON cannot write, as what it was."""
    if kind == "double":
        return {"doubleValue": text}
    if kind == "bytes":
        with contextlib.suppress(binascii.Error):
            base64.b64decode(text, validate=True)
            return {"bytesValue": text}
    return {"stringValue": text}


def _event(event: Json) -> Json:
    return _filled(
        {
            "name": event["name"],
            "timeUnixNano": str(event["time_unix_nano"]),
            "attributes": _attributes(event["attributes"]),
            "droppedAttributesCount": event.get("dropped_attributes"),
        }
    )


def _link(link: Json) -> Json:
    return _filled(
        {
            "traceId": link["trace_id"],
            "spanId": link["span_id"],
            "traceState": link.get("trace_state"),
            "attributes": _attributes(link["attributes"]),
            "droppedAttributesCount": link.get("dropped_attributes"),
        }
    )


def _attributes(values: Mapping[str, Any]) -> list[Json]:
    return [{"key": key, "value": _any_value(value)} for key, value in values.items()]


def _any_value(value: Any) -> Json:
    """A plain value as OpenTelemetry's AnyValue; null is one without a value."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(item) for item in value]}}
    return {"kvlistValue": {"values": _attributes(value)}} if isinstance(value, dict) else {}


def _number(enum: Any, prefix: str, word: str) -> int:
    """The number of an enum's word; words for numbers that nobody knows are the number."""
    name = prefix + word.upper()
    return int(enum.Value(name)) if name in enum.keys() else int(word)  # noqa: SIM118 - no dict


def _filled(fields: Json) -> Json:
    """What has a value; OTLP leaves the rest out."""
    return {name: value for name, value in fields.items() if value not in (None, [], {}, "", 0)}
