"""Two traces as one tree: every span once, one change is one difference, and it is symmetric."""

from __future__ import annotations

import time

import pytest
from forest import Node, node, planted
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.alignment import ALONE, _by_occurrence, align
from queries.compare import ABSENT, DIFFERENT, Comparison, State, _compare, compare
from queries.tree import Trace

NAMES = st.sampled_from(["plan", "chat", "tool", "memory"])
NODES = st.recursive(
    st.builds(node, NAMES, ms=st.sampled_from([1, 10, 50]), error=st.sampled_from([None, "Bad"])),
    lambda inner: st.builds(
        lambda name, children: Node(name, tuple(children)), NAMES, st.lists(inner, max_size=6)
    ),
    max_leaves=12,
)
QUICKLY = settings(max_examples=50, deadline=None)
TRACES = st.lists(NODES, min_size=1, max_size=3).map(lambda roots: planted(*roots))


def drawn(found: Comparison) -> list[str]:
    """The tree as one reads it."""
    return [
        "  " * (found.depth[i] - 1) + found.name(i)[1] + _count(found, i) + _word(found.state[i])
        for i in range(len(found))
    ]


def _count(found: Comparison, step: int) -> str:
    return " x{} x{}".format(*found.repeats[step]) if step in found.repeats else ""


def _word(state: State) -> str:
    return "" if state == State.SAME else f": {state}"


def agent(*steps: Node, ms: float = 100) -> Trace:
    return planted(node("agent", *steps, ms=ms))


# what must hold of any two traces


@QUICKLY
@given(TRACES)
def test_a_trace_compared_with_itself_is_all_the_same(trace: Trace) -> None:
    found = compare(trace, trace)
    assert set(found.state) == {State.SAME}
    assert found.first is None
    assert found.culprit is None
    assert found.a == found.b
    assert found.visible(DIFFERENT, ()) == []


@QUICKLY
@given(TRACES, TRACES)
def test_every_span_of_both_sides_appears_exactly_once(left: Trace, right: Trace) -> None:
    found = compare(left, right)
    assert sorted(i for i in found.a if i != ABSENT) == list(range(len(left)))
    assert sorted(j for j in found.b if j != ABSENT) == list(range(len(right)))
    nobody = {s for s in range(len(found)) if found.a[s] == found.b[s] == ABSENT}
    assert nobody == set(found.repeats)


@QUICKLY
@given(TRACES, TRACES)
def test_each_side_alone_keeps_its_order_and_its_parents(left: Trace, right: Trace) -> None:
    found = compare(left, right)
    for trace, side in ((left, found.a), (right, found.b)):
        assert [i for i in side if i != ABSENT] == list(range(len(trace)))
        above: list[int] = []
        for step, depth in enumerate(found.depth):
            del above[depth - 1 :]
            if side[step] != ABSENT:
                spans = [s for s in above if s not in found.repeats]
                parent = side[spans[-1]] if spans else ABSENT
                assert parent == trace.parent[side[step]]
            above.append(step)


@QUICKLY
@given(TRACES, TRACES)
def test_matched_steps_share_their_path(left: Trace, right: Trace) -> None:
    found = compare(left, right)
    for i, j in zip(found.a, found.b, strict=True):
        if ABSENT not in (i, j):
            assert path(left, i) == path(right, j)


@QUICKLY
@given(TRACES, TRACES)
def test_swapping_swaps_added_and_missing_slower_and_faster(left: Trace, right: Trace) -> None:
    there, back = compare(left, right), compare(right, left)
    turned = {
        State.ADDED: State.MISSING,
        State.MISSING: State.ADDED,
        State.SLOWER: State.FASTER,
        State.FASTER: State.SLOWER,
    }
    assert {turned.get(s, s): n for s, n in there.counts.items()} == back.counts
    assert pairs(there) == {(j, i) for i, j in pairs(back)}
    if not there.counts.keys() & {State.ADDED, State.MISSING}:
        assert [turned.get(state, state) for state in there.state] == back.state


@QUICKLY
@given(TRACES, TRACES, st.sets(st.integers(0, 40)))
def test_a_filter_shows_what_it_wants_with_all_that_is_above(
    left: Trace, right: Trace, toggled: set[int]
) -> None:
    found = compare(left, right)
    everything = found.visible(State, found.repeats)
    assert everything == list(range(len(found)))
    shown = found.visible({State.ADDED}, found.repeats)
    assert {s for s in shown if found.state[s] == State.ADDED} == {
        s for s in everything if found.state[s] == State.ADDED
    }
    for step in shown:
        inside = range(step, step + found.size[step])
        assert any(found.state[s] == State.ADDED for s in inside)
    assert found.visible(State, toggled) == sorted(set(found.visible(State, toggled)))


def pairs(found: Comparison) -> set[tuple[int, int]]:
    return {(i, j) for i, j in zip(found.a, found.b, strict=True) if ABSENT not in (i, j)}


def path(trace: Trace, index: int) -> list[str]:
    names = []
    while index != ABSENT:
        names.append(trace.columns["name"][index])
        index = trace.parent[index]
    return names


# what a person expects


@QUICKLY
@given(
    st.lists(st.sampled_from(["chat", "tool", "plan"]), min_size=1, max_size=12),
    st.data(),
)
def test_one_extra_retry_is_one_added_step(names: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(names) - 1))
    before = agent(*(node(name) for name in names))
    after = agent(*(node(name) for name in [*names[: at + 1], names[at], *names[at + 1 :]]))
    found = compare(before, after)
    assert found.counts == {State.SAME: len(names) + 1, State.ADDED: 1}
    assert found.tops == {State.ADDED: 1}


def test_the_retry_that_failed_is_the_added_one() -> None:
    found = compare(
        agent(node("chat"), node("tool", node("http"))),
        agent(node("chat"), node("tool", error="Timeout"), node("tool", node("http"))),
    )
    assert drawn(found) == ["agent", "  chat", "  tool: added", "  tool", "    http"]
    assert found.first == 2


def test_repeats_are_one_step_that_says_how_many() -> None:
    found = compare(agent(*[node("tool")] * 4), agent(*[node("tool")] * 7))
    assert drawn(found) == [
        "agent",
        "  tool x4 x7: repeated",
        *["    tool"] * 4,
        *["    tool: added"] * 3,
    ]
    assert found.visible(State, ()) == [0, 1]
    assert found.visible(State, {1}) == list(range(9))
    left, right = found.sums(1)
    assert (left and left.spans, right and right.spans) == (4, 7)
    assert (left and left.duration_ns, right and right.duration_ns) == (40_000_000, 70_000_000)
    assert found.first == 1


def test_repeats_stay_together_though_something_else_is_missing_there() -> None:
    found = compare(
        agent(node("tool"), node("check")), agent(node("tool"), node("tool"), node("tool"))
    )
    assert drawn(found)[1] == "  tool x1 x3: repeated"
    assert drawn(found)[-1] == "  check: missing"
    found = compare(agent(node("x"), node("b")), agent(node("b"), node("b"), node("b", ms=90)))
    assert drawn(found)[1:3] == ["  x: missing", "  b x1 x3: repeated"]
    found = compare(agent(node("b"), node("b"), node("b", ms=90)), agent(node("x"), node("b")))
    assert drawn(found)[1:3] == ["  x: added", "  b x3 x1: repeated"]


def test_a_subtree_that_one_side_lacks_is_one_step_of_several_spans() -> None:
    found = compare(agent(node("a"), node("b", node("c", node("d")))), agent(node("a")))
    assert drawn(found) == ["agent", "  a", "  b: missing", "    c: missing", "      d: missing"]
    assert found.tops == {State.MISSING: 1}
    assert found.counts[State.MISSING] == 3


def test_missing_stands_before_added_where_something_was_replaced() -> None:
    found = compare(agent(node("a"), node("x"), node("b")), agent(node("a"), node("y"), node("b")))
    assert drawn(found) == ["agent", "  a", "  x: missing", "  y: added", "  b"]


def test_the_same_name_of_another_service_is_another_step() -> None:
    found = compare(agent(node("a")), agent(node("a", service_name="billing")))
    assert drawn(found) == ["agent", "  a: missing", "  a: added"]


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        (10, 12, State.SAME),
        (10, 12.1, State.SLOWER),
        (12.1, 10, State.FASTER),
        (1, 2, State.SAME),
        (1, 2.1, State.SLOWER),
        (0, 1.5, State.SLOWER),
    ],
)
def test_slower_is_a_fifth_and_a_millisecond_more(
    before: float, after: float, state: State
) -> None:
    found = compare(agent(node("a", ms=before)), agent(node("a", ms=after)))
    assert found.state[1] == state


def test_a_span_without_an_end_is_neither_slower_nor_faster() -> None:
    found = compare(agent(node("a", duration_ns=None)), agent(node("a", ms=900)))
    assert found.state[1] == State.SAME


def test_another_end_is_a_changed_status_and_the_first_difference() -> None:
    found = compare(
        agent(node("a", ms=50), node("b")), agent(node("a", ms=90), node("b", error="Bad"))
    )
    assert drawn(found) == ["agent", "  a: slower", "  b: status changed"]
    assert found.first == 2


def test_ok_and_unset_are_the_same_end() -> None:
    found = compare(agent(node("a", status="ok")), agent(node("a", status="unset")))
    assert found.first is None


def test_the_culprit_is_the_step_whose_own_time_grew_not_its_parents() -> None:
    def run(chat: float) -> Trace:
        return planted(node("agent", node("turn", node("chat", ms=chat), ms=chat + 2), ms=chat + 4))

    found = compare(run(10), run(500))
    assert found.culprit is not None
    assert found.name(found.culprit)[1] == "chat"
    back = compare(run(500), run(10))
    assert back.culprit is not None
    assert back.name(back.culprit)[1] == "chat"


def test_totals_count_tokens_of_model_calls_only() -> None:
    call = {"operation": "chat", "input_tokens": 100, "output_tokens": 20, "cost_usd": 0.5}
    trace = planted(node("agent", node("chat", **call), input_tokens=100))
    before, after = compare(trace, agent()).totals
    assert (before.tokens, before.cost_usd, before.spans) == (120, 0.5, 2)
    assert (after.tokens, after.cost_usd, after.spans) == (None, None, 1)


def test_a_chain_of_ten_thousand_is_no_matter() -> None:
    chain = node("end")
    for _ in range(400):
        chain = node("call", chain)
    assert set(compare(planted(chain), planted(chain)).state) == {State.SAME}


def test_ten_thousand_spans_against_ten_thousand_in_400_ms() -> None:
    steps = ["chat", "tool", "memory", "plan", "http"]
    left = agent(*(node(steps[i * i % 7 % 5]) for i in range(9_999)))
    right = agent(*(node(steps[i * i % 11 % 5]) for i in range(9_999)))
    best = min(_seconds(left, right) for _ in range(3))
    assert best < 0.4, f"{best * 1000:.0f} ms"


def _seconds(left: Trace, right: Trace) -> float:
    started = time.process_time()
    _compare(left, right)
    return time.process_time() - started


def test_a_comparison_is_made_once_and_few_are_kept() -> None:
    first, others = agent(node("a")), [agent(node(name)) for name in "bcdef"]
    found = compare(first, others[0])
    assert compare(first, others[0]) is found
    for other in others[1:]:
        compare(first, other)
    assert compare(first, others[0]) is not found


def test_large_comparisons_are_not_hoarded(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = agent(*[node("a")] * 9), agent(*[node("b")] * 9)
    found = compare(left, right)
    monkeypatch.setattr("queries.compare.KEPT_STEPS", 30)
    assert compare(left, right) is found
    compare(right, left)
    assert compare(left, right) is not found


# alignment


def longest(left: list[int], right: list[int]) -> int:
    """Length of the longest common subsequence, by the textbook."""
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, x in enumerate(left):
        for j, y in enumerate(right):
            longer = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else longer
    return table[-1][-1]


KEYS = st.lists(st.integers(0, 3), max_size=12)


@QUICKLY
@given(KEYS, KEYS)
def test_an_alignment_is_as_long_as_can_be(left: list[int], right: list[int]) -> None:
    mates = align(left, right)
    met = [j for j in mates if j != ALONE]
    assert met == sorted(set(met))
    assert all(left[i] == right[j] for i, j in enumerate(mates) if j != ALONE)
    assert len(met) == longest(left, right)


@QUICKLY
@given(KEYS, KEYS)
def test_very_long_sequences_are_aligned_in_order_too(left: list[int], right: list[int]) -> None:
    pairs = _by_occurrence(left, right)[::-1]
    assert pairs == sorted(pairs)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(left[i] == right[j] for i, j in pairs)
    if left == right:
        assert len(pairs) == len(left)
