"""The tree of a trace: whatever the parents claim, every span stands in it exactly once."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest
from cast import World, span
from hypothesis import given
from hypothesis import strategies as st

from queries import traces
from queries.reader import Row
from queries.tree import pre_order

MS = 1_000_000
EPOCH_NS = 1_700_000_000 * 10**9


def row(
    number: str,
    parent: str | None = None,
    *,
    start: float = 0,
    ms: float | None = 10,
    kind: str = "internal",
    name: str = "",
) -> Row:
    """A span as `spans_of` gives it, that began `start` ms into the trace."""
    return {
        "span_id": number,
        "parent_span_id": parent,
        "name": name or number,
        "kind": kind,
        "start_unix_ns": EPOCH_NS + int(start * MS),
        "duration_ns": None if ms is None else int(ms * MS),
    }


def drawn(*spans: Row) -> list[str]:
    """The tree as one reads it, two spaces a level."""
    return ["  " * (node.depth - 1) + node.span["name"] for node in pre_order(list(spans))]


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
    nodes = pre_order([row("root"), row("lost", "gone", start=1), row("kept", "lost", start=2)])
    assert [(n.span["name"], n.depth, n.orphan, n.cyclic) for n in nodes] == [
        ("root", 1, False, False),
        ("lost", 1, True, False),
        ("kept", 2, False, False),
    ]


def test_a_span_that_is_its_own_parent_is_a_root() -> None:
    (node,) = pre_order([row("self", "self")])
    assert (node.depth, node.cyclic, node.orphan) == (1, True, False)


def test_a_cycle_is_cut_above_its_earliest_span() -> None:
    nodes = pre_order(
        [row("b", "a", start=2), row("a", "c", start=1), row("c", "b", start=3), row("leaf", "c")]
    )
    assert [(n.span["name"], n.depth, n.cyclic) for n in nodes] == [
        ("a", 1, True),
        ("b", 2, False),
        ("c", 3, False),
        ("leaf", 4, False),
    ]


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
    (root,) = [node for node in pre_order([row("r"), *children]) if node.span["name"] == "r"]
    assert root.self_ns == expected * MS


@pytest.mark.parametrize("ms", [None, -1])
def test_without_a_duration_there_is_no_self_time(ms: float | None) -> None:
    (node,) = pre_order([row("r", ms=ms)])
    assert node.self_ns is None


def test_offsets_count_from_the_first_start() -> None:
    nodes = pre_order([row("root", start=5), row("early", "root", start=2)])
    assert [node.offset_ns for node in nodes] == [3 * MS, 0]


def test_a_span_without_a_start_has_no_offset() -> None:
    lost = row("lost", "root") | {"start_unix_ns": 0}
    offsets = {n.span["name"]: n.offset_ns for n in pre_order([row("root", start=5), lost])}
    assert offsets == {"root": 0, "lost": 0}


def test_nothing_has_no_tree() -> None:
    assert pre_order([]) == []


def test_a_chain_of_five_thousand_is_five_thousand_deep() -> None:
    chain = [row(f"{i:05}", f"{i - 1:05}" if i else None, start=i) for i in range(5_000)]
    nodes = pre_order(chain[::-1])
    assert [node.depth for node in nodes] == list(range(1, 5_001))
    assert [node.children for node in nodes] == [1] * 4_999 + [0]


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
    assert len(pre_order(spans)) == 10_000
    assert time.perf_counter() - started < 5


IDS = st.sampled_from("abcdefgh")
FORESTS = st.lists(
    st.builds(
        row,
        number=IDS,
        parent=st.none() | IDS | st.just("gone"),
        start=st.integers(-3, 3),
        ms=st.none() | st.integers(-2, 5),
        kind=st.sampled_from(["client", "server", "internal"]),
    ),
    max_size=24,
)


@given(FORESTS)
def test_every_span_stands_exactly_once(spans: list[Row]) -> None:
    nodes = pre_order(spans)
    assert Counter(id(node.span) for node in nodes) == Counter(id(span) for span in spans)


@given(FORESTS)
def test_a_child_is_one_level_below_its_parent(spans: list[Row]) -> None:
    above: list[str] = []
    for node in pre_order(spans):
        assert 1 <= node.depth <= len(above) + 1
        del above[node.depth - 1 :]
        assert not above or above[-1] == node.span["parent_span_id"]
        above.append(node.span["span_id"])


@given(FORESTS)
def test_it_counts_the_children_it_draws(spans: list[Row]) -> None:
    nodes = pre_order(spans)
    for place, node in enumerate(nodes):
        below = 0
        for other in nodes[place + 1 :]:
            if other.depth <= node.depth:
                break
            below += other.depth == node.depth + 1
        assert below == node.children


@given(FORESTS)
def test_a_root_has_no_parent_or_lost_it(spans: list[Row]) -> None:
    ids = {span["span_id"] for span in spans}
    for node in pre_order(spans):
        parent = node.span["parent_span_id"]
        assert node.orphan == (parent is not None and parent not in ids)
        if node.depth == 1:
            assert parent is None or node.orphan or node.cyclic
        else:
            assert not node.orphan
            assert not node.cyclic


@given(FORESTS)
def test_self_time_lies_within_the_duration(spans: list[Row]) -> None:
    for node in pre_order(spans):
        duration = node.span["duration_ns"]
        if duration is None or duration < 0:
            assert node.self_ns is None
        else:
            assert 0 <= node.self_ns <= duration


@given(FORESTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(spans: list[Row], shuffle: Any) -> None:
    """As long as no two rows claim one id."""
    unique = list({span["span_id"]: span for span in spans}.values())
    mixed = shuffle.sample(unique, len(unique))
    assert pre_order(unique) == pre_order(mixed)


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
    stored = traces.spans_of(world.scope("alice"), f"{1:032x}").rows
    assert drawn(*stored) == [
        "root",
        "  call",
        "  call",
        "    child",
        "self",
        "ring a",
        "  ring b",
        "orphan",
    ]
