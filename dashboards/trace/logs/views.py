"""Views of the logs of a trace: records in, grid rows and words out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash.development.base_component import Component

from dashboards.parts import faces, formats
from queries.filters import EPOCH, TimeRange
from queries.reader import Answer, Row
from queries.tree import Trace

SHOWN = 1_000
"""Records sent to the page, the earliest; the filter reaches the others."""

LONGEST = 4_000
"""Characters of a message that are sent to the page."""

LEAST = {"all": 0, "info": 9, "warn": 13, "error": 17}
"""The first severity number of each level, as OpenTelemetry counts them."""

SEVERITIES = ("trace", "debug", "info", "warn", "error", "fatal")


@dataclass(frozen=True)
class Wanted:
    """Which records to show: of a least severity, and with this text in them."""

    level: str = "all"
    text: str = ""


def wanted(select: str) -> Wanted:
    """What `select` says as `level:text`; everything when it says something else."""
    level, found, text = select.partition(":")
    return Wanted(level, text) if found and level in LEAST else Wanted()


def around(trace: Trace) -> TimeRange | None:
    """From the start of the trace to its end; None when no span has a start."""
    if not trace.origin_ns:
        return None
    since = EPOCH + timedelta(microseconds=trace.origin_ns // 1_000)
    return TimeRange(since, since + timedelta(microseconds=trace.length_ns // 1_000 + 1))


def of_org(found: Answer, org: str) -> Answer:
    """The records of the trace's own org; another may use the same trace id."""
    return replace(found, rows=[row for row in found.rows if row["org_id"] == org])


def chosen(found: Answer, wanted: Wanted) -> list[Row]:
    least, text = LEAST[wanted.level], wanted.text.casefold()
    return [
        row
        for row in found.rows
        if (row["severity_number"] or 0) >= least and text in _searched(row).casefold()
    ]


def _searched(row: Row) -> str:
    """All that a person may look for in a record."""
    parts = ("body", "event_name", "service_name", "exception_type", "exception_message")
    return "\n".join(filter(None, (row[part] for part in parts)))


def rows(chosen: list[Row], trace: Trace, zone: ZoneInfo) -> list[dict[str, Any]]:
    names = dict(zip(trace.columns["span_id"], trace.columns["name"], strict=True))
    return [_row(n, row, names, trace, zone) for n, row in enumerate(chosen[:SHOWN])]


def _row(
    number: int, row: Row, names: dict[str, str | None], trace: Trace, zone: ZoneInfo
) -> dict[str, Any]:
    span_id = row["span_id"] or ""
    return {
        # the span to open stands in the id, which is all that a click tells
        "id": f"{number}:{span_id if span_id in names else ''}",
        "time": formats.stamp(row["time"], zone),
        "offset": _offset(row["unix_ns"] - trace.origin_ns),
        "severity": severity(row),
        "service": formats.shorten(row["service_name"], 100),
        "span": _span(span_id, names),
        "known": span_id in names,
        "body": message(row),
    }


def _offset(ns: int) -> str:
    return formats.duration(ns) if ns < 0 else f"+{formats.duration(ns)}"


def _span(span_id: str, names: dict[str, str | None]) -> str:
    """Name of the record's span; a span that is not in the trace is named by its id."""
    if not span_id:
        return ""
    if span_id not in names:
        return f"{span_id} (not here)"
    return formats.shorten(formats.visible(names[span_id]), 100)


def severity(row: Row) -> str:
    """The level by its number; by its text when there is no number."""
    number = row["severity_number"] or 0
    if 1 <= number <= 24:
        return SEVERITIES[(number - 1) // 4]
    return formats.shorten((row["severity_text"] or "").lower(), 12)


def message(row: Row) -> str:
    """What the record says, with its exception, as far as the page takes it."""
    failed = ": ".join(filter(None, (row["exception_type"], row["exception_message"])))
    parts = (row["body"] or row["event_name"] or "", failed, row["exception_stacktrace"] or "")
    text = "\n".join(filter(None, dict.fromkeys(parts)))
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text) - LONGEST:,} more characters)"


def summary(found: Answer, chosen: list[Row], zone: ZoneInfo) -> str:
    records = "record" if len(chosen) == 1 else "records"
    cut = f"the first {SHOWN:,} of " if len(chosen) > SHOWN else ""
    of = f" of {len(found):,}" if len(chosen) < len(found) else ""
    more = "; the trace has more than can be read at once" if found.truncated else ""
    return f"{cut}{len(chosen):,}{of} {records}{more}{formats.as_of(found.as_of, zone)}"


def nothing(found: Answer, chosen: list[Row]) -> Component | None:
    """No records: say how to send some, or what hides them."""
    if chosen:
        return None
    if found.rows:
        return faces.empty("No record matches.", "Choose a lower severity or other words.")
    return faces.empty(
        "No logs belong to this trace.",
        "Send log records to /v1/logs with the trace id and span id of the work they tell of; "
        "the OpenTelemetry log bridges of your language do so by themselves.",
    )
