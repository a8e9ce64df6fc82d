"""The list's views and columns: rows in, grid rows out, and what a link says of columns."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.shell.link import Link
from dashboards.traces.grid import callbacks, columns, views
from dashboards.traces.grid.columns import Shown
from queries import fields, search
from queries.errors import BadQuestion
from queries.reader import Answer, Row
from queries.traces import Found

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TRACE, SPAN = "ab" * 16, "cd" * 8


def span_row(**more: Any) -> Row:
    row: Row = dict.fromkeys(
        [
            *("parent_span_id", "data_name", "data_type", "data_value", "status_message", "model"),
            *("exception_type", "exception_message", "input_tokens", "output_tokens", "cost_usd"),
        ]
    )
    row |= {
        "trace_id": TRACE,
        "span_id": SPAN,
        "twin": 5,
        "position": 1,
        "org_id": "acme",
        "name": "pay",
        "kind": "internal",
        "service_name": "till",
        "start_time": NOW,
        "duration_ns": 1_000_000,
        "status": "ok",
        "children": 0,
        "siblings": 1,
        "orphan": False,
    }
    return {**row, **more}


def trace_row(**more: Any) -> Row:
    facts = {"spans": 1_234, "services": 2, "errors": 0, "orphans": 0, "duration_ns": 5e9}
    return span_row(**facts, **more)


def found(*rows: Row) -> Found:
    return Found(list(rows), None, None, Answer(list(rows), as_of=NOW))


def shown_row(row: Row, mode: str = "spans", zone: ZoneInfo = UTC_ZONE) -> dict[str, Any]:
    (shown,) = views.rows([row], Link(mode=mode), zone)
    return shown


# rows


def test_the_canonical_columns_show_what_a_span_says() -> None:
    row = span_row(
        name="pay\n",
        data_name="level",
        data_type="double",
        data_value="1.5",
        status="error",
        exception_type="ValueError",
        exception_message="it\nbroke",
    )
    shown = shown_row(row, zone=BERLIN)
    assert {column.key: shown[column.key] for column in columns.SPANS} == {
        "process": "pay␊",
        "data": "level",
        "data_type": "double",
        "data_value": "1.5",
        "time": "2026-06-01 14:00:00.000",
        "status": "error",
        "exception": "ValueError: it broke",
    }
    assert (shown["org"], shown["service"]) == ("acme", "till")


def test_behind_a_cell_stands_the_value_that_was_sent() -> None:
    row = span_row(name="pay\n", exception_type="E", exception_message="m", data_value="x" * 500)
    raw = shown_row(row)["raw"]
    assert raw["process"] == "pay\n"
    assert raw["exception"] == "E"
    assert raw["data_value"] == "x" * 500
    assert raw["data"] is None
    assert raw["time"] == "2026-06-01T12:00:00.000000Z"
    said = shown_row(span_row(status="error", status_message="quota"))["raw"]["exception"]
    assert said == {"key": "message", "value": "quota"}
    assert shown_row(span_row(data_value="x" * 5_000))["raw"]["data_value"] == {"long": True}
    assert "data_value" not in shown_row(span_row(data_value="plain"))["raw"]


@pytest.mark.parametrize(
    ("says", "line"),
    [
        ({"exception_type": "E"}, "E"),
        ({"exception_message": "m"}, "m"),
        ({"status": "error", "status_message": "quota"}, "quota"),
        ({"status": "ok", "status_message": "fine"}, ""),
        ({"status": "error"}, ""),
    ],
)
def test_an_error_without_exception_shows_its_message(says: Row, line: str) -> None:
    assert views.exception_line(span_row(**says)) == line


def test_a_trace_shows_its_facts_and_no_zeros() -> None:
    shown = shown_row(trace_row(), "traces")
    said = [shown[n] for n in ("spans", "services", "errors", "orphans", "tokens", "cost")]
    assert said == ["1,234", "2", "", "", "", ""]
    shown = shown_row(trace_row(input_tokens=5, output_tokens=None, cost_usd=0.5), "traces")
    assert (shown["tokens"], shown["cost"], shown["duration"]) == ("5", "$0.50", "5.00 s")


def variable(**more: Any) -> Row:
    row = {"org_id": "acme", "source": "span", "service_name": "till", "process": "pay"}
    row |= {"data_name": "level", "series": None, "data_value": "1.5", "data_type": "double"}
    row |= {"readings": 1_234, "distinct_values": 3, "changes": 9, "run_length": 4, "alone": True}
    return {**row, "since": NOW - timedelta(hours=1), "last_reading": NOW, **more}


def test_a_variable_shows_its_course_and_leads_to_its_spans() -> None:
    shown = shown_row(variable(), "watched")
    said = [shown[n] for n in ("readings", "distinct", "changes", "run", "since")]
    assert said == ["1,234", "3", "9", "4", "2026-06-01 11:00:00.000"]
    assert shown["q"] == "data=level service=till name=pay"
    together = shown_row(variable(alone=False, data_name="le vel"), "watched")["q"]
    carried = search.term("exists", fields.Attribute("attributes", "aeos.data.le vel").key)
    assert together == f"{carried} service=till name=pay"
    assert ("q0", "aeos.data.le vel") in search.condition(together).params
    assert shown_row(variable(source="gauge"), "watched")["q"] is None


def test_the_summary_of_variables_says_what_is_left_out() -> None:
    one = Answer([variable(variables=1)], as_of=NOW)
    assert views.summary(one, Link(), UTC_ZONE) == "1 variable shown, as of 12:00:00 UTC"
    cut = views.summary(Answer([variable(variables=5_000)] * 2, as_of=NOW), Link(), UTC_ZONE)
    assert cut.startswith("2 variables shown, the last read of 5,000")
    assert "without gauges" in views.summary(one, Link(q="status:error"), UTC_ZONE)
    assert views.summary(Answer([], as_of=NOW), Link(), UTC_ZONE).startswith("0 variables")


def test_cursors_lead_to_the_first_row_shown() -> None:
    nowhere = {"newer": None, "older": None, "top": None}
    assert views.cursors(found()) == nowhere
    assert views.top_of(nowhere) is None
    top = views.top_of(views.cursors(found(span_row(), span_row(position=0))))
    assert top is not None
    assert (top.time, top.span_id) == (1, SPAN)


# what hangs below


def kid(number: int, **more: Any) -> Row:
    return span_row(span_id=f"{number:016x}", name=f"kid {number}", **more)


def test_opened_rows_are_followed_by_their_children_at_any_depth() -> None:
    top = [shown_row(span_row()), shown_row(span_row(span_id="ee" * 8))]
    first = top[0]["id"]
    below = f"{first}/{1:016x}:5"
    kids = {first: [kid(1, children=1), kid(2)], below: [kid(3)]}
    shown = views.unfolded(top, {first, below}, kids, UTC_ZONE, 100)
    assert [(row["process"], row["level"], row.get("open")) for row in shown] == [
        ("pay", 0, True),
        ("kid 1", 1, True),
        ("kid 3", 2, None),
        ("kid 2", 1, None),
        ("pay", 0, None),
    ]
    assert len({row["id"] for row in shown}) == 5
    assert views.unfolded(top, {below}, kids, UTC_ZONE, 100) == top


def test_of_too_many_children_the_rest_is_told() -> None:
    parent = shown_row(span_row())
    (first, rest) = views.kids_of(parent, [kid(1, siblings=1_235)], UTC_ZONE)
    assert first["process"] == "kid 1"
    assert rest["process"] == "+1,234 more – open the trace"


def test_an_orphan_names_the_parent_that_is_missing() -> None:
    (shown,) = views.kids_of(
        shown_row(span_row()), [kid(1, orphan=True, parent_span_id="0b")], UTC_ZONE
    )
    assert shown["mark"] == "orphan: parent 0b is missing"


def test_a_span_below_itself_is_not_opened_again() -> None:
    parent = shown_row(span_row())
    (same,) = views.kids_of(parent, [span_row(children=1)], UTC_ZONE)
    assert (same["children"], same["mark"]) == (0, "cycle: it is its own ancestor")


@pytest.mark.parametrize(
    "forged",
    [
        *(None, 5, "x", {}, [5, None], ["x"], ["a:b"], ["a:b:c:d"], ["/"], ["a:b:c:d/e"]),
        [f"acme:{TRACE}:{SPAN}:5/../x"],
        [f"acme:{TRACE[:-2]}:{SPAN}:5"],
        [f"acme:{TRACE}:{SPAN * 9}:5"],
    ],
)
def test_made_up_rows_are_not_opened(forged: Any) -> None:
    assert callbacks.opened_ids({"opened": forged}) == []


def test_rows_that_were_opened_are_known_again() -> None:
    ids = [f"acme:{TRACE}:{SPAN}:5", f"acme:{TRACE}::/{SPAN}:5/{'01' * 8}:77"]
    assert callbacks.opened_ids({"opened": ids}) == ids
    assert [views.place(id_).span_id for id_ in ids] == [SPAN, "01" * 8]
    many = [f"acme:{TRACE}:{n:016x}:1" for n in range(1_000)]
    assert callbacks.opened_ids({"opened": many}) == many[-callbacks.MOST_OPENED :]


# columns


@pytest.mark.parametrize("mode", columns.DEFAULTS)
def test_the_org_comes_first_where_rows_of_several_are_shown(mode: str) -> None:
    shown = columns.default(mode)
    own = [column["field"] for column in columns.definitions(shown, many=False)]
    several = [column["field"] for column in columns.definitions(shown, many=True)]
    assert several == ["org", *own]


def test_seven_columns_are_the_default_of_spans() -> None:
    assert [each.column.title for each in columns.parse("", "spans")] == [
        *("Process", "Data", "Data Type", "Data Value", "Timestamp", "Status", "Exception")
    ]


def keys(text: str, mode: str = "spans") -> list[tuple[str, int | None]]:
    return [(each.column.key, each.width) for each in columns.parse(text, mode)]


def test_a_link_names_columns_in_their_order_and_width() -> None:
    assert keys("status,process:310,attr.user.tier:140,duration") == [
        ("status", None),
        ("process", 310),
        ("attr.user.tier", 140),
        ("duration", None),
    ]


@pytest.mark.parametrize("text", ["nonsense", ",,", ":", "process2", "attributes", "trace.spans"])
def test_columns_that_nobody_knows_leave_the_default(text: str) -> None:
    assert keys(text) == keys("")


@pytest.mark.parametrize("width", ["0", "-5", "99999", "x", "1.5", "٣٣٣", ""])
def test_a_width_that_makes_no_sense_is_the_pages_own(width: str) -> None:
    assert keys(f"process:{width}") == [("process", None)]


def test_a_column_is_shown_once_and_not_all_that_a_link_can_hold() -> None:
    assert keys("process,process:300,data") == [("process", None), ("data", None)]
    assert len(keys(",".join(f"attr.a{n}" for n in range(500)))) == columns.MOST


def test_traces_and_variables_have_no_attributes() -> None:
    assert keys("process,attr.a,tokens_input", "traces") == [
        ("process", None),
        ("tokens_input", None),
    ]
    assert keys("data,attr.a,series", "watched") == [("data", None), ("series", None)]


@given(st.text(min_size=1).filter(lambda key: max(key) < "\ud800"), st.sampled_from([None, 140]))
def test_any_attribute_survives_the_link(name: str, width: int | None) -> None:
    column = columns.of_key(f"resource.{name}")
    if column is None or name.startswith('"'):
        return
    text = columns.write([Shown(columns.SPANS[0]), Shown(column, width)])
    assert columns.parse(text, "spans")[1] == Shown(column, width)


def test_every_column_is_found_by_its_own_key() -> None:
    for mode in columns.DEFAULTS:
        for column in columns.catalogue(mode):
            assert columns.parse(column.key, mode) == (Shown(column),)
            if column.search:
                assert search.term(column.search, "1")


def test_a_width_of_the_readers_own_does_not_stretch() -> None:
    (definition,) = columns.definitions(columns.parse("process:310", "spans"), many=False)
    assert (definition["width"], definition["flex"]) == (310, None)
    json.dumps(definition)


def test_more_columns_show_their_values_and_what_is_behind_them() -> None:
    shown = columns.parse(
        "process,duration,received,cost,attr.tier,resource.host,attr.list", "spans"
    )
    row = span_row(duration_ns=1_500_000, ingest_time=NOW, cost_usd=0.5)
    values = {**span_row(), "attributes": ['"gold"', "[1, 2]"], "resource": [None]}
    (cells,) = views.more(shown, [row], [values], BERLIN).values()
    assert {key: cells[key] for key in cells if key != "raw"} == {
        "duration": "1.50 ms",
        "received": "2026-06-01 14:00:00.000",
        "cost": "$0.50",
        "attr.tier": "gold",
        "resource.host": "",
        "attr.list": "[1,2]",
    }
    assert cells["raw"]["duration"] == 1_500_000
    assert cells["raw"]["cost"] == 0.5
    assert cells["raw"]["resource.host"] is None
    full = views.with_more(shown_row(row), {views.row_id(row): cells})
    assert (full["attr.tier"], full["raw"]["duration"]) == ("gold", 1_500_000)


# jumping to a time


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("13:05", "2026-06-01T11:05"),
        ("13:05:30", "2026-06-01T11:05:30"),
        ("23:00", "2026-05-31T21:00"),
        ("2026-05-30 08:00", "2026-05-30T06:00"),
        ("2026-05-30T08:00Z", "2026-05-30T08:00"),
        (" 2026-05-30 08:00:01.5 ", "2026-05-30T06:00:01.5"),
    ],
)
def test_a_time_is_meant_in_the_readers_zone_and_in_the_past(typed: str, moment: str) -> None:
    expected = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert callbacks.moment_of(typed, BERLIN, NOW) == expected


@pytest.mark.parametrize(
    "typed", ["", "x", "25:00", "13:99", "2026-13-01", "9999-12-31T23:59-14:00"]
)
def test_what_is_no_time_is_told_in_a_sentence(typed: str) -> None:
    with pytest.raises(BadQuestion, match="Write a time as 14:05"):
        callbacks.moment_of(typed, BERLIN, NOW)


@pytest.mark.parametrize(
    "ends",
    [(None, None), (5, 5), ("x", "y"), ("2026-06-02", "2026-05-01"), ("0001-01-01T00:00Z",) * 2],
)
def test_ends_that_make_no_sense_narrow_nothing(ends: tuple[Any, Any]) -> None:
    assert callbacks.around(*ends) is None


def test_kin_is_looked_for_near_the_rows() -> None:
    near = callbacks.around("2026-06-01T10:00:00.000Z", "2026-06-01T12:00:00.000Z")
    assert near
    assert (near.since.hour, near.until.hour) == (9, 13)
