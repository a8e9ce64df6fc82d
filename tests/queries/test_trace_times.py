"""When a trace began and how long it took, though some of its spans do not know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cast import NOW, World, span
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from queries import trace, traces
from queries.filters import EPOCH, Page, TimeRange, TraceFilters

EVER = TraceFilters(TimeRange(EPOCH, datetime(2101, 1, 1, tzinfo=UTC)))
MS = 1_000_000


def timeless(made: Span) -> Span:
    made.start_time_unix_nano = 0
    return made


def test_a_span_without_a_start_says_nothing_about_the_time(world: World) -> None:
    world.send(
        "acme",
        span("root", number=1, ago=60, ms=500),
        timeless(span("lost", number=2, parent=1)),
    )
    (row,) = traces.search_traces(world.scope("alice"), EVER, Page()).rows
    assert (row["name"], row["spans"]) == ("root", 2)
    assert row["start_time"] == NOW - timedelta(seconds=60)
    assert row["duration_ns"] == 500 * MS


def test_a_trace_without_any_start_comes_last(world: World) -> None:
    world.send("acme", span("old", trace=1, ago=9_999), timeless(span("never", trace=2)))
    rows = traces.search_traces(world.scope("alice"), EVER, Page()).rows
    assert [row["name"] for row in rows] == ["old", "never"]
    assert (rows[1]["start_time"], rows[1]["duration_ns"]) == (EPOCH, 0)


def test_a_child_may_outlive_its_trace_and_begin_before_it(world: World) -> None:
    world.send(
        "acme",
        span("root", number=1, ago=60, ms=100),
        span("eager", number=2, parent=1, ago=61, ms=10),
        span("late", number=3, parent=1, ago=59, ms=2_000),
        span("backwards", number=4, parent=1, ago=60, ms=-90_000),
    )
    (row,) = traces.search_traces(world.scope("alice"), EVER, Page()).rows
    assert row["name"] == "root"
    assert row["duration_ns"] == 4_000 * MS


def test_nanoseconds_are_kept(world: World) -> None:
    exact = span(ago=60)
    exact.start_time_unix_nano += 123
    exact.end_time_unix_nano = exact.start_time_unix_nano + 456
    world.send("acme", exact)
    alice = world.scope("alice")
    row = trace.spans(alice, f"{1:032x}").row(0)
    assert row["start_unix_ns"] == exact.start_time_unix_nano
    assert row["duration_ns"] == 456
