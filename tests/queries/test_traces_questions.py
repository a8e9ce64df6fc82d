"""Questions of the Trace Explorer, over a small real lake."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cast import NOW, World, span

from queries import trace, traces
from queries.errors import BadQuestion, NotFound
from queries.filters import Cursor, Page, TimeRange, TraceFilters
from queries.search import condition

DAY = TimeRange(NOW - timedelta(days=1), NOW + timedelta(minutes=5))
ALL = TraceFilters(DAY)


def names(found: traces.Found) -> list[str]:
    return [row["name"] for row in found.rows]


def test_it_shows_the_newest_span_first(world: World) -> None:
    world.send("acme", span("old", number=1, ago=90), span("new", number=2, ago=30))
    assert names(traces.search(world.scope("alice"), ALL, Page())) == ["new", "old"]


def test_it_hides_another_orgs_spans(world: World) -> None:
    world.send("acme", span("secret of acme"))
    charlie = world.scope("charlie")
    assert traces.search(charlie, ALL, Page()).rows == []
    assert traces.search_traces(charlie, ALL, Page()).rows == []
    assert traces.count(charlie, ALL).spans == 0
    assert traces.count_traces(charlie, ALL) == 0
    assert traces.newer(charlie, ALL, None) == 0
    with pytest.raises(NotFound):
        trace.spans(charlie, f"{1:032x}")


def test_staff_see_all_orgs_or_one(world: World) -> None:
    world.send("acme", span("a"))
    world.send("globex", span("g"))
    assert traces.count(world.scope("sam"), ALL).spans == 2
    assert names(traces.search(world.scope("sam", "globex"), ALL, Page())) == ["g"]


def test_pages_meet_without_gap_or_overlap_even_when_times_and_ids_tie(world: World) -> None:
    spans = [span(f"s{i}", trace=i // 3 + 1, number=i % 3 + 1, ago=60) for i in range(50)]
    world.send("acme", *spans)
    alice = world.scope("alice")
    seen, page = [], Page(rows=7)
    while True:
        found = traces.search(alice, ALL, page)
        seen += names(found)
        if not found.older:
            break
        page = Page(rows=7, after=found.older)
    assert sorted(seen) == sorted(f"s{i}" for i in range(50))
    assert found.newer
    back = traces.search(alice, ALL, Page(rows=7, before=found.newer))
    assert names(back) == seen[42:49]


def test_a_page_stands_still_while_spans_arrive(world: World) -> None:
    world.send("acme", *[span(f"s{i}", number=i + 1, ago=100 + i) for i in range(20)])
    alice = world.scope("alice")
    first = traces.search(alice, ALL, Page(rows=10))
    world.send("acme", span("late", number=99, ago=5))
    second = traces.search(alice, ALL, Page(rows=10, after=first.older))
    assert names(second) == [f"s{i}" for i in range(10, 20)]
    assert traces.newer(alice, ALL, traces.cursor_of(first.rows[0])) == 1


def test_both_halves_of_a_call_are_shown(world: World) -> None:
    world.send("acme", span("call", kind=3), span("call", kind=2))
    found = traces.search(world.scope("alice"), ALL, Page())
    assert sorted(row["kind"] for row in found.rows) == ["client", "server"]


def test_a_repeated_span_is_shown_once_before_compaction_too(world: World) -> None:
    world.send("acme", span("once"))
    world.send("acme", span("once"), span("other", number=2))
    assert sorted(names(traces.search(world.scope("alice"), ALL, Page()))) == ["once", "other"]


def searching(text: str) -> TraceFilters:
    return TraceFilters(DAY, condition(text))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (searching("status:error"), ["fails"]),
        (searching("FAI"), ["fails"]),
        (searching("billing"), ["other"]),
        (searching("group:payments"), ["pays", "fails"]),
        (searching("group:payments status:error"), ["fails"]),
        (searching('"\' or 1=1 --"'), []),
        (searching("%"), []),
        (TraceFilters(TimeRange(NOW - timedelta(days=9), NOW - timedelta(days=8))), []),
    ],
)
def test_filters_narrow(world: World, filters: TraceFilters, expected: list[str]) -> None:
    group = {"process.group": "unused", "aeos.process_group": "payments"}
    world.send("acme", span("pays", number=1, ago=30), span("fails", number=2, error="E"), **group)
    world.send("acme", span("other", trace=2, number=3), service="billing")
    assert names(traces.search(world.scope("alice"), filters, Page())) == expected
    assert traces.count(world.scope("alice"), filters).spans == len(expected)


def test_a_trace_is_one_row_with_its_facts(world: World) -> None:
    world.send(
        "acme",
        span("root", number=1, ago=60, ms=500),
        span("child", number=2, parent=1, ago=59.9, error="E"),
        span("lost", number=3, parent=77, ago=59.8),
    )
    (row,) = traces.search_traces(world.scope("alice"), ALL, Page()).rows
    assert (row["name"], row["spans"], row["errors"], row["orphans"]) == ("root", 3, 1, 1)
    assert row["duration_ns"] == 500_000_000


def test_two_orgs_with_one_trace_id_are_two_traces(world: World) -> None:
    world.send("acme", span("a", error="E"), span("lost", number=2, parent=1))
    world.send("globex", span("g", number=3, parent=1))
    rows = traces.search_traces(world.scope("sam"), ALL, Page()).rows
    facts = {row["org_id"]: (row["name"], row["spans"], row["errors"]) for row in rows}
    assert facts == {"acme": ("a", 2, 1), "globex": ("g", 1, 0)}
    assert [row["orphans"] for row in rows if row["org_id"] == "globex"] == [1]


def test_pages_of_traces_walk_both_ways(world: World) -> None:
    world.send("acme", *[span("r", trace=i + 1, number=i + 1, ago=i + 1) for i in range(25)])
    alice, seen, page = world.scope("alice"), [], Page(rows=10)
    while True:
        found = traces.search_traces(alice, ALL, page)
        seen += [row["trace_id"] for row in found.rows]
        if not found.older:
            break
        page = Page(rows=10, after=found.older)
    assert seen == [f"{i + 1:032x}" for i in range(25)]
    back = traces.search_traces(alice, ALL, Page(rows=10, before=found.newer))
    assert [row["trace_id"] for row in back.rows] == seen[10:20]


@pytest.mark.parametrize("trace_id", ["", "zz", "ab", "0" * 32, "é" * 32])
def test_an_unknown_trace_is_not_found(world: World, trace_id: str) -> None:
    with pytest.raises(NotFound):
        trace.spans(world.scope("alice"), trace_id)


@pytest.mark.parametrize(
    "text", ["", "x", "W10", "bm90IGpzb24", "WzEsMiwzLDRd", "\x00", "W251bGxd"]
)
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadQuestion):
        Cursor.decode(text)


def test_a_cursor_survives_the_url() -> None:
    cursor = Cursor(1_700_000_000_000_000, "ab" * 16, "cd" * 8, 2**64 - 1)
    assert Cursor.decode(cursor.encode()) == cursor


def test_a_page_has_a_size_that_makes_sense(world: World) -> None:
    with pytest.raises(BadQuestion):
        traces.search(world.scope("alice"), ALL, Page(rows=0))
    with pytest.raises(BadQuestion):
        traces.search(world.scope("alice"), ALL, Page(rows=10_001))
