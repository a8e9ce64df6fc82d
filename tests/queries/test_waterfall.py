"""The waterfall's rows: what is shown of a trace, in which order, and what is never lost."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries import waterfall
from queries.reader import Row
from queries.tree import Trace, grow
from queries.waterfall import Fold, Group, Missing, View, visible, window

MS = 1_000_000
EPOCH_NS = 1_700_000_000 * 10**9


def row(
    number: str,
    parent: str | None = None,
    *,
    start: float | None = 0,
    ms: float | None = 10,
    name: str = "",
    status: str = "ok",
    service: str = "shop",
    kind: str = "internal",
    **more: Any,
) -> Row:
    return {
        "span_id": number,
        "parent_span_id": parent,
        "name": name or number,
        "kind": kind,
        "service_name": service,
        "status": status,
        "exception_type": None,
        "data_name": None,
        "data_value": None,
        "start_unix_ns": None if start is None else EPOCH_NS + int(start * MS),
        "duration_ns": None if ms is None else int(ms * MS),
        **more,
    }


SHOP = grow(
    [
        row("root", ms=100),
        row("a", "root", start=1, ms=30),
        row("a1", "a", start=2, ms=5),
        row("a2", "a", start=3, ms=20, status="error"),
        row("b", "root", start=50, ms=40),
        row("b1", "b", start=51, ms=1),
    ]
)


def shown(trace: Trace, view: View | None = None, matching: list[int] | None = None) -> list[str]:
    """The rows as one reads them, two spaces a level."""
    found = visible(trace, view or View(), matching)
    lines = window(trace, found, 0, len(found))
    return ["  " * (line.level - 1) + said(trace, line) for line in lines]


def said(trace: Trace, line: waterfall.Line) -> str:
    if isinstance(line.what, Missing):
        return f"missing {line.what.span_id}"
    name = trace.columns["name"][line.spans[0]]
    return f"{name} × {len(line.spans)}" if isinstance(line.what, Group) else name


def test_everything_is_open_at_first() -> None:
    assert shown(SHOP) == ["root", "  a", "    a1", "    a2", "  b", "    b1"]


def test_a_fold_shuts_a_row_and_opens_it_again() -> None:
    shut = Fold("a", open=False)
    assert shown(SHOP, View(folds=(shut,))) == ["root", "  a", "  b", "    b1"]
    assert shown(SHOP, View(folds=(shut, Fold("a", open=True)))) == shown(SHOP)


def test_levels_say_how_deep_rows_are_open() -> None:
    assert shown(SHOP, View(level=1)) == ["root"]
    assert shown(SHOP, View(level=2)) == ["root", "  a", "  b"]
    by_hand = View(level=2, folds=(Fold("b", open=True),))
    assert shown(SHOP, by_hand) == ["root", "  a", "  b", "    b1"]


def test_a_whole_subtree_opens_at_once() -> None:
    everything = View(level=1, folds=(Fold("root", open=True, whole=True),))
    assert shown(SHOP, everything) == shown(SHOP)
    nothing = View(folds=(Fold("root", open=False, whole=True), Fold("root", open=True)))
    assert shown(SHOP, nothing) == ["root", "  a", "  b"]


def test_any_span_may_be_the_root() -> None:
    assert shown(SHOP, View(root="a")) == ["a", "  a1", "  a2"]
    assert shown(SHOP, View(root="a", level=1)) == ["a"]
    assert shown(SHOP, View(root="of another trace")) == shown(SHOP)


def test_short_spans_go_unless_something_long_is_below_them() -> None:
    assert shown(SHOP, View(shorter_ns=15 * MS)) == ["root", "  a", "    a2", "  b"]
    running = grow([row("root", ms=None), row("quick", "root", ms=1)])
    assert shown(running, View(shorter_ns=15 * MS)) == ["root"]


def test_what_matches_is_shown_with_its_ancestors() -> None:
    (error,) = (i for i, s in enumerate(SHOP.columns["status"]) if s == "error")
    assert shown(SHOP, View(only="status:error"), [error]) == ["root", "  a", "    a2"]
    assert shown(SHOP, View(only="nothing"), []) == []


def test_a_row_says_how_much_is_below_it_in_this_view() -> None:
    found = visible(SHOP, View(only="x"), [3])
    assert [(line.name, line.below, line.open) for line in window(SHOP, found, 0, 9)] == [
        ("root", 1, True),
        ("a", 1, True),
        ("a2", 0, False),
    ]


def family(count: int, **more: Any) -> list[Row]:
    """A root with that many identical leaves."""
    leaves = [
        row(f"leaf{i:03}", "root", start=i, ms=i + 1, name="leaf", **more) for i in range(count)
    ]
    return [row("root", ms=500), *leaves, row("other", "root", start=5.5)]


def test_identical_siblings_stand_in_one_row() -> None:
    assert shown(grow(family(21))) == ["root", "  leaf × 21", "  other"]
    assert len(shown(grow(family(20)))) == 22
    assert len(shown(grow(family(21)), View(grouped=False))) == 23


def test_a_group_opens_below_its_row() -> None:
    trace = grow(family(21))
    (_, group, _) = window(trace, visible(trace, View()), 0, 3)
    rows = shown(trace, View(folds=(Fold(group.name, open=True),)))
    assert rows == ["root", "  leaf × 21", *["    leaf"] * 21, "  other"]


def test_errors_and_parents_are_not_grouped_with_the_rest() -> None:
    failed = [row(f"bad{i}", "root", start=i, name="leaf", status="error") for i in range(2)]
    parent = [row("mum", "root", start=3.5, name="leaf"), row("kid", "mum", start=4)]
    rows = shown(grow([*family(21), *failed, *parent]))
    assert sorted(rows) == sorted(
        ["root", "  leaf × 21", "  leaf", "  leaf", "  leaf", "    kid", "  other"]
    )


def test_orphans_stand_below_the_parent_they_name() -> None:
    trace = grow(
        [
            row("root"),
            row("one", "gone", start=1),
            row("between", "lost", start=2),
            row("two", "gone", start=3),
            row("kid", "two", start=4),
        ]
    )
    rows = ["root", "missing gone", "  one", "  two", "    kid", "missing lost", "  between"]
    assert shown(trace) == rows
    shut = View(folds=(Fold("missing:gone", open=False),))
    assert shown(trace, shut) == ["root", "missing gone", "missing lost", "  between"]
    assert shown(trace, View(root="two")) == ["two", "  kid"]


@pytest.mark.parametrize("name", ["a1", "leaf007", "kid"])
def test_a_hidden_span_can_be_revealed(name: str) -> None:
    trace = {"a1": SHOP, "leaf007": grow(family(21))}.get(
        name, grow([row("root"), row("lost", "gone"), row("kid", "lost")])
    )
    index = waterfall.index_of(trace, name)
    assert index is not None
    shut = View(level=1, folds=(Fold("missing:gone", open=False),))
    assert index not in visible(trace, shut).rows
    revealed = waterfall.reveal(trace, shut, index)
    assert index in visible(trace, revealed).rows
    assert waterfall.reveal(trace, revealed, index) == revealed


def test_what_a_filter_leaves_out_has_no_place() -> None:
    view = View(shorter_ns=15 * MS)
    index = waterfall.index_of(SHOP, "a1")
    assert index is not None
    revealed = waterfall.reveal(SHOP, view, index)
    assert waterfall.place_of(visible(SHOP, revealed), index) is None


def test_equal_ids_have_names_of_their_own() -> None:
    twins = grow([row("x", kind="client"), row("x", kind="server"), row("x", kind="server")])
    assert waterfall.row_names(twins) == ["x", "x.1", "x.2"]
    assert waterfall.index_of(twins, "x.2") == 2


def test_find_looks_into_names_services_exceptions_and_data() -> None:
    trace = grow(
        [
            row("1", name="Checkout"),
            row("2", service="checkout-db", start=1),
            row("3", exception_type="CheckoutError", start=2),
            row("4", data_name="stage", data_value="CHECKOUT", start=3),
            row("5", name="none of it", start=4),
        ]
    )
    assert waterfall.found(trace, " checkOUT ") == [0, 1, 2, 3]
    assert waterfall.found(trace, "") == []


@pytest.mark.parametrize(
    ("at", "forward", "expected"),
    [
        (None, True, 0),
        (None, False, 2),
        (3, True, 1),
        (5, True, 2),
        (9, True, 0),
        (4, False, 0),
        (0, False, 2),
    ],
)
def test_next_and_previous_go_round(at: int | None, forward: bool, expected: int) -> None:
    assert waterfall.step([3, 5, 9], at, forward) == expected
    assert waterfall.step([], at, forward) is None


def test_activity_counts_what_ran_in_each_part() -> None:
    found = waterfall.activity(SHOP, 10)
    assert found.spans == [4, 3, 3, 2, 1, 3, 2, 2, 2, 2]
    assert found.errors == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.95, None), ([7], 0.95, 7), ([1, 2], 0.5, 1.5), (list(range(1, 41)), 0.95, 38.05)],
)
def test_a_percentile_lies_between_its_neighbours(
    values: list[int], share: float, expected: float | None
) -> None:
    assert waterfall.percentile(values, share) == pytest.approx(expected)


IDS = st.sampled_from("abcdefgh")
FORESTS = st.lists(
    st.builds(
        row,
        number=IDS,
        parent=st.none() | IDS | st.sampled_from(["gone", "lost", ""]),
        start=st.none() | st.integers(-3, 3),
        ms=st.none() | st.integers(-2, 5),
        kind=st.sampled_from(["client", "server"]),
        name=st.sampled_from(["x", "y", "\n"]),
    ),
    min_size=1,
    max_size=24,
)
VIEWS = st.builds(
    View,
    root=st.just("") | IDS,
    level=st.none() | st.integers(1, 4),
    folds=st.lists(
        st.builds(
            Fold,
            IDS | st.sampled_from(["a.1", "missing:gone", "group:a", "nobody"]),
            st.booleans(),
            st.booleans(),
        ),
        max_size=4,
    ).map(tuple),
    shorter_ns=st.sampled_from([0, 2 * MS]),
)


@given(FORESTS, st.booleans())
def test_every_span_stands_in_exactly_one_row(spans: list[Row], grouped: bool) -> None:
    """However broken the trace; a group's members count as standing in its row."""
    trace = grow(spans)
    lines = window(trace, visible(trace, View(grouped=grouped)), 0, 99)
    standing = [i for line in lines if not isinstance(line.what, Missing) for i in line.spans]
    assert sorted(standing) == list(range(len(spans)))


@given(st.lists(st.sampled_from([None, "gone", "lost"]), min_size=21, max_size=70))
def test_every_leaf_stands_in_exactly_one_row(parents: list[str | None]) -> None:
    spans = [row(f"{i:02}", parent, name="leaf") for i, parent in enumerate(parents)]
    trace = grow(spans)
    for folds in ((), tuple(Fold(f"group:{i:02}", open=True) for i in range(len(spans)))):
        lines = window(trace, visible(trace, View(folds=folds)), 0, 999)
        alone = [line.spans[0] for line in lines if line.what is None]
        grouped = [i for line in lines if isinstance(line.what, Group) for i in line.spans]
        assert len(set(alone)) == len(alone)
        assert set(alone) | set(grouped) == set(range(len(spans)))
        if folds:
            assert len(alone) == len(spans)


@given(FORESTS, VIEWS)
def test_a_view_never_shows_a_span_twice_and_a_window_is_a_piece_of_it(
    spans: list[Row], view: View
) -> None:
    trace = grow(spans)
    found = visible(trace, view)
    own = [each for each in found.rows if each >= 0]
    assert len(set(own)) == len(own)
    whole = window(trace, found, 0, len(found))
    assert window(trace, found, 2, 5) == whole[2:5]
    assert len({line.name for line in whole}) == len(whole)
    assert all(line.level >= 1 for line in whole)


@given(FORESTS, VIEWS, st.integers(0, 23))
def test_revealing_shows_a_span_unless_a_filter_hides_it(
    spans: list[Row], view: View, index: int
) -> None:
    trace = grow(spans)
    if index >= len(trace):
        return
    revealed = visible(trace, waterfall.reveal(trace, view, index))
    begins, ends = waterfall._range(trace, view.root)
    filtered = revealed.kept is not None and not revealed.kept[index]
    assert (index in revealed.rows) == (begins <= index < ends and not filtered)


def test_a_hundred_thousand_rows_take_no_time() -> None:
    chance = random.Random(7)
    trace = grow(
        [
            row(f"{i:06}", f"{max(0, i - 1 - chance.randrange(40)):06}" if i else None, start=i)
            for i in range(100_000)
        ]
    )
    visible(trace, View(level=2))
    for view in (View(), View(level=5), View(shorter_ns=11 * MS), View(grouped=False)):
        started = time.perf_counter()
        found = visible(trace, view)
        window(trace, found, 0, 150)
        assert time.perf_counter() - started < 1
