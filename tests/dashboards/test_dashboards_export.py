"""The export: every row of the question, written so that a spreadsheet reads and runs nothing."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from cast import NOW, World, request_of, span
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from dashboards.export import cell, written
from queries import traces
from queries.errors import TooSlow
from queries.filters import EPOCH, Page, TimeRange, TraceFilters
from queries.reader import Reader

SPANS = 25_000
STEADY = TraceFilters(TimeRange(NOW - timedelta(days=1), NOW))
RANGE = f"since={NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}&until={NOW:%Y-%m-%dT%H:%M:%SZ}"

COLUMNS = [
    *("org_id", "trace_id", "span_id", "parent_span_id", "service_name", "process_group"),
    *("process", "kind", "data", "data_type", "data_value", "timestamp", "duration_ms", "status"),
    *("status_message", "exception_type", "exception_message", "agent_name", "model"),
]

HOSTILE = 'a "quoted", \r\nname; of\ttwo lines\r'


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    """Acme: 25,000 spans, one of them hostile. Globex: one span."""
    made = new_world()
    spans = [
        span(f"step {i % 50}", trace=i // 100 + 1, number=i + 1, ago=60 + i / 10)
        for i in range(SPANS - 1)
    ]
    last = span(
        HOSTILE, trace=999_999, ago=50_000, error="=cmd|' /C calc'!A0", aeos__data__level="-1.5"
    )
    assert made.post("acme", request_of(*spans, last)).status_code == 200
    made.send("globex", span("turbine", trace=7), service="plant")
    return made


def rows(client: FlaskClient, query: str = RANGE) -> list[dict[str, str]]:
    reply = client.get(f"/export/spans.csv?{query}")
    assert reply.status_code == 200, reply.get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(reply.get_data(as_text=True), newline="")))


def test_every_row_of_the_question_is_there_newest_first(world: World) -> None:
    found = rows(world.client("alice"))
    assert list(found[0]) == COLUMNS
    assert len(found) == SPANS == traces.count(world.scope("alice"), STEADY).spans
    assert len({(row["trace_id"], row["span_id"]) for row in found}) == SPANS
    stamps = [row["timestamp"] for row in found]
    assert stamps == sorted(stamps, reverse=True)
    page = traces.search(world.scope("alice"), STEADY, Page(rows=1_000)).rows
    assert [row["span_id"] for row in found[:1_000]] == [row["span_id"] for row in page]
    assert datetime.fromisoformat(stamps[0]) == NOW - timedelta(seconds=60)


def test_it_takes_the_filter_of_the_screen(world: World) -> None:
    alice = world.client("alice")
    assert {row["process"] for row in rows(alice, f"{RANGE}&process=step+49")} == {"step 49"}
    (failed,) = rows(alice, f"{RANGE}&errors=1&mode=traces&after=x&trace=y&strange=z")
    assert failed["process"] == HOSTILE
    assert rows(alice, f"{RANGE}&group=nobody") == []
    assert rows(alice, "since=2020-01-01&until=2020-01-02") == []


def test_hostile_text_comes_through_whole_and_runs_nothing(world: World) -> None:
    (row,) = rows(world.client("alice"), f"{RANGE}&errors=1")
    assert row["process"] == HOSTILE
    assert row["exception_type"] == "'=cmd|' /C calc'!A0"
    assert (row["data"], row["data_value"]) == ("level", "-1.5")


def test_it_is_a_file_that_nobody_keeps(world: World) -> None:
    reply = world.client("alice").get(f"/export/spans.csv?{RANGE}&errors=1")
    assert reply.mimetype == "text/csv"
    assert reply.headers["Content-Disposition"].startswith('attachment; filename="spans-acme-')
    assert reply.headers["Cache-Control"] == "no-store"


def test_it_is_streamed_and_stops_when_nobody_reads(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = []
    stream = Reader.stream

    def watched(*args: Any, **more: Any) -> Iterator[Any]:
        for chunk in stream(*args, **more):
            chunks.append(len(chunk))
            yield chunk

    monkeypatch.setattr(Reader, "stream", watched)
    reply = world.client("alice").get(f"/export/spans.csv?{RANGE}")
    sent = iter(reply.response)
    next(sent)
    next(sent)
    assert sum(chunks) <= 5_001
    reply.close()
    assert sum(chunks) < SPANS / 2


def test_it_is_streamed_compressed_too(world: World) -> None:
    alice = world.client("alice")
    address = f"/export/spans.csv?{RANGE}"
    plain = alice.get(address).data
    for accepted in ("deflate", "gzip, deflate, br, zstd"):
        reply = alice.get(address, headers={"Accept-Encoding": accepted})
        assert reply.headers.get("Content-Encoding")
        assert "Content-Length" not in reply.headers
        pieces = list(reply.response)
        assert len(pieces) > 3
        assert sum(map(len, pieces)) < len(plain) / 2
        if reply.headers["Content-Encoding"] == "deflate":
            assert zlib.decompress(b"".join(pieces)) == plain


def test_times_are_in_the_readers_zone_with_its_offset(world: World) -> None:
    alice = world.client("alice")
    for zone, offset in (("Asia/Kathmandu", "+05:45"), ("UTC", "+00:00"), ("No/Where", "+00:00")):
        (row,) = rows(alice, f"{RANGE}&errors=1&zone={quote(zone)}")
        assert row["timestamp"].endswith(offset)
        assert datetime.fromisoformat(row["timestamp"]) == NOW - timedelta(seconds=50_000)


# whose rows


def test_charlie_gets_globexs_rows_and_none_of_acmes(world: World) -> None:
    charlie = world.client("charlie")
    for query in ("", RANGE, f"{RANGE}&org=globex"):
        found = rows(charlie, query)
        assert {row["org_id"] for row in found} <= {"globex"}
    assert [row["process"] for row in rows(charlie)] == ["turbine"]


@pytest.mark.parametrize("org", ["acme", "all", "nowhere", "../acme", "%00"])
def test_a_foreign_org_is_not_there(world: World, org: str) -> None:
    reply = world.client("charlie").get(f"/export/spans.csv?{RANGE}&org={org}")
    assert reply.status_code == 404
    assert reply.mimetype == "text/plain"
    assert reply.get_data(as_text=True) == "There is nothing here, or nothing you may see.\n"


def test_staff_export_all_orgs_or_one(world: World) -> None:
    sam = world.client("sam")
    assert {row["org_id"] for row in rows(sam, f"{RANGE}&process=t")} == {"acme", "globex"}
    assert {row["org_id"] for row in rows(sam, f"{RANGE}&org=globex")} == {"globex"}


def test_nobody_exports_nothing(world: World) -> None:
    reply = world.client().get(f"/export/spans.csv?{RANGE}")
    assert reply.status_code == 401


# what goes wrong


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("range=9y", "There is no time range '9y'. Choose one from the list."),
        ("since=x&until=y", "The link's time range is not complete. Choose a range."),
        ("since=2026-01-02&until=2026-01-01", "The range ends before it starts."),
        ("since=2026-01-01&until=9999-12-31T23:59-14:00", "The link's time range is not complete."),
        ("since=0001-01-01&until=9999-01-01", "Choose times between the years 1900 and 9000."),
        ("since=%FF%FE&until=%00", "The link's time range is not complete."),
    ],
)
def test_a_range_that_makes_no_sense_is_told(world: World, query: str, sentence: str) -> None:
    reply = world.client("alice").get(f"/export/spans.csv?{query}")
    assert reply.status_code == 400
    assert reply.get_data(as_text=True).startswith(sentence)


# the text


def test_commas_quotes_and_lines_are_quoted() -> None:
    chunks = iter([[("a", "b")], [('x "y", z', "two\r\nlines"), (None, 1.5)]])
    assert "".join(written(chunks)) == ('a,b\r\n"x ""y"", z","two\r\nlines"\r\n,1.5\r\n')


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        '=HYPERLINK("http://x")',
        "-",
        "+5%",
        "-2+3+cmd|' /C calc'!A0",
        "-1\n",
    ],
)
def test_formulas_are_inert(formula: str) -> None:
    assert cell(formula) == "'" + formula


@pytest.mark.parametrize("text", ["-1.5", "+3", "-1e-09", "5", "a=b", "", " =1", "'=1", "é"])
def test_numbers_and_other_text_stay_as_they_are(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("value", [None, 5, -5, 1.5, -1.5, True])
def test_values_that_are_no_text_stay_as_they_are(value: Any) -> None:
    assert cell(value) is value


@pytest.mark.parametrize(
    "zone",
    ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Chatham", "Etc/GMT+9"],
)
def test_times_are_told_in_a_zone_with_their_offset(new_world: Any, zone: str) -> None:
    """Computed another way, by Python; the hour that Berlin has twice included."""
    world = new_world()
    moments = [
        datetime(2026, 10, 25, 0, 30, 0, 7, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, 0, 7, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ]
    spans = [span(number=i + 1) for i in range(len(moments))]
    for made, moment in zip(spans, moments, strict=True):
        made.start_time_unix_nano = (moment - EPOCH) // timedelta(microseconds=1) * 1000
    world.send("acme", *spans)
    ever = TraceFilters(TimeRange(EPOCH, datetime(2100, 1, 1, tzinfo=UTC)))
    head, *chunks = traces.export(world.scope("alice"), ever, zone)
    at = head[0].index("timestamp")
    told = [row[at] for rows in chunks for row in rows]
    expected = sorted(moments, reverse=True)
    assert told == [
        moment.astimezone(ZoneInfo(zone)).isoformat(timespec="microseconds") for moment in expected
    ]


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_any_text_can_be_read_back(table: list[list[str]]) -> None:
    text = "".join(written(iter([[tuple(row) for row in table]])))
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [[cell(value) for value in row] for row in table]
    assert all(not value.startswith(("=", "@", "\t", "\r", "\n")) for row in read for value in row)


def test_a_question_that_is_too_slow_is_told_before_the_file_begins(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_args: Any, **_more: Any) -> Iterator[Any]:
        raise TooSlow("This took too long.")
        yield

    monkeypatch.setattr(Reader, "stream", stopped)
    reply = world.client("alice").get("/export/spans.csv")
    assert 400 <= reply.status_code < 600
    assert reply.get_data(as_text=True) == "This took too long.\n"
