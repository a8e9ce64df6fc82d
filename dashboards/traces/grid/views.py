"""Views of the list: rows in, grid rows and words out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash.development.base_component import Component

from dashboards.parts import faces, formats
from dashboards.shell.link import Link
from dashboards.traces.grid.columns import Shown, attributes_of, fields_of
from queries import attributes, search
from queries.family import Place
from queries.fields import Attribute, Field, Kind
from queries.filters import Cursor
from queries.reader import Answer, Row
from queries.traces import Found, cursor_of

GridRow = dict[str, Any]
LONGEST = 300
"""Characters of a text in a cell; the span itself holds all of it."""

LONGEST_RAW = 2_000
"""Characters of a value that a cell can be asked about; a longer one is read in the span."""


def row_id(row: Row) -> str:
    """A row's name in the grid; of a trace it has no span."""
    return f"{row['org_id']}:{row['trace_id']}:{row.get('span_id', '')}:{row.get('twin', '')}"


def below(parent: str, row: Row) -> str:
    """The name of a row that hangs below another: the way to it."""
    return f"{parent}/{row['span_id']}:{row['twin']}"


def place(id_: str) -> Place:
    """What the row of that name is about. Raises ValueError for a name that we never gave."""
    first, *_ = way = id_.split("/")
    org, trace, span, _ = first.split(":")
    if len(way) > 1:
        span, _ = way[-1].split(":")
    return Place(org, trace, span)


def rows(found: Sequence[Row], link: Link, zone: ZoneInfo) -> list[GridRow]:
    row = {"traces": trace_row, "watched": variable_row}.get(link.mode, span_row)
    return [row(each, zone) for each in found]


def span_row(row: Row, zone: ZoneInfo) -> GridRow:
    """A span in the seven canonical columns.

    `raw` has the value behind a cell wherever the words in it are not the value itself.
    """
    shown: GridRow = {
        "id": row_id(row),
        "org": row["org_id"],
        "process": _text(formats.visible(row["name"])),
        "service": _text(row["service_name"]),
        "data": _text(row["data_name"]),
        "data_type": row["data_type"],
        "data_value": _text(row["data_value"]),
        "time": formats.stamp(row["start_time"], zone),
        "status": row["status"],
        "exception": exception_line(row),
        # below a trace, its spans stand under the columns of traces
        "duration": formats.duration(row["duration_ns"]),
        "level": 0,
    }
    values = {
        "process": row["name"],
        "duration": row["duration_ns"],
        "data": row["data_name"],
        "data_type": row["data_type"],
        "data_value": row["data_value"],
        "time": _instant(row["start_time"]),
        "exception": row["exception_type"],
    }
    said = row["exception_message"] or row["status_message"]
    if not row["exception_type"] and said and shown["exception"]:
        key = "exception.message" if row["exception_message"] else "message"
        values["exception"] = {"key": key, "value": said}
    return {**shown, "raw": _behind(shown, values)}


def child_row(row: Row, parent: GridRow, zone: ZoneInfo) -> GridRow:
    """A span below the row that was opened."""
    shown = span_row(row, zone)
    return {**shown, "id": below(parent["id"], row), "level": parent["level"] + 1, **standing(row)}


def standing(row: Row) -> GridRow:
    """How many children a row has, and what is odd about its parent."""
    mark = None
    if row.get("orphan"):
        mark = f"orphan: parent {row['parent_span_id']} is missing"
    elif row.get("circular"):
        mark = "cycle: its parents form a circle"
    return {"children": row["children"], "mark": mark}


def trace_row(row: Row, zone: ZoneInfo) -> GridRow:
    """A trace in one line."""
    tokens = (row["input_tokens"] or 0) + (row["output_tokens"] or 0)
    shown = {
        "id": row_id({**row, "span_id": "", "twin": ""}),
        "org": row["org_id"],
        "process": _text(formats.visible(row["name"])),
        "service": _text(row["service_name"]),
        "spans": formats.count(row["spans"]),
        "services": formats.count(row["services"]),
        "errors": formats.count(row["errors"]) if row["errors"] else "",
        "orphans": formats.count(row["orphans"]) if row["orphans"] else "",
        "duration": formats.duration(row["duration_ns"]),
        "tokens": formats.count(tokens) if tokens else "",
        "tokens_input": _count(row["input_tokens"]),
        "tokens_output": _count(row["output_tokens"]),
        "cost": formats.money(row["cost_usd"]) if row["cost_usd"] else "",
        "time": formats.stamp(row["start_time"], zone),
        "trace": row["trace_id"],
        "level": 0,
        # at least the span that matched hangs below a trace
        "children": row["spans"],
    }
    values = {
        "process": row["name"],
        "spans": row["spans"],
        "services": row["services"],
        "errors": row["errors"],
        "orphans": row["orphans"],
        "duration": row["duration_ns"],
        "tokens": tokens,
        "tokens_input": row["input_tokens"],
        "tokens_output": row["output_tokens"],
        "cost": row["cost_usd"],
        "time": _instant(row["start_time"]),
    }
    return {**shown, "raw": _behind(shown, values)}


def variable_row(row: Row, zone: ZoneInfo) -> GridRow:
    """A watched variable in one line."""
    id_ = [row["org_id"], row["source"], row["service_name"], row["process"], row["data_name"]]
    shown = {
        "id": "\x1f".join([*id_, row["series"] or ""]),
        "org": row["org_id"],
        "data": _text(row["data_name"]),
        "data_value": _text(row["data_value"]),
        "data_type": row["data_type"],
        "process": _text(formats.visible(row["process"])),
        "service": _text(row["service_name"]),
        "readings": formats.count(row["readings"]),
        "distinct": formats.count(row["distinct_values"]),
        "changes": formats.count(row["changes"]),
        "run": formats.count(row["run_length"]),
        "since": formats.stamp(row["since"], zone),
        "time": formats.stamp(row["last_reading"], zone),
        "q": spans_of(row),
        "source": row["source"],
        "series": _text(row["series"]),
        "level": 0,
    }
    values = {
        "data": row["data_name"],
        "data_value": row["data_value"],
        "data_type": row["data_type"],
        "process": row["process"],
        "readings": row["readings"],
        "distinct": row["distinct_values"],
        "changes": row["changes"],
        "run": row["run_length"],
        "since": _instant(row["since"]),
        "time": _instant(row["last_reading"]),
        "service": row["service_name"],
    }
    return {**shown, "raw": _behind(shown, values)}


def spans_of(row: Row) -> str | None:
    """The search for the spans that carry a variable; a gauge is on none."""
    if row["source"] == "gauge":
        return None
    # a span's column names the first of its variables only
    named = (
        search.term("data", row["data_name"])
        if row["alone"]
        else search.term("exists", Attribute("attributes", f"aeos.data.{row['data_name']}").key)
    )
    of = {"service": row["service_name"], "name": row["process"]}
    return " ".join([named, *(search.term(key, value) for key, value in of.items())])


def more(
    shown: Sequence[Shown], columns: Iterable[Row], values: Iterable[Row], zone: ZoneInfo
) -> dict[str, GridRow]:
    """Cells of the columns that not every list has, by span and twin."""
    wanted = fields_of(shown)
    named = attributes_of(shown)
    of_span = [attribute for attribute in named if attribute.column == "attributes"]
    of_resource = [attribute for attribute in named if attribute.column == "resource"]
    found: dict[str, GridRow] = {}
    for row in columns:
        for field in wanted:
            _put(found, row, field.key, cell(field, row[field.column], zone), row[field.column])
    for row in values:
        pairs = [
            *zip(of_span, row["attributes"], strict=True),
            *zip(of_resource, row["resource"], strict=True),
        ]
        for attribute, text in pairs:
            value = None if text is None else attributes.loaded(text)
            _put(found, row, attribute.key, "" if text is None else _text(words(text)), value)
    return found


def words(json_text: str) -> str:
    """An attribute's value as a line."""
    return attributes.text_of(json_text)


def _put(found: dict[str, GridRow], row: Row, key: str, text: str, value: Any) -> None:
    cells = found.setdefault(row_id(row), {"raw": {}})
    cells[key] = text
    plain = _instant(value) if isinstance(value, datetime) else value
    if not isinstance(plain, dict | list):
        cells["raw"] |= _behind({key: text}, {key: plain})


def with_more(row: GridRow, cells: Mapping[str, GridRow]) -> GridRow:
    """The row with the cells found for it."""
    found = cells.get(span_of(row["id"]))
    return {**row, **found, "raw": {**row["raw"], **found["raw"]}} if found else row


def span_of(id_: str) -> str:
    """The name that the row's span has at the top of a list."""
    first, *way = id_.split("/")
    org, trace, _, _ = first.split(":")
    return f"{org}:{trace}:{way[-1]}" if way else first


def cell(field: Field, value: Any, zone: ZoneInfo) -> str:
    """A value of a field as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return formats.stamp(value, zone)
    if field.kind is Kind.DURATION:
        return formats.duration(value if field.unit == "ns" else value * 1e6)
    if field.unit == "US dollars":
        return formats.money(value)
    if field.unit:
        return formats.count(value)
    return _text(str(value))


def _behind(shown: GridRow, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values whose words are not the values themselves."""
    return {key: _capped(value) for key, value in values.items() if value != shown.get(key)}


def _capped(value: Any) -> Any:
    """A value that is too long to ask about becomes a mark that it is."""
    too_long = isinstance(value, str) and len(value) > LONGEST_RAW
    return {"long": True} if too_long else value


def exception_line(row: Row) -> str:
    """Type and message of the exception; what the sender says of an error without one."""
    parts = [row["exception_type"], row["exception_message"]]
    line = ": ".join(part for part in parts if part)
    if not line and row["status"] == "error":
        line = row["status_message"] or ""
    return formats.shorten(line, LONGEST)


def _text(text: str | None) -> str:
    return formats.shorten(text, LONGEST)


def _count(number: int | None) -> str:
    return formats.count(number) if number else ""


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def unfolded(
    rows: Sequence[GridRow],
    ids: Set[str],
    kids: Mapping[str, Sequence[Row]],
    zone: ZoneInfo,
    most: int,
) -> list[GridRow]:
    """The rows in the order of the page; an opened row is followed by what is below it."""
    shown: list[GridRow] = []
    waiting = list(reversed(rows))
    while waiting:
        row = waiting.pop()
        open_ = row["id"] in ids and row["id"] in kids and len(shown) < most
        shown.append({**row, "open": True} if open_ else row)
        if open_:
            waiting += reversed(kids_of(row, kids[row["id"]], zone))
    return shown


def below_each(
    ids: Sequence[str],
    found: Mapping[str, Sequence[Row]],
    cells: Mapping[str, GridRow],
    zone: ZoneInfo,
) -> dict[str, list[GridRow]]:
    """What hangs below each of the rows; nothing where there is nothing."""
    return {
        id_: [
            with_more(kid, cells)
            for kid in kids_of({"id": id_, "level": id_.count("/")}, found.get(id_, ()), zone)
        ]
        for id_ in ids
    }


def kids_of(parent: GridRow, found: Sequence[Row], zone: ZoneInfo) -> list[GridRow]:
    """The rows below an opened one; of too many the first, and a last row that says so."""
    way = set(parent["id"].split("/"))
    kids = [_not_again(child_row(row, parent, zone), way) for row in found]
    left = found[0]["siblings"] - len(found) if found else 0
    return [*kids, _rest(parent, left)] if left > 0 else kids


def _not_again(kid: GridRow, way: set[str]) -> GridRow:
    """A span that is already above itself is not opened a second time."""
    own = kid["id"].rsplit("/", 1)[1].split(":")[0]
    above = {step.split(":")[-2] for step in way}
    return {**kid, "children": 0, "mark": "cycle: it is its own ancestor"} if own in above else kid


def _rest(parent: GridRow, left: int) -> GridRow:
    return {
        "id": f"{parent['id']}/+",
        "process": f"+{left:,} more – open the trace",
        "rest": True,
        "level": parent["level"] + 1,
        "children": 0,
        "raw": {},
    }


def cursors(found: Found) -> dict[str, Any]:
    """Where the neighbouring pages start, and the first row shown."""
    top = cursor_of(found.rows[0]) if found.rows else None
    return {
        "newer": found.newer.encode() if found.newer else None,
        "older": found.older.encode() if found.older else None,
        "top": top.encode() if top else None,
    }


def top_of(shown: dict[str, Any]) -> Cursor | None:
    return Cursor.decode(shown["top"]) if shown.get("top") else None


def summary(answer: Answer, link: Link, zone: ZoneInfo) -> str:
    """How many variables there are, and which of them are left out."""
    shown = len(answer)
    all_ = answer.rows[0]["variables"] if shown else 0
    what = "variable" + ("" if shown == 1 else "s")
    most = f", the last read of {all_:,}" if all_ > shown else ""
    left_out = ", without gauges: a search is about spans" if link.q.strip() else ""
    return f"{shown:,} {what} shown{most}{left_out}{formats.as_of(answer.as_of, zone)}"


def nothing(link: Link) -> Component:
    """No rows: say what would bring some."""
    if link.q:
        return faces.empty("Nothing matches these filters.", "Remove a filter or widen the range.")
    if link.after or link.before:
        return faces.empty("There are no rows on this page.", "Go back to the newest.")
    if link.mode == "watched":
        return faces.empty(
            "No watched variable was read in this time range.",
            "Send attributes aeos.data.<name> on spans, or gauges to /v1/metrics.",
        )
    return faces.empty(
        "No spans in this time range.",
        "Choose a longer range, or send telemetry to /v1/traces with an ingest key.",
    )
