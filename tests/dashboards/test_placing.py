"""Where the nodes of a graph stand: never on top of each other, givers to the left."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboards.parts.placing import ACROSS, DOWN, placed

NAMES = st.lists(st.sampled_from("abcdefgh"), min_size=1, unique=True)


def test_a_chain_goes_from_left_to_right() -> None:
    found = placed(["a", "b", "c"], [("a", "b"), ("b", "c")])
    assert found == {"a": (0, 0), "b": (ACROSS, 0), "c": (2 * ACROSS, 0)}


def test_a_node_stands_behind_all_its_givers() -> None:
    found = placed(["a", "b", "c"], [("a", "c"), ("a", "b"), ("b", "c")])
    assert [found[name][0] for name in "abc"] == [0, ACROSS, 2 * ACROSS]


def test_an_edge_back_does_not_turn_the_graph_round() -> None:
    there = [("a", "b"), ("b", "c")]
    assert placed(["a", "b", "c"], [*there, ("c", "a"), ("b", "a")]) == placed(list("abc"), there)


def test_lines_that_would_cross_do_not() -> None:
    found = placed(list("abxy"), [("a", "y"), ("b", "x")])
    assert (found["a"][1] < found["b"][1]) == (found["y"][1] < found["x"][1])


def test_columns_stand_around_one_middle() -> None:
    found = placed(list("abc"), [("a", "b"), ("a", "c")])
    assert found["a"][1] == (found["b"][1] + found["c"][1]) / 2


def test_a_graph_without_nodes_has_no_places() -> None:
    assert placed([], []) == {}


@given(NAMES, st.data())
def test_no_two_nodes_share_a_place_and_ways_lead_right(
    names: list[str], data: st.DataObject
) -> None:
    ends = st.tuples(st.sampled_from(names), st.sampled_from(names)).filter(lambda e: e[0] != e[1])
    edges = data.draw(st.lists(ends, unique=True)) if len(names) > 1 else []
    found = placed(names, edges)
    assert found.keys() == set(names)
    assert len(set(found.values())) == len(names)
    ys = sorted((x, y) for x, y in found.values())
    for (x, y), (other, next_) in pairwise(ys):
        assert x != other or next_ - y >= DOWN
    # in a graph without cycles every edge leads to the right
    order = {name: place for place, name in enumerate(names)}
    onward = [(a, b) for a, b in edges if order[a] < order[b]]
    straight = placed(names, onward)
    assert all(straight[a][0] < straight[b][0] for a, b in onward)
