"""The critical path: known answers, and a walk back through time one nanosecond at a time."""

from __future__ import annotations

from collections import Counter

import pytest
from grown import span, trace, traces
from hypothesis import given

from queries import critical
from queries.calls import called_by, callers, main_root
from queries.operations import operations
from queries.tree import NO_PARENT, Trace


def told(of: Trace) -> list[tuple[str, int, int]]:
    names = of.columns["name"]
    return [(names[s.span], s.from_ns, s.to_ns) for s in critical.path(of).sections]


def test_a_span_alone_is_its_own_path() -> None:
    assert told(trace(span("root"))) == [("root", 0, 10)]


def test_of_children_side_by_side_the_one_that_ended_last_counts() -> None:
    slow, quick = span("slow", "root", 1, 8), span("quick", "root", 1, 3)
    expected = [("root", 0, 1), ("slow", 1, 9), ("root", 9, 10)]
    assert told(trace(span("root"), slow, quick)) == expected


def test_before_the_last_child_began_the_one_before_it_counts() -> None:
    children = (span("a", "root", 1, 3), span("b", "root", 3, 3), span("c", "root", 6, 3))
    # b ran beside a, and a ended after b began: nobody waited for a
    assert told(trace(span("root"), *children)) == [
        ("root", 0, 3),
        ("b", 3, 6),
        ("c", 6, 9),
        ("root", 9, 10),
    ]


def test_it_goes_down_as_deep_as_the_tree() -> None:
    deep = [span(str(i), str(i - 1) if i else None, i, 10_000 - 2 * i) for i in range(5_000)]
    path = critical.path(trace(*deep))
    assert path.length_ns == 10_000
    assert len(path.sections) == 2 * 5_000 - 1


@pytest.mark.parametrize(
    ("child", "expected"),
    [
        # left to run on, begun too early, and both: as far as it overlaps
        ((4, 60), [("root", 0, 4), ("child", 4, 10)]),
        ((-3, 6), [("child", 3, 6), ("root", 6, 13)]),
        ((-3, 60), [("child", 3, 13)]),
        # wholly outside
        ((20, 5), [("root", 0, 10)]),
        # running or ended before it began
        ((4, None), [("root", 0, 10)]),
        ((4, -1), [("root", 0, 10)]),
    ],
)
def test_a_child_beyond_its_parent_counts_as_far_as_it_overlaps(
    child: tuple[int, int | None], expected: list[tuple[str, int, int]]
) -> None:
    assert told(trace(span("root"), span("child", "root", *child))) == expected


def test_the_servers_half_of_a_call_is_inside_of_the_clients() -> None:
    client = span("call", "root", 1, 8, kind="client", name="client")
    server = span("call", "root", 2, 5, kind="server", name="server")
    work = span("work", "call", 3, 3)
    assert told(trace(span("root"), client, server, work)) == [
        ("root", 0, 1),
        ("client", 1, 2),
        ("server", 2, 3),
        ("work", 3, 6),
        ("server", 6, 7),
        ("client", 7, 9),
        ("root", 9, 10),
    ]


def test_it_is_that_of_the_longest_true_root() -> None:
    lost = span("lost", "gone", 0, 900)
    assert told(trace(span("short", ns=3), span("long", start=5, ns=7), lost)) == [("long", 5, 12)]
    assert told(trace(lost, span("less", "gone", 0, 5))) == [("lost", 0, 900)]


def test_without_time_there_is_no_path() -> None:
    for ns in (0, None, -5):
        assert told(trace(span("root", ns=ns), span("child", "root", ns=5))) == []
    assert critical.path(trace()).root == NO_PARENT


def test_it_may_be_told_in_other_clocks() -> None:
    skewed = trace(span("root"), span("child", "root", 50, 4))
    assert critical.path(skewed, [0, 3]).by_span() == {0: 6, 1: 4}


def test_shares_by_service_add_up() -> None:
    found = trace(span("root"), span("child", "root", 2, 4, service_name="bank"))
    path = critical.path(found)
    assert path.by(found.columns["service_name"]) == {"shop": 6, "bank": 4}
    assert path.by(operations(found)) == {("shop", "root"): 6, ("bank", "child"): 4}


@given(traces())
def test_it_is_what_walking_back_moment_by_moment_finds(of: Trace) -> None:
    assert critical.path(of).by_span() == walked(of)


@given(traces())
def test_sections_have_no_gaps_and_are_as_long_as_the_root(of: Trace) -> None:
    path = critical.path(of)
    duration = max(of.columns["duration_ns"][path.root] or 0, 0)
    assert path.length_ns == duration
    for one, next_ in zip(path.sections, path.sections[1:], strict=False):
        assert one.to_ns == next_.from_ns
    assert all(s.from_ns < s.to_ns for s in path.sections)


def walked(of: Trace) -> Counter[int]:
    """Brute force: who was waited for in each nanosecond, from the last to the first."""
    found: Counter[int] = Counter()
    root = main_root(of)
    if root != NO_PARENT:
        begins = of.offset_ns[root]
        _walk(of, root, begins, begins + max(of.columns["duration_ns"][root] or 0, 0), found)
    return found


def _walk(of: Trace, at: int, begins: int, ends: int, found: Counter[int]) -> None:
    parts = {}
    for child in called_by(callers(of))[at]:
        first = of.offset_ns[child]
        last = first + (of.columns["duration_ns"][child] or 0)
        parts[child] = max(first, begins), min(last, ends)
    moment = ends
    while moment > begins:
        ending = [c for c, (first, last) in parts.items() if last == moment and first < last]
        if ending:
            longest = min(ending, key=lambda c: (parts[c][0], c))
            _walk(of, longest, *parts[longest], found)
            moment = parts[longest][0]
        else:
            moment -= 1
            found[at] += 1
