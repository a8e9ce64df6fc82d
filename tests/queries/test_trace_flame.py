"""The flame graph: its values add up, and no frame is wider than the one above it."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from grown import span, trace, traces
from hypothesis import given
from hypothesis import strategies as st

from queries.flame import LEAST, MOST, Frame, flame
from queries.operations import operations
from queries.tree import NO_PARENT, Trace


def told(frames: list[Frame]) -> list[tuple[str, int, int, int, int, int]]:
    return [(f.name or f"+{f.merged}", f.level, f.left, f.value, f.own, f.count) for f in frames]


def test_spans_of_one_name_below_one_path_are_one_frame() -> None:
    found = flame(
        trace(
            span("root"),
            span("1", "root", 1, 2, name="tool", status="error"),
            span("2", "root", 4, 5, name="tool"),
            span("3", "2", 5, 3, name="fetch"),
        )
    )
    assert told(found.frames) == [
        ("root", 0, 0, 10, 3, 1),
        ("tool", 1, 0, 7, 4, 2),
        ("fetch", 2, 0, 3, 3, 1),
    ]
    assert [frame.errors for frame in found.frames] == [0, 1, 0]


def test_one_name_of_two_services_is_two_frames() -> None:
    children = (span("1", "r", 0, 3, name="get"), span("2", "r", 4, 4, name="get"))
    found = flame(trace(span("r"), children[0], children[1] | {"service_name": "bank"}))
    assert [(f.service, f.name) for f in found.frames] == [
        ("shop", "r"),
        ("shop", "get"),
        ("bank", "get"),
    ]


def test_work_done_side_by_side_adds_up() -> None:
    children = [span(str(i), "root", 1, 8, name="tool") for i in range(4)]
    found = flame(trace(span("root"), *children))
    assert found.whole == 2 + 4 * 8
    assert told(found.frames) == [("root", 0, 0, 34, 2, 1), ("tool", 1, 0, 32, 32, 4)]


def test_what_is_too_narrow_is_put_together() -> None:
    narrow = [span(f"n{i}", "root", i, 1) for i in range(50)]
    found = flame(trace(span("root", ns=100_000), span("wide", "root", 100, 90_000), *narrow))
    assert told(found.frames) == [
        ("root", 0, 0, 100_000, 9_950, 1),
        ("wide", 1, 0, 90_000, 90_000, 1),
        ("+50", 1, 90_000, 50, 50, 50),
    ]


def test_a_closer_look_shows_what_was_too_narrow() -> None:
    narrow = [span(f"n{i}", "odd", 5, 1) for i in range(5)]
    of = trace(span("root", ns=100_000), span("odd", "root", 5, 20), *narrow)
    assert [f.name for f in flame(of).frames] == ["root", ""]
    odd = of.columns["name"].index("odd")
    found = flame(of, zoom=odd)
    assert [f.name for f in found.crumbs] == ["root", "odd"]
    assert [f.name for f in found.frames] == ["odd", "n0", "n1", "n2", "n3", "n4"]
    assert found.frames[0].value == found.crumbs[-1].value == 24
    assert found.whole == 100_004


def test_any_span_of_a_frame_leads_to_it() -> None:
    of = trace(span("root"), span("1", "root", 0, 2, name="t"), span("2", "root", 3, 2, name="t"))
    assert flame(of, zoom=1) == flame(of, zoom=2)


def test_without_time_the_widths_are_numbers_of_spans() -> None:
    found = flame(trace(span("root", ns=0), *[span(str(i), "root", ns=0) for i in range(3)]))
    assert found.by_count
    assert [(f.name, f.value) for f in found.frames] == [("root", 4), ("0", 1), ("1", 1), ("2", 1)]


def test_a_drawing_holds_no_more_than_fits() -> None:
    deep = [span(str(i), str(i - 1) if i else None, i, 9_000 - i) for i in range(4_000)]
    found = flame(trace(*deep))
    assert len(found.frames) == MOST + 1
    assert (found.frames[-1].name, found.frames[-1].merged) == ("", 1)
    assert found.frames[-1].level == MOST


@given(traces())
def test_the_whole_is_all_self_time(of: Trace) -> None:
    found = flame(of)
    own = sum(ns or 0 for ns in of.self_ns)
    assert found.whole == (own if not found.by_count else len(of))
    assert sum(frame.value for frame in found.frames if frame.level == 0) == found.whole


@given(traces(), st.booleans())
def test_frames_stay_inside_the_one_above(of: Trace, zoomed: bool) -> None:
    found = flame(of, zoom=len(of) - 1 if zoomed else None)
    for frame in found.frames:
        assert frame.own <= frame.value
        if frame.level:
            above = [
                f
                for f in found.frames
                if f.level == frame.level - 1
                and f.left <= frame.left
                and frame.left + frame.value <= f.left + f.value
            ]
            assert above
    for one, next_ in pairwise(found.frames):
        if one.level == next_.level:
            assert one.left + one.value <= next_.left


@given(traces())
def test_every_frame_is_the_sum_of_its_spans(of: Trace) -> None:
    """Counted another way: each span adds its self time to every path above it."""
    found = flame(of)
    value: Counter[tuple[object, ...]] = Counter()
    count: Counter[tuple[object, ...]] = Counter()
    paths: list[tuple[object, ...]] = []
    names = operations(of)
    for index, parent in enumerate(of.parent):
        above = paths[parent] if parent != NO_PARENT else ()
        paths.append((*above, names[index]))
        count[paths[-1]] += 1
        weight = 1 if found.by_count else of.self_ns[index] or 0
        for length in range(1, len(paths[-1]) + 1):
            value[paths[-1][:length]] += weight
    least = max(LEAST * found.whole, 1)
    expected = {path: (value[path], count[path]) for path in value if value[path] >= least}
    drawn = {paths[f.span]: (f.value, f.count) for f in found.frames if not f.merged}
    assert drawn == expected
