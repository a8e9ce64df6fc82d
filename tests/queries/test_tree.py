"""The tree of a trace: whatever the parents claim, every span stands in it exactly once."""

from __future__ import annotations

import time
from typing import Any

import pytest
from cast import World, span
from hypothesis import given
from hypothesis import strategies as st

from queries import trace
from queries.reader import Row
from queries.tree import NO_PARENT, Trace, grow

MS = 1_000_000
EPOCH_NS = 1_700_000_000 * 10**9


def row(
    number: str,
    parent: str | None = None,
    *,
    start: float | None = 0,
    ms: float | None = 10,
    kind: str = "internal",
    name: str = "",
) -> Row:
    """A span with what a tree needs, that began `start` ms into the trace."""
    return {
        "span_id": number,
        "parent_span_id": parent,
        "name": name or number,
        "kind": kind,
        "start_unix_ns": None if start is None else EPOCH_NS + int(start * MS),
        "duration_ns": None if ms is None else int(ms * MS),
    }


def drawn(*spans: Row) -> list[str]:
    """The tree as one reads it, two spaces a level."""
    return indented(grow(list(spans)))


def indented(tree: Trace) -> list[str]:
    return [
        "  " * (depth - 1) + name
        for depth, name in zip(tree.depth, tree.columns["name"], strict=True)
    ]


def test_children_stand_below_their_parent_by_start() -> None:
    assert drawn(
        row("late", "root", start=9),
        row("leaf", "early", start=3),
        row("early", "root", start=2),
        row("root"),
    ) == ["root", "  early", "    leaf", "  late"]


def test_siblings_that_start_together_go_by_id() -> None:
    assert drawn(row("r"), row("b", "r"), row("a", "r")) == ["r", "  a", "  b"]


def test_several_roots_go_by_start() -> None:
    assert drawn(row("second", start=5), row("first"), row("child", "second", start=6)) == [
        "first",
        "second",
        "  child",
    ]


def test_an_orphan_is_a_root_and_says_so() -> None:
    tree = grow([row("root"), row("lost", "gone", start=1), row("kept", "lost", start=2)])
    assert indented(tree) == ["root", "lost", "  kept"]
    assert tree.orphan == [False, True, False]
    assert tree.cyclic == [False, False, False]


def test_a_span_that_is_its_own_parent_is_a_root() -> None:
    tree = grow([row("self", "self")])
    assert (tree.depth, tree.cyclic, tree.orphan) == ([1], [True], [False])


def test_a_cycle_is_cut_above_its_earliest_span() -> None:
    tree = grow(
        [row("b", "a", start=2), row("a", "c", start=1), row("c", "b", start=3), row("leaf", "c")]
    )
    assert indented(tree) == ["a", "  b", "    c", "      leaf"]
    assert tree.cyclic == [True, False, False, False]


def test_halves_of_a_call_stand_side_by_side() -> None:
    """The server made the children, though its clock is behind the client's."""
    spans = [
        row("root"),
        row("call", "root", start=5, ms=10, kind="client", name="client"),
        row("call", "root", start=3, ms=8, kind="server", name="server"),
        row("work", "call", start=4),
        row("next", "root", start=4),
    ]
    expected = ["root", "  client", "  server", "    work", "  next"]
    assert drawn(*spans) == expected
    assert drawn(*reversed(spans)) == expected


def test_a_repeated_span_is_drawn_as_often_as_it_is_stored() -> None:
    assert drawn(row("r"), row("a", "r"), row("a", "r"), row("b", "a", start=1)) == [
        "r",
        "  a",
        "    b",
        "  a",
    ]


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ([], 10),
        ([row("a", "r", start=2, ms=3)], 7),
        # side by side, overlapping, one inside the other
        ([row("a", "r", start=1, ms=2), row("b", "r", start=5, ms=2)], 6),
        ([row("a", "r", start=1, ms=4), row("b", "r", start=3, ms=4)], 4),
        ([row("a", "r", start=1, ms=8), row("b", "r", start=3, ms=1)], 2),
        # what lies outside of the parent is not its time
        ([row("a", "r", start=-5, ms=7)], 8),
        ([row("a", "r", start=8, ms=70)], 8),
        ([row("a", "r", start=-5, ms=70)], 0),
        ([row("a", "r", start=30, ms=5)], 10),
        # a child that is running, or ended before it began
        ([row("a", "r", start=2, ms=None)], 10),
        ([row("a", "r", start=2, ms=-3)], 10),
    ],
)
def test_self_time_is_what_no_child_covers(children: list[Row], expected: float) -> None:
    tree = grow([row("r"), *children])
    assert tree.self_ns[tree.columns["name"].index("r")] == expected * MS


@pytest.mark.parametrize("ms", [None, -1])
def test_without_a_duration_there_is_no_self_time(ms: float | None) -> None:
    assert grow([row("r", ms=ms)]).self_ns == [None]


def test_offsets_count_from_the_first_start() -> None:
    tree = grow([row("root", start=5), row("early", "root", start=2)])
    assert tree.offset_ns == [3 * MS, 0]
    assert tree.origin_ns == EPOCH_NS + 2 * MS
    assert tree.length_ns == 13 * MS


def test_a_span_without_a_start_has_no_offset() -> None:
    lost = row("lost", "root") | {"start_unix_ns": 0}
    tree = grow([row("root", start=5), lost])
    assert tree.offset_ns == [0, 0]
    assert tree.origin_ns == EPOCH_NS + 5 * MS


def test_nothing_has_no_tree() -> None:
    assert len(grow([])) == 0
    assert grow([]).length_ns == 0


def test_a_chain_of_five_thousand_is_five_thousand_deep() -> None:
    chain = [row(f"{i:05}", f"{i - 1:05}" if i else None, start=i) for i in range(5_000)]
    tree = grow(chain[::-1])
    assert tree.depth == list(range(1, 5_001))
    assert tree.children == [1] * 4_999 + [0]
    assert tree.size == list(range(5_000, 0, -1))


@pytest.mark.parametrize(
    "spans",
    [
        [row("same", "same", start=i) for i in range(10_000)],
        [row("same", "same", kind=("client", "server")[i % 2]) for i in range(10_000)],
        [row(f"{i}", f"{(i + 1) % 10_000}") for i in range(10_000)],
        [row("root")] + [row(f"{i}", "root", start=i) for i in range(9_999)],
    ],
    ids=["one id", "halves of one id", "one cycle", "one parent"],
)
def test_no_trace_takes_long(spans: list[Row]) -> None:
    started = time.perf_counter()
    assert len(grow(spans)) == 10_000
    assert time.perf_counter() - started < 5


IDS = st.sampled_from("abcdefgh")
FORESTS = st.lists(
    st.builds(
        row,
        number=IDS,
        parent=st.none() | IDS | st.sampled_from(["gone", "", "0" * 16]),
        start=st.none() | st.integers(-3, 3),
        ms=st.none() | st.integers(-2, 5),
        kind=st.sampled_from(["client", "server", "internal"]),
    ),
    max_size=24,
)


@given(FORESTS)
def test_every_span_stands_exactly_once(spans: list[Row]) -> None:
    numbered = [span | {"stored": place} for place, span in enumerate(spans)]
    tree = grow(numbered)
    assert sorted(tree.columns.get("stored", [])) == list(range(len(spans)))
    assert [tree.row(i) for i in range(len(tree))] == [
        numbered[stored] for stored in tree.columns.get("stored", [])
    ]


@given(FORESTS)
def test_every_column_has_every_span(spans: list[Row]) -> None:
    tree = grow(spans)
    parallel = (
        tree.depth,
        tree.parent,
        tree.size,
        tree.children,
        tree.offset_ns,
        tree.self_ns,
        tree.orphan,
        tree.cyclic,
        *tree.columns.values(),
    )
    assert {len(column) for column in parallel} == {len(spans)}


@given(FORESTS)
def test_a_child_is_one_level_below_its_parent(spans: list[Row]) -> None:
    tree = grow(spans)
    for place, parent in enumerate(tree.parent):
        if parent == NO_PARENT:
            assert tree.depth[place] == 1
        else:
            assert parent < place < parent + tree.size[parent]
            assert tree.depth[place] == tree.depth[parent] + 1
            assert tree.columns["span_id"][parent] == tree.columns["parent_span_id"][place]


@given(FORESTS)
def test_it_counts_the_children_and_the_spans_below(spans: list[Row]) -> None:
    tree = grow(spans)
    for place in range(len(tree)):
        below = [i for i in range(place + 1, len(tree)) if _is_below(tree, i, place)]
        assert tree.children[place] == tree.parent.count(place)
        assert below == list(range(place + 1, place + tree.size[place]))


def _is_below(tree: Trace, place: int, above: int) -> bool:
    while place != NO_PARENT and place != above:
        place = tree.parent[place]
    return place == above


@given(FORESTS)
def test_a_root_has_no_parent_or_lost_it(spans: list[Row]) -> None:
    ids = {span["span_id"] for span in spans}
    tree = grow(spans)
    for place, parent in enumerate(tree.columns["parent_span_id"]):
        assert tree.orphan[place] == (bool(parent) and parent not in ids)
        if tree.depth[place] == 1:
            assert not parent or tree.orphan[place] or tree.cyclic[place]
        else:
            assert not tree.orphan[place]
            assert not tree.cyclic[place]


@given(FORESTS)
def test_self_time_lies_within_the_duration(spans: list[Row]) -> None:
    tree = grow(spans)
    for duration, self_ns in zip(tree.columns["duration_ns"], tree.self_ns, strict=True):
        if duration is None or duration < 0:
            assert self_ns is None
        else:
            assert self_ns is not None
            assert 0 <= self_ns <= duration


@given(FORESTS)
def test_nothing_reaches_beyond_the_trace(spans: list[Row]) -> None:
    tree = grow(spans)
    for offset, duration in zip(tree.offset_ns, tree.columns["duration_ns"], strict=True):
        assert 0 <= offset <= offset + max(duration or 0, 0) <= tree.length_ns


@given(FORESTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(spans: list[Row], shuffle: Any) -> None:
    """As long as no two rows claim one id."""
    unique = list({span["span_id"]: span for span in spans}.values())
    mixed = shuffle.sample(unique, len(unique))
    assert grow(unique) == grow(mixed)


def test_a_broken_trace_is_drawn_from_the_lake(world: World) -> None:
    world.send(
        "acme",
        span("root", number=1, ago=60),
        span("self", number=2, parent=2, ago=59),
        span("ring a", number=3, parent=4, ago=58),
        span("ring b", number=4, parent=3, ago=57),
        span("orphan", number=5, parent=99, ago=56),
        span("call", number=6, parent=1, ago=55, kind=3),
        span("call", number=6, parent=1, ago=54, kind=2),
        span("child", number=7, parent=6, ago=53),
    )
    assert indented(trace.spans(world.scope("alice"), f"{1:032x}")) == [
        "root",
        "  call",
        "  call",
        "    child",
        "self",
        "ring a",
        "  ring b",
        "orphan",
    ]
