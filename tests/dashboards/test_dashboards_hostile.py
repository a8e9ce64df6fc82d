"""The page still draws, and stays small, whatever telemetry says of itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import wire
from cast import NOW, World, request_of, span
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from wire import ask, callbacks, page_with, words

LARGEST = 2_000_000
"""Bytes that any one answer may have, before compression."""

HTML = '<script>alert(1)</script><img src=x onerror="alert(1)">'
CONTROLS = "".join(map(chr, range(1, 32))) + "\x7f\u202e\u2028\u0000\ufeff"
NAMES = ("\n", "", " ", HTML, CONTROLS, "'; drop table spans; --", "=1+1", "٣" * 50, "x" * 400_000)

YEAR_2100 = 4_102_444_800 * 10**9
LATEST = 2**64 - 1

GROUPS = 3_000
LONG_GROUPS = 70
DEEP = 5_000
STUCK = 1_500

CIRCLE, CLOCKS, NAMED, HEAVY, CHAIN, TWINS, FUTURE = range(1, 8)

EVER = "since=1970-01-01T00:00:00Z&until=2600-01-01T00:00:00Z"
PLACES = (
    "",
    "mode=traces",
    "mode=watched",
    "range=14d&q=status:error",
    EVER,
    f"{EVER}&mode=traces",
    f"{EVER}&mode=watched",
    f"{EVER}&cols=process,exception.stacktrace,attr.body,resource.service.name,memory,cost,start",
    "since=2099-12-31&until=2100-01-02",
)


def circles() -> list[Span]:
    """Three spans that are each other's parents, one that is its own, and one below the circle."""
    return [
        span("a", trace=CIRCLE, number=1, parent=3),
        span("b", trace=CIRCLE, number=2, parent=1, error="E"),
        span("c", trace=CIRCLE, number=3, parent=2),
        span("self", trace=CIRCLE, number=4, parent=4),
        span("below", trace=CIRCLE, number=5, parent=2),
        span("orphan", trace=CIRCLE, number=6, parent=99),
    ]


def clocks() -> list[Span]:
    """No time at all, 1970, 2100, and ends before starts."""
    times = [(0, 0), (0, 5), (1, 2), (YEAR_2100, YEAR_2100 + 1), (YEAR_2100, 1)]
    found = [span(f"clock {n}", trace=CLOCKS, number=n + 1) for n in range(len(times))]
    for made, (start, end) in zip(found, times, strict=True):
        made.start_time_unix_nano, made.end_time_unix_nano = start, end
    backwards = span("backwards", trace=CLOCKS, number=50, ms=-5_000, error="E")
    return [*found, backwards]


def named() -> list[Span]:
    """Every hostile text in every place that the page shows."""
    return [
        span(
            name,
            trace=NAMED,
            number=number + 1,
            error=name,
            gen_ai__operation__name="chat",
            gen_ai__request__model=name,
            gen_ai__agent__name=name,
            gen_ai__usage__input_tokens=-5,
            gen_ai__usage__cost=float("nan"),
            code__function__name=name,
            code__file__path=name,
            code__line__number="not a number",
            aeos__process_group=name,
            **{f"aeos.data.{name}": name},
        )
        for number, name in enumerate(NAMES)
    ]


def heavy() -> list[Span]:
    many = span("many", trace=HEAVY, number=1, **{f"key {i}": i for i in range(10_000)})
    large = span("large", trace=HEAVY, number=2, body="v" * 400_000, aeos__data__x="w" * 400_000)
    failed = span("failed", trace=HEAVY, number=3, error="E")
    message = next(a for a in failed.events[0].attributes if a.key == "exception.message")
    message.value.string_value = "m" * 100_000
    said = span("said", trace=HEAVY, number=4, error="E")
    said.status.message = "s" * 100_000
    return [many, large, failed, said]


def many_groups() -> list[Span]:
    """Thousands of process groups and functions, some with names as long as the receiver takes."""
    short = [
        span(f"step {i}", trace=1_000 + i, number=i + 1, aeos__process_group=f"group {i}")
        for i in range(GROUPS)
    ]
    long = [
        span("long", trace=50_000 + i, aeos__process_group=f"{i}" + "g" * 30_000)
        for i in range(LONG_GROUPS)
    ]
    return short + long


def long_functions() -> list[Span]:
    return [
        span("long", trace=60_000 + i, code__function__name=f"{i}" + "f" * 30_000)
        for i in range(LONG_GROUPS)
    ]


def chain() -> list[Span]:
    return [
        span(f"deep {n}", trace=CHAIN, number=n, parent=n - 1 or None) for n in range(1, DEEP + 1)
    ]


def twins() -> list[Span]:
    """Two halves of one call that are also each other's children, and an exact repeat."""
    half = [span("call", trace=TWINS, number=1, parent=1, kind=kind) for kind in (2, 3)]
    return [*half, half[0]]


def gauges() -> bytes:
    """Gauges that stand still at what no gauge should say, and a great many of them."""
    values: list[float] = [float("nan"), float("inf"), -0.0, 1e308]
    named = [(name + str(value), value) for name in NAMES for value in values]
    many = [(f"gauge {n}", 1.0) for n in range(STUCK)]
    metrics = [
        {"name": name, "gauge": {"data_points": [point(m, value) for m in range(6)]}}
        for name, value in named + many
    ]
    request = ExportMetricsServiceRequest(
        resource_metrics=[{"scope_metrics": [{"metrics": metrics}]}]
    )
    return bytes(request.SerializeToString())


def point(minutes: int, value: float) -> dict[str, Any]:
    moment = NOW - timedelta(minutes=minutes + 1)
    return {"time_unix_nano": int(moment.timestamp() * 1e9), "as_double": value}


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    """Acme has sent all of it; globex has sent nothing."""
    made = new_world()
    for name in NAMES:
        body = request_of(span("s", trace=NAMED, number=90 + NAMES.index(name)), service=name)
        assert made.post("acme", body).status_code == 200
    for spans in (circles, clocks, named, heavy, many_groups, long_functions, chain, twins):
        reply = made.post("acme", request_of(*spans()))
        assert reply.status_code == 200, (spans.__name__, reply.data)
    assert made.post("acme", gauges(), "metrics").status_code == 200
    made.settle()
    return made


@pytest.mark.parametrize(
    ("place", "zone"),
    [*((place, "UTC") for place in PLACES), (PLACES[0], "America/St_Johns"), (EVER, "Asia/Tokyo")],
)
def test_every_panel_draws_and_stays_small(
    world: World, caplog: pytest.LogCaptureFixture, place: str, zone: str
) -> None:
    alice = world.client("alice")
    for callback in callbacks(alice):
        reply = ask(alice, callback, page_with(f"?{place}", zone=zone))
        assert reply.status_code in (200, 204), callback.output
        assert len(reply.data) < LARGEST, callback.output
        assert b"face-failed" not in reply.data, callback.output
        if reply.data:
            json.loads(reply.data, parse_constant=pytest.fail)
    assert "a panel failed" not in caplog.text


@pytest.mark.parametrize("number", [CIRCLE, CLOCKS, NAMED, HEAVY, CHAIN, TWINS])
def test_every_trace_opens_in_the_list_and_stays_small(world: World, number: int) -> None:
    opened = [f"acme:{number:032x}::"]
    for _ in range(4):
        rows = below(world, opened)
        assert rows
        opened += [row["id"] for row in rows if row["children"]]
    place = f"?{EVER}&mode=traces"
    asked = {"search": place, "zone": "UTC", "opened": opened}
    page = page_with(place, traces_asked__data=asked)
    shown = wire.answer(world.client("alice"), "traces-table.rowData", page)
    ids = [row["id"] for row in shown["traces-table"]["rowData"]]
    assert len(ids) == len(set(ids))


def below(world: World, ids: list[str]) -> list[dict[str, Any]]:
    """The rows that hang below others, as the page is sent them."""
    page = page_with(f"?{EVER}", traces_wanted__data={"ids": ids[-20:]})
    alice = world.client("alice")
    (callback,) = [c for c in callbacks(alice) if c.output == "traces-kids.data"]
    reply = ask(alice, callback, page)
    assert reply.status_code == 200
    assert len(reply.data) < LARGEST
    kids = wire.answer(alice, "traces-kids.data", page)["traces-kids"]["data"]["below"]
    return [row for rows in kids.values() for row in rows]


def test_staff_see_it_too(world: World) -> None:
    sam = world.client("sam")
    for callback in callbacks(sam):
        reply = ask(sam, callback, page_with(f"?{EVER}"))
        assert reply.status_code in (200, 204), callback.output
        assert b"face-failed" not in reply.data, callback.output
        assert len(reply.data) < LARGEST, callback.output


def roots(world: World, number: int) -> list[dict[str, Any]]:
    return below(world, [f"acme:{number:032x}::"])


def test_a_circle_is_opened_once_around(world: World) -> None:
    """a is below c, c below b, b below a: the way from b ends where it began."""
    (orphan,) = roots(world, CIRCLE)
    assert orphan["mark"] == f"orphan: parent {99:016x} is missing"
    way = f"acme:{CIRCLE:032x}:{2:016x}:0"
    seen = []
    for _ in range(3):
        rows = {row["process"]: row for row in below(world, [way])}
        name = next(name for name in ("c", "a", "b") if name in rows)
        seen.append((name, rows[name]["mark"]))
        way = rows[name]["id"]
    assert seen == [("c", None), ("a", None), ("b", "cycle: it is its own ancestor")]


def test_a_deep_chain_opens_step_by_step(world: World) -> None:
    (top,) = roots(world, CHAIN)
    way, names = top["id"], [top["process"]]
    for _ in range(20):
        (row,) = below(world, [way])
        names.append(row["process"])
        way = row["id"]
    assert names == [f"deep {n}" for n in range(1, 22)]


def test_twins_are_two_rows(world: World) -> None:
    assert len(below(world, [f"acme:{TWINS:032x}:{1:016x}:0"])) == 2


def test_names_can_be_told_from_nothing(world: World) -> None:
    shown = [row["process"] for row in roots(world, NAMED)]
    assert "␊" in shown
    assert "(no name)" in shown
    assert HTML in shown
    assert all(name.isprintable() and 0 < len(name) <= 300 for name in shown)


def test_the_donut_shows_a_few_groups_and_says_how_many_more(world: World) -> None:
    page = page_with()
    shown = wire.answer(world.client("alice"), "overview-legend.children", page)
    text = words(shown["overview-legend"]["children"])
    known = len(NAMES) * 2 + GROUPS + LONG_GROUPS
    (more,) = [w for w in text.split() if w.startswith("+")]
    assert known * 0.9 < int(more.removeprefix("+").replace(",", "")) < known + 10
    assert " more" in text


def test_long_tables_are_cut_and_say_so(world: World) -> None:
    alice = world.client("alice")
    functions = wire.answer(alice, "code-table.rowData", page_with())
    assert len(functions["code-table"]["rowData"]) == 2_000
    assert words(functions["code-summary"]["children"]).startswith("2,000 functions, +6,")
    assert len({row["id"] for row in functions["code-table"]["rowData"]}) == 2_000
    one = wire.answer(alice, "code-table.rowData", page_with("?find=DEEP+4999"))
    assert [row["process"] for row in one["code-table"]["rowData"]] == ["deep 4999"]
    board = wire.answer(alice, "alerts-variables-rows.data", page_with("?section=variables"))
    rows = board["alerts-variables-rows"]["data"]["rows"]
    assert 1_000 < len(rows) == len({row["id"] for row in rows})
    summary = board["alerts-variables-summary"]["children"]
    assert summary.startswith(f"{len(rows):,} variables read in this time range,")


@pytest.mark.parametrize(
    ("field", "org"), [("start_time_unix_nano", "initech"), ("end_time_unix_nano", "globex")]
)
def test_the_last_moment_there_is_can_be_told(world: World, field: str, org: str) -> None:
    """One span that starts or ends in 2554 takes nothing away from the others."""
    late = span("late", trace=FUTURE, number=1)
    setattr(late, field, LATEST)
    world.send(org, late, span("now", trace=FUTURE, number=2))
    sam = world.client("sam")
    for place in ("mode=traces", f"{EVER}&mode=traces", f"trace={FUTURE:032x}"):
        for callback in callbacks(sam):
            reply = ask(sam, callback, page_with(f"?org={org}&{place}"))
            assert b"face-failed" not in reply.data, (callback.output, place)


def test_nothing_of_it_reaches_charlie(world: World) -> None:
    charlie = world.client("charlie")
    for place in PLACES:
        for callback in callbacks(charlie):
            text = ask(charlie, callback, page_with(f"?{place}")).get_data(as_text=True)
            assert "group " not in text, (callback.output, place)
            assert "deep" not in text, (callback.output, place)
