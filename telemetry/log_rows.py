"""Log records as rows of the table `logs`."""

from __future__ import annotations

from typing import Any, Final

from telemetry import rows, values
from telemetry.admission import log_time
from telemetry.otlp import Group
from telemetry.rows import Row, Rows
from telemetry.schema import LOGS

LAYOUT: Final = rows.layout_of(LOGS)
_place: Final = LAYOUT.place


def add(found: Rows, group: Group) -> None:
    """Add the log records of a group."""
    first = found.begin(group)
    for record in group.items:
        row = first.copy()
        texts = rows.read_attributes(record.attributes, row, LAYOUT.own)
        _fill(row, record)
        found.add(row, texts)


def _fill(row: Row, record: Any) -> None:
    date, time, rest = rows.day_and_time(log_time(record))
    dropped = row[_place["dropped_attributes"]] + record.dropped_attributes_count
    filled = {
        "date": date,
        "time": time,
        "time_ns": rest,
        "observed_time": rows.moment(record.observed_time_unix_nano),
        "trace_id": _id(record.trace_id),
        "span_id": _id(record.span_id),
        "flags": record.flags,
        "severity_number": record.severity_number,
        "severity_text": record.severity_text or None,
        "event_name": record.event_name or None,
        "body": _body(record.body),
        "dropped_attributes": rows.kept(dropped, rows.MOST_INT),
    }
    for name, value in filled.items():
        row[_place[name]] = value


def _id(value: bytes) -> bytes | None:
    return value if any(value) else None


def _body(body: Any) -> str | None:
    kind = body.WhichOneof("value")
    if kind == "string_value":
        return str(body.string_value)
    return values.text(values.plain(body)) if kind else None
