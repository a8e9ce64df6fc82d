"""The export: every row of the question once, so written that a spreadsheet runs nothing."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cast import NOW, World, request_of, span
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from access import exports
from dashboards.export import cells, formats, pipe, routes, running
from dashboards.export.zones import Offsets
from queries import export, reader, traces
from queries.errors import TooSlow
from queries.filters import EPOCH, Page, TimeRange, TraceFilters
from queries.reader import Aside, Sql
from records import models
from telemetry import lake
from telemetry.schema import SPANS as TABLE

SPANS = 25_000
STEADY = TraceFilters(TimeRange(NOW - timedelta(days=1), NOW))
RANGE = f"since={NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}&until={NOW:%Y-%m-%dT%H:%M:%SZ}"
HOSTILE = 'a "quoted", \r\nname; of\ttwo lines\r'
ENDLESS = Sql("select sum(a) as a from range(100000000000) as t (a)", frozenset())


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    """Acme: 25,000 spans, one of them hostile. Globex: one span."""
    made = new_world()
    spans = [
        span(f"step {i % 50}", trace=i // 100 + 1, number=i + 1, ago=60 + i // 7 / 10)
        for i in range(SPANS - 1)
    ]
    last = span(
        HOSTILE,
        trace=999_999,
        ago=50_000,
        error="=cmd|' /C calc'!A0",
        aeos__data__level="-1.5",
        odd__key="\u2028 =1+1 \\ \x01",
        **{'a"key': 'a "value"'},
    )
    assert made.post("acme", request_of(*spans, last)).status_code == 200
    made.send("globex", span("turbine", trace=7), service="plant")
    return made


def got(client: FlaskClient, query: str = RANGE, kind: str = "csv") -> bytes:
    reply = client.get(f"/export/spans.{kind}?{query}")
    assert reply.status_code == 200, reply.get_data(as_text=True)
    return reply.data


def rows(client: FlaskClient, query: str = RANGE) -> list[dict[str, str]]:
    text = got(client, query).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def receipt_of(client: FlaskClient, reply: TestResponse) -> dict[str, Any]:
    address = reply.headers["Link"].split(">")[0].removeprefix("<")
    found: dict[str, Any] = client.get(address).get_json()
    return found


def stored(world: World, name: str, filters: TraceFilters = STEADY) -> list[dict[str, Any]]:
    """Rows as DuckDB has them, in the order of the list."""
    scope = world.scope(name)
    with world.app.reader.aside(scope) as aside:
        batches = list(export.values(scope, filters, aside))
    return [row for batch in batches for row in batch.to_pylist()]


# every row


def test_every_row_of_the_question_is_there_newest_first(world: World) -> None:
    found = rows(world.client("alice"))
    assert list(found[0]) == [column.name for column in TABLE if column.name != "date"]
    assert len(found) == SPANS == traces.count(world.scope("alice"), STEADY).spans
    assert len({(row["trace_id"], row["span_id"]) for row in found}) == SPANS
    stamps = [row["start_time"] for row in found]
    assert stamps == sorted(stamps, reverse=True)
    page = traces.search(world.scope("alice"), STEADY, Page(rows=1_000)).rows
    assert [row["span_id"] for row in found[:1_000]] == [row["span_id"] for row in page]
    assert datetime.fromisoformat(stamps[0]) == NOW - timedelta(seconds=60)


def test_it_takes_the_search_of_the_screen(world: World) -> None:
    alice = world.client("alice")
    searched = quote('name:"step 49"')
    found = rows(alice, f"{RANGE}&q={searched}")
    assert {row["name"] for row in found} == {"step 49"}
    assert len(found) == 499
    (failed,) = rows(alice, f"{RANGE}&q=status:error&mode=traces&after=x&trace=y&strange=z")
    assert failed["name"] == HOSTILE
    assert rows(alice, f"{RANGE}&q=nobody-is-called-so") == []
    assert rows(alice, "since=2020-01-01&until=2020-01-02") == []


def test_the_bytes_are_those_of_another_writer(world: World) -> None:
    """Cell by cell in plain Python, from the rows as they are stored."""
    berlin = ZoneInfo("Europe/Berlin")

    def cell(name: str, value: Any) -> str:
        if value is None:
            return ""
        if name in ("attributes", "resource"):
            value = "{" + ",".join(f"{json.dumps(k)}:{text}" for k, text in value) + "}"
        elif isinstance(value, datetime):
            return value.astimezone(berlin).isoformat(timespec="microseconds")
        if not isinstance(value, str) or name in formats.IDS:
            return str(value)
        if value[:1] in tuple("=+-@\t\r\n") and value not in ("-1.5",):
            value = "'" + value
        return '"' + value.replace('"', '""') + '"'

    lines = [",".join(column.name for column in export.COLUMNS)]
    for row in stored(world, "alice"):
        lines.append(",".join(cell(c.name, row[c.name]) for c in export.COLUMNS))
    expected = "".join(line + "\r\n" for line in lines).encode()
    assert got(world.client("alice"), f"{RANGE}&zone=Europe/Berlin") == expected
    assert got(world.client("alice"), f"{RANGE}&zone=Europe/Berlin&bom=1") == (
        b"\xef\xbb\xbf" + expected
    )


def test_ndjson_and_parquet_hold_the_rows_of_the_csv(world: World) -> None:
    alice = world.client("alice")
    table = pq.read_table(io.BytesIO(got(alice, kind="parquet")))
    lines = got(alice, kind="ndjson").decode().removesuffix("\n").split("\n")
    for number, (csv_row, line) in enumerate(zip(rows(alice), lines, strict=True)):
        if number % 499 and number != SPANS - 1:
            continue
        row = json.loads(line)
        (whole,) = table.slice(number, 1).to_pylist()
        assert list(row) == list(csv_row) == list(whole)
        for name, value in row.items():
            text = "" if value is None else value if isinstance(value, str) else None
            if text is not None:
                assert csv_row[name] in (text, "'" + text), name
            assert _plain(whole[name]) == value, name
    assert table.num_rows == SPANS
    assert table.schema.field("start_time").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("duration_ns").type == pa.int64()
    assert table.schema.field("attributes").type == pa.map_(pa.string(), pa.string())


def _plain(value: Any) -> Any:
    """A value of Parquet as NDJSON has it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, list):
        return {key: json.loads(text) for key, text in value}
    if isinstance(value, str) and value.startswith('[{"'):
        return json.loads(value)
    return value


def test_hostile_text_comes_through_whole_and_runs_nothing(world: World) -> None:
    alice = world.client("alice")
    (row,) = rows(alice, f"{RANGE}&q=status:error")
    assert row["name"] == HOSTILE
    assert row["exception_type"] == "'=cmd|' /C calc'!A0"
    assert (row["data_name"], row["data_value"]) == ("level", "-1.5")
    attributes = json.loads(row["attributes"])
    assert attributes["odd.key"] == "\u2028 =1+1 \\ \x01"
    assert attributes['a"key'] == 'a "value"'
    (line,) = got(alice, f"{RANGE}&q=status:error", "ndjson").decode().split("\n")[:-1]
    assert json.loads(line)["name"] == HOSTILE
    assert json.loads(line)["attributes"] == attributes


def test_it_is_a_file_that_nobody_keeps(world: World) -> None:
    alice = world.client("alice")
    for kind, media in formats.MEDIA.items():
        reply = alice.get(f"/export/spans.{kind}?{RANGE}&q=status:error")
        assert reply.mimetype == media
        disposition = reply.headers["Content-Disposition"]
        assert disposition.startswith('attachment; filename="spans-acme-')
        assert disposition.endswith(f'.{kind}"')
        assert reply.headers["Cache-Control"] == "no-store"
    assert alice.head(f"/export/spans.csv?{RANGE}").status_code == 200
    assert alice.get(f"/export/spans.xlsx?{RANGE}").status_code == 404


def test_it_is_streamed_compressed_too(world: World) -> None:
    alice = world.client("alice")
    address = f"/export/spans.csv?{RANGE}"
    plain = alice.get(address).data
    for accepted in ("deflate", "gzip, deflate, br, zstd"):
        reply = alice.get(address, headers={"Accept-Encoding": accepted})
        assert reply.headers.get("Content-Encoding")
        assert "Content-Length" not in reply.headers
        pieces = list(reply.response)
        assert len(pieces) > 1
        assert sum(map(len, pieces)) < len(plain) / 2
        if reply.headers["Content-Encoding"] == "deflate":
            assert zlib.decompress(b"".join(pieces)) == plain


# slices


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many slices and batches as only millions of spans would have."""
    for name, value in (("STEPS", 7), ("CROWD", 40), ("SLICE_MATCHES", 30), ("BATCH_ROWS", 8)):
        monkeypatch.setattr(export, name, value)
    monkeypatch.setattr(export, "READ_ROWS", 5)


def test_slices_give_the_rows_of_one_question(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch, tight: None
) -> None:
    """With 200 spans of one microsecond in the middle, and in files that overlap."""
    world = new_world()
    for first in (0, 100, 200):
        spans = [
            span("x", trace=i % 9 + 1, number=i + 1, ago=60 + i % 50 * 1.7) for i in range(100)
        ]
        for made in spans:
            made.span_id = (first + int.from_bytes(made.span_id)).to_bytes(8)
        world.send("acme", *spans)
    hot = [span("hot", trace=i % 5 + 1, number=i + 1_000, ago=90) for i in range(200)]
    world.send("acme", *hot, span("odd one", number=5_000, ago=3_000))
    expected = traces.search(world.scope("alice"), STEADY, Page(rows=10_000)).rows
    found = stored(world, "alice")
    assert [row["span_id"] for row in found] == [row["span_id"] for row in expected]
    assert len(found) == 501


def test_a_row_that_came_twice_is_written_once(
    new_world: Callable[..., World], tight: None
) -> None:
    """Before compaction has removed it, wherever the two lie; what differs in anything stays."""
    world = new_world()
    spans = [span("x", number=i + 1, ago=60 + i // 3) for i in range(40)]
    world.send("acme", *spans)
    world.send("acme", *spans[5:30], *[span("x", number=8, ago=62, extra=i) for i in range(20)])
    world.send("acme", *spans[7:9])
    alice = world.client("alice")
    before = {kind: got(alice, kind=kind) for kind in formats.MEDIA}
    assert before["csv"].count(b"\r\n") == 1 + 40 + 20
    assert before["ndjson"].count(b"\n") == 60
    assert export.size(world.scope("alice"), STEADY).rows == 60
    world.settle(compact=True)
    for kind in ("csv", "ndjson"):
        assert got(alice, kind=kind) == before[kind]
    # row groups may lie elsewhere
    after = pq.read_table(io.BytesIO(got(alice, kind="parquet")))
    assert after == pq.read_table(io.BytesIO(before["parquet"]))


def test_a_filter_that_few_spans_meet_takes_longer_slices(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "SLICE_MATCHES", 1_000)
    monkeypatch.setattr(export, "STEPS", 100_000)
    asked = []
    batches = Aside.batches

    def counted(self: Aside, question: str, rows: int, **params: Any) -> Iterator[Any]:
        asked.append(question)
        return batches(self, question, rows, **params)

    monkeypatch.setattr(Aside, "batches", counted)
    assert len(rows(world.client("alice"), f"{RANGE}&q=name:turbine")) == 0
    assert asked.count("export.texts") < 4
    asked.clear()
    got(world.client("alice"))
    assert asked.count("export.texts") > 20


# how long, how much


def test_its_size_is_counted_or_said_not_to_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = world.scope("alice")
    assert export.size(alice, STEADY) == export.Size(
        SPANS, True, world.app.reader.versions()["spans"]
    )
    load = reader.load
    monkeypatch.setattr(reader, "load", lambda q: ENDLESS if q == "export.count" else load(q))
    shorter = world.app.settings.model_copy(update={"query_seconds": 0.1})
    monkeypatch.setattr(world.app.reader, "_settings", shorter)
    assert export.size(alice, STEADY).exact is False
    assert export.size(alice, STEADY).rows >= SPANS


def test_charlies_sample_and_size_are_of_globex(world: World) -> None:
    charlie = world.scope("charlie")
    assert export.size(charlie, STEADY).rows == 1
    with world.app.reader.aside(charlie) as aside:
        sample = export.sample(charlie, STEADY, aside, 300)
    assert sample is not None
    assert sample.column("name").to_pylist() == ["turbine"]


# cancelling, and people who go away


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("export")]


def wait_until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


def begun(client: FlaskClient, number: int) -> TestResponse:
    """An export of which the first piece has been taken."""
    reply = client.get(f"/export/spans.csv?{RANGE}&id={number:032x}")
    assert reply.status_code == 200, reply.data
    return reply


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH_ROWS", 100)
    monkeypatch.setattr(export, "READ_ROWS", 100)


def test_a_browser_that_goes_away_ends_it_all(world: World, small_pieces: None) -> None:
    alice = world.client("alice")
    reply = begun(alice, 1)
    sent = iter(reply.response)
    next(sent)
    next(sent)
    assert threads()
    reply.close()
    wait_until(lambda: not threads())
    found = alice.get(f"/export/receipt/{1:032x}.json").get_json()
    assert found["state"] == "cancelled"
    assert 0 < found["rows"] < SPANS
    assert found["sha256"] is None
    with world.app.server.app_context():
        assert len(routes.registry()) == 0


def test_it_can_be_cancelled_while_it_runs(world: World, small_pieces: None) -> None:
    alice = world.client("alice")
    reply = begun(alice, 2)
    sent = iter(reply.response)
    next(sent)
    so_far = alice.get(f"/export/progress/{2:032x}.json").get_json()
    assert so_far["state"] == "running"
    assert 0 < so_far["rows"] < SPANS
    assert so_far["bytes"] > 0
    assert alice.post(f"/export/cancel/{2:032x}").status_code == 204
    with pytest.raises(running.Cancelled):
        list(sent)
    reply.close()
    wait_until(lambda: not threads())
    assert alice.get(f"/export/receipt/{2:032x}.json").get_json()["state"] == "cancelled"
    # a second time changes nothing
    assert alice.post(f"/export/cancel/{2:032x}").status_code == 204


def test_another_process_may_cancel_it(
    world: World, small_pieces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "NOTE_SECONDS", 0)
    alice = world.client("alice")
    reply = begun(alice, 3)
    records, person = world.app.records, world.person("alice")
    assert exports.cancel(records, person, f"{3:032x}", datetime.now(UTC))
    with pytest.raises(running.Cancelled):
        list(reply.response)
    reply.close()
    wait_until(lambda: not threads())


def test_a_question_that_runs_is_interrupted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    load = reader.load
    monkeypatch.setattr(reader, "load", lambda q: ENDLESS if q == "export.density" else load(q))
    alice = world.client("alice")
    replies: list[TestResponse] = []
    address = f"/export/spans.csv?{RANGE}&id={4:032x}"
    asking = threading.Thread(target=lambda: replies.append(alice.get(address)))
    asking.start()
    canceller = world.client("alice")
    wait_until(lambda: canceller.get(f"/export/receipt/{4:032x}.json").status_code == 200)
    assert canceller.post(f"/export/cancel/{4:032x}").status_code == 204
    asking.join(10)
    assert [reply.status_code for reply in replies] == [409]
    wait_until(lambda: not threads())


def test_one_person_has_two_running_exports_at_most(world: World, small_pieces: None) -> None:
    alice = world.client("alice")
    replies = [begun(alice, 10), begun(alice, 11)]
    third = alice.get(f"/export/spans.csv?{RANGE}")
    assert third.status_code == 429
    assert third.get_data(as_text=True).startswith("2 of your exports are running. Wait for one")
    assert begun(world.client("bob"), 12).close() is None
    for reply in replies:
        reply.close()
    assert got(alice, f"{RANGE}&q=status:error")


def test_an_id_is_used_once(world: World) -> None:
    alice = world.client("alice")
    query = f"{RANGE}&q=status:error&id={20:032x}"
    assert alice.get(f"/export/spans.csv?{query}").data
    again = alice.get(f"/export/spans.csv?{query}")
    assert (again.status_code, again.get_data(as_text=True)) == (
        400,
        "There is an export with this id already.\n",
    )
    assert alice.get(f"/export/spans.csv?{RANGE}&id=../x").status_code == 400
    with world.app.server.app_context():
        assert len(routes.registry()) == 0


def test_exports_of_a_process_that_died_are_failed(world: World) -> None:
    records, person = world.app.records, world.person("alice")
    asked = exports.Asked(f"{30:032x}", "acme", "csv", "", "UTC", 1)
    exports.begin(records, person, asked, NOW - timedelta(hours=3))
    assert exports.forget_lost(records, NOW) == 1
    assert exports.receipt(records, person, asked.id).state == "failed"


def test_making_stands_back_on_a_busy_machine() -> None:
    import os

    def own() -> Iterator[int]:
        yield os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert list(pipe.Pipe("export-test", own)) == [pipe.NICENESS]
    assert os.getpriority(os.PRIO_PROCESS, 0) < pipe.NICENESS


# receipts


def test_the_receipt_says_what_the_file_is(world: World) -> None:
    alice = world.client("alice")
    reply = alice.get(
        f"/export/spans.csv?range=24h&zone=Asia/Kathmandu&q=status:error&id={40:032x}"
    )
    data = reply.data
    found = receipt_of(alice, reply)
    assert found["sha256"] == sha256(data).hexdigest()
    assert (found["rows"], found["bytes"]) == (1, len(data))
    assert (found["state"], found["format"], found["org"]) == ("done", "csv", "acme")
    assert (found["zone"], found["query"]) == ("Asia/Kathmandu", "status:error")
    assert found["by"] == {"name": "Alice Owner", "email": "alice@acme.example"}
    assert found["table_version"] == world.app.reader.versions()["spans"]
    since, until = (datetime.fromisoformat(found["range"][end]) for end in ("since", "until"))
    assert until - since == timedelta(hours=24)
    assert abs(until - datetime.now(UTC)) < timedelta(minutes=1)
    for moment in ("started_at", "finished_at"):
        assert datetime.fromisoformat(found[moment]).utcoffset() == timedelta(0)


def test_only_its_person_and_staff_read_a_receipt_or_cancel(world: World) -> None:
    receipt_of(alice := world.client("alice"), begun(alice, 50))
    for name in ("charlie", "bob"):
        client = world.client(name)
        assert client.get(f"/export/progress/{50:032x}.json").get_json() == {"state": "waiting"}
        for reply in (
            client.get(f"/export/receipt/{50:032x}.json"),
            client.post(f"/export/cancel/{50:032x}"),
            client.get(f"/export/receipt/{51:032x}.json"),
        ):
            assert reply.status_code == 404
            assert reply.get_data(as_text=True) == (
                "There is nothing here, or nothing you may see.\n"
            )
    assert world.client("sam").get(f"/export/receipt/{50:032x}.json").status_code == 200


def test_an_export_leaves_audit_rows(world: World) -> None:
    alice = world.client("alice")
    assert alice.get(f"/export/spans.ndjson?{RANGE}&q=status:error&id={60:032x}").data
    with world.app.records.reading() as session:
        found = session.query(models.AuditEntry).filter_by(subject=f"{60:032x}").all()
    assert [row.action for row in found] == ["export.started", "export.done"]
    assert found[0].org == "acme"
    assert found[1].details["rows"] == 1
    assert "q=status%3Aerror" in found[0].details["search"]


# pinned


def test_a_pinned_export_is_the_same_bytes_later_until_it_is_gone(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake, "KEEP_HOURS", 0)
    world = new_world()
    for number in range(4):
        spans = [span("x", number=4 * i + number + 1, ago=60 + i) for i in range(25)]
        world.send("acme", *spans)
    alice = world.client("alice")
    first = alice.get(f"/export/spans.csv?{RANGE}")
    found = receipt_of(alice, first)
    address = found["link"].replace("/traces", "/export/spans.csv")
    assert f"version={found['table_version']}" in address
    world.send("acme", span("late", number=900, ago=61))
    world.settle(compact=True)
    assert alice.get(address).data == first.data
    assert len(rows(alice)) == 101
    later = NOW + timedelta(days=99)
    from telemetry import pins

    pins.end(world.app.settings.lake_dir, "spans", later, later)
    world.settle(compact=True)
    world.app.reader._snapshots["spans"]._old.clear()
    gone = alice.get(address)
    assert gone.status_code == 410
    assert gone.get_data(as_text=True) == (
        "The rows this link was pinned to were removed by retention on "
        f"{later:%-d %B %Y}. Open it without the pin.\n"
    )


# whose rows


def test_charlie_gets_globexs_rows_and_none_of_acmes(world: World) -> None:
    charlie = world.client("charlie")
    for query in ("", RANGE, f"{RANGE}&org=globex"):
        found = rows(charlie, query)
        assert {row["org_id"] for row in found} <= {"globex"}
    assert [row["name"] for row in rows(charlie)] == ["turbine"]
    for kind in ("ndjson", "parquet"):
        assert b"step" not in got(charlie, kind=kind)


@pytest.mark.parametrize("org", ["acme", "all", "nowhere", "../acme", "%00"])
@pytest.mark.parametrize("place", ["spans.csv", "spans.parquet", "trace.json"])
def test_a_foreign_org_is_not_there(world: World, org: str, place: str) -> None:
    reply = world.client("charlie").get(f"/export/{place}?{RANGE}&org={org}&trace={1:032x}")
    assert reply.status_code == 404
    assert reply.mimetype == "text/plain"
    assert reply.get_data(as_text=True) == "There is nothing here, or nothing you may see.\n"


def test_staff_export_all_orgs_or_one(world: World) -> None:
    sam = world.client("sam")
    assert {row["org_id"] for row in rows(sam, f"{RANGE}&q=t")} == {"acme", "globex"}
    assert {row["org_id"] for row in rows(sam, f"{RANGE}&org=globex")} == {"globex"}


def test_nobody_exports_nothing(world: World) -> None:
    nobody = world.client()
    for place in (f"spans.csv?{RANGE}", f"receipt/{1:032x}.json", f"trace.json?trace={1:032x}"):
        assert nobody.get(f"/export/{place}").status_code == 401
    assert nobody.post(f"/export/cancel/{1:032x}").status_code == 401


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
        ("version=x", "The link's table version is not a number. Open it without the pin."),
    ],
)
def test_a_link_that_makes_no_sense_is_told(world: World, query: str, sentence: str) -> None:
    reply = world.client("alice").get(f"/export/spans.csv?{query}")
    assert reply.status_code == 400
    assert reply.get_data(as_text=True).startswith(sentence)


def test_a_question_that_is_too_slow_is_told_before_the_file_begins(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_args: Any, **_more: Any) -> Iterator[Any]:
        raise TooSlow("This took too long.")
        yield

    monkeypatch.setattr(Aside, "batches", stopped)
    reply = world.client("alice").get(f"/export/spans.csv?{RANGE}&id={70:032x}")
    assert reply.status_code == 400
    assert reply.get_data(as_text=True) == "This took too long.\n"
    found = world.client("alice").get(f"/export/receipt/{70:032x}.json").get_json()
    assert found["state"] == "failed"
    assert threads() == []


# the text

FORMULAS = [
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
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_are_inert(formula: str) -> None:
    assert cells.inert(formula) == "'" + formula


@pytest.mark.parametrize("text", ["-1.5", "+3", "-1e-09", "5", "a=b", "", " =1", "'=1", "é"])
def test_numbers_and_other_text_stay_as_they_are(text: str) -> None:
    assert cells.inert(text) == text


MOMENTS = [
    datetime(2026, 10, 25, 0, 30, 0, 7, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, 0, 7, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 7, 1, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1972, 1, 7, 0, 44, 29, 999_999, tzinfo=UTC),
    datetime(1972, 1, 7, 0, 44, 30, tzinfo=UTC),
    datetime(1911, 3, 10, 23, 0, tzinfo=UTC),
    datetime(2262, 1, 1, tzinfo=UTC),
]
ZONES = [
    *("UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Chatham", "Etc/GMT+9"),
    *("Africa/Casablanca", "Africa/Monrovia", "Europe/Paris", "Australia/Lord_Howe"),
]


@pytest.mark.parametrize("zone", ZONES)
def test_times_are_told_in_a_zone_with_their_offset(zone: str) -> None:
    """Computed another way, by Python; the hour that Berlin has twice included."""
    column = pa.array(MOMENTS, pa.timestamp("us", tz="UTC"))
    told = cells.stamp_column(column, Offsets(ZoneInfo(zone))).to_pylist()
    assert told == [
        moment.astimezone(ZoneInfo(zone)).isoformat(timespec="microseconds") for moment in MOMENTS
    ]


@settings(deadline=None)
@given(st.lists(st.datetimes(datetime(1900, 1, 2), datetime(2400, 1, 1)), min_size=1, max_size=4))
def test_any_times_are_told_as_python_tells_them(moments: list[datetime]) -> None:
    zone = ZoneInfo("Africa/Casablanca")
    aware = [moment.replace(tzinfo=UTC) for moment in moments]
    column = pa.array(aware, pa.timestamp("us", tz="UTC"))
    told = cells.stamp_column(column, Offsets(zone)).to_pylist()
    assert told == [moment.astimezone(zone).isoformat(timespec="microseconds") for moment in aware]


def test_times_are_in_the_readers_zone(world: World) -> None:
    alice = world.client("alice")
    for zone, offset in (("Asia/Kathmandu", "+05:45"), ("UTC", "+00:00"), ("No/Where", "+00:00")):
        (row,) = rows(alice, f"{RANGE}&q=status:error&zone={quote(zone)}")
        assert row["start_time"].endswith(offset)
        assert datetime.fromisoformat(row["start_time"]) == NOW - timedelta(seconds=50_000)
        assert row["ingest_time"].endswith(offset)


TEXTS = st.lists(st.none() | st.text() | st.sampled_from(FORMULAS), min_size=1, max_size=5)


@given(TEXTS, TEXTS)
def test_any_text_can_be_read_back(left: list[str | None], right: list[str | None]) -> None:
    # as in a batch of spans, where some columns are never without a value
    left, right = ["x", *left], ["x", *right]
    count = min(len(left), len(right))
    columns = [pa.array(each[:count], pa.string()) for each in (left, right)]
    quoted = [cells.quoted_column(column) for column in columns]
    text = cells.joined([quoted[0], ",", quoted[1], "\r\n"], "").decode()
    read = list(csv.reader(io.StringIO(text, newline="")))
    expected = zip(left[:count], right[:count], strict=True)
    assert read == [[cells.inert(value or "") for value in row] for row in expected]
    lines = cells.joined(
        ["[", cells.json_column(columns[0]), ",", cells.json_column(columns[1]), "]\n"], "null"
    )
    assert [tuple(json.loads(line)) for line in lines.decode().split("\n")[:-1]] == list(
        zip(left[:count], right[:count], strict=True)
    )


def test_a_filter_keeps_its_range_when_it_is_sliced() -> None:
    """`replace` must not lose the condition or the version."""
    filters = replace(STEADY, version=3)
    assert replace(filters, range=TimeRange(EPOCH, NOW)).version == 3
