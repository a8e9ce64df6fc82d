"""The trace page's views: what a head, a row and a forged look become."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.shell.link import Link, LinkError
from dashboards.trace import views as page
from dashboards.trace.waterfall import looks, views
from queries import waterfall
from queries.filters import EPOCH
from queries.reader import Answer, Row
from queries.tree import Trace, grow
from queries.waterfall import Activity, Fold, View

MS = 1_000_000
BEGUN = 1_700_000_000 * 10**9
BERLIN = ZoneInfo("Europe/Berlin")
TRACE = "ab" * 16


def row(
    number: str, parent: str | None = None, *, start: float = 0, ms: float | None = 10, **more: Any
) -> Row:
    texts = ("exception_type", "data_name", "data_value", "model", "operation")
    return {
        "trace_id": TRACE,
        "org_id": "acme",
        "span_id": number,
        "parent_span_id": parent,
        "name": number,
        "kind": "internal",
        "service_name": "shop",
        "status": "ok",
        **dict.fromkeys(texts),
        "input_tokens": None,
        "output_tokens": None,
        "cost_usd": None,
        "start_unix_ns": BEGUN + int(start * MS),
        "ingest_time": EPOCH,
        "duration_ns": None if ms is None else int(ms * MS),
        **more,
    }


def drawn(trace: Trace, view: View | None = None, *, clocks: bool = False) -> list[dict[str, Any]]:
    shown = waterfall.visible(trace, view or View())
    return views.rows(trace, waterfall.window(trace, shown, 0, 999), clocks=clocks)


def words(component: Any) -> str:
    """All text of a component, in order."""
    if component is None:
        return ""
    if isinstance(component, list | tuple):
        return " ".join(filter(None, map(words, component)))
    if hasattr(component, "children"):
        return words(component.children)
    return str(component)


def test_a_row_says_when_how_long_and_what_went_wrong() -> None:
    root, child = drawn(
        grow(
            [
                row("root", ms=100),
                row("pay", "root", start=20, ms=5, status="error", exception_type="Refused"),
            ]
        )
    )
    assert (root["level"], root["below"], root["open"]) == (0, 1, True)
    assert (child["level"], child["below"], child["bad"]) == (1, 0, True)
    assert child["bar"] == [20 * MS, 25 * MS]
    assert (root["duration"], root["self"]) == ("100 ms", "95.0 ms")
    assert child["note"] == "Refused"
    # the trace waits for the root, then for pay, then for the root again
    assert root["path"] == [(0, 20 * MS), (25 * MS, 100 * MS)]
    assert child["path"] == [(20 * MS, 25 * MS)]


def test_tokens_and_watched_values_stand_in_the_row() -> None:
    chat, reading = drawn(
        grow(
            [
                row("chat", model="gpt", input_tokens=1_000, output_tokens=234),
                row("reading", start=1, data_name="pressure", data_value="1.5"),
            ]
        )
    )
    assert (chat["tokens"], chat["note"]) == ("1,234", "gpt")
    assert (reading["tokens"], reading["note"]) == ("", "pressure = 1.5")


def test_a_span_without_an_end_says_so() -> None:
    (running,) = drawn(grow([row("running", ms=None)]))
    assert (running["open_ended"], running["duration"], running["self"]) == (True, "–", "–")


def test_a_group_says_how_many_and_how_long() -> None:
    leaves = [row(f"{i:02}", "root", start=i, ms=i + 1, name="read") for i in range(40)]
    _, group = drawn(grow([row("root", ms=500), *leaves]))
    assert (group["kind"], group["name"], group["count"]) == ("group", "read", "× 40")
    assert group["duration"] == "p95 38.0 ms"
    assert group["bar"] == [0, 79 * MS]
    assert len(group["pieces"]) == 40


def test_a_missing_parent_is_plainly_no_span() -> None:
    _, missing, orphan = drawn(grow([row("root"), row("lost", "00ab", start=1)]))
    assert (missing["kind"], missing["name"]) == ("missing", "missing span 00ab")
    assert missing["note"] == "1 span names it as parent"
    assert "span" not in missing
    assert orphan["mark"] == "orphan: its parent is missing"


def test_hostile_and_long_texts_stay_one_line() -> None:
    rows = drawn(grow([row("1", name="\n"), row("2", name="x" * 400_000, start=1)]))
    assert rows[0]["name"] == "␊"
    assert len(rows[1]["name"]) == views.LONGEST
    assert len(json.dumps(rows)) < 2_000


def test_ghosts_stand_where_another_clock_would_put_them() -> None:
    trace = grow(
        [
            row("call", kind="client", ms=100),
            row("work", "call", kind="server", service_name="db", start=500, ms=50),
        ]
    )
    assert ["ghost" in each for each in drawn(trace)] == [False, False]
    call, work = drawn(trace, clocks=True)
    assert "ghost" not in call
    assert work["ghost"] == [25 * MS, 75 * MS]
    told = words(views.notices(trace, View(), clocks=True))
    assert "db: -475 ms to be added, because 1 of its 1 calls" in told


def test_a_shape_follows_the_root() -> None:
    trace = grow([row("root", ms=100), row("a", "root", start=10, ms=20), row("b", "a", start=12)])
    whole = views.shape(trace, View(), waterfall.visible(trace, View()))
    assert (whole["rows"], whole["from"], whole["to"], whole["deepest"]) == (3, 0, 100 * MS, 3)
    below = views.shape(trace, View(root="a"), waterfall.visible(trace, View(root="a")))
    assert (below["rows"], below["from"], below["to"]) == (2, 10 * MS, 30 * MS)
    assert below["deepest"] == 2


def test_the_skyline_stays_in_its_box() -> None:
    (all_, errors) = views.minimap(Activity([0, 4, 1], [0, 1, 0]))
    assert all_.style["clipPath"].startswith("polygon(0% 100%, 0.00% 100.0%, 33.33% 100.0%, ")
    assert "33.33% 0.0%, 66.67% 0.0%" in all_.style["clipPath"]
    assert "33.33% 50.0%" in errors.style["clipPath"]
    assert views.minimap(Activity([], [])) == []


def test_the_head_says_what_the_trace_is() -> None:
    trace = grow(
        [
            row("root", ms=2_000, status="error"),
            row("lost", "gone", start=1),
            row("chat", "root", operation="chat", input_tokens=7, output_tokens=3, cost_usd=0.5),
        ]
    )
    link = Link(trace=TRACE, q="service:shop", tab="flame", span="root")
    head = page.head(trace, link, BERLIN)
    said = words(head)
    for fact in (
        "root",
        "shop",
        "2.00 s",
        TRACE,
        "2023-11-14 23:13:20.000",
        "UTC+01:00",
        "1 orphan",
        "$0.50",
    ):
        assert fact in said
    back = head.children[0].href
    assert back == "/traces?q=service%3Ashop"


def test_a_cut_trace_and_a_shared_id_are_told() -> None:
    cut = grow([row("root")], Answer([], truncated=True))
    assert "this trace has more" in words(page.head(cut, Link(trace=TRACE), BERLIN))
    assert page.opened(cut)["spans"] is None
    assert page.opened(grow([row("root")]))["spans"] == 1


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        (0, None),
        (-3, None),
        (1, "Gained 1 span since you opened it – show"),
        (1_200, "Gained 1,200 spans since you opened it – show"),
    ],
)
def test_what_a_trace_gained(spans: int, expected: str | None) -> None:
    assert page.gained(spans) == expected


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("", 0),
        ("5ms", 5 * MS),
        ("1.5 s", 1_500 * MS),
        ("7", 7 * MS),
        ("200us", 200_000),
        ("3µs", 3_000),
        ("2m", 120_000 * MS),
        ("9ns", 9),
    ],
)
def test_a_duration_is_read_as_people_write_it(text: str, ns: int) -> None:
    assert looks.shorter_ns(text) == ns


@pytest.mark.parametrize("text", ["five", "-3ms", "5 hours", "1e9", "٣ms", "5ms5ms"])
def test_what_is_no_duration_is_told(text: str) -> None:
    with pytest.raises(LinkError, match="is no duration"):
        looks.shorter_ns(text)


def test_a_look_survives_the_store() -> None:
    view = View(level=3, folds=(Fold("a", open=True), Fold("b", open=False, whole=True)))
    link = Link(trace=TRACE)
    stored = looks.tree_of(view, {"trace": TRACE, "grouped": True, "clocks": True}, link)
    assert looks.view_of(link, json.loads(json.dumps(stored))) == view
    assert looks.clocks(link, stored)


def test_the_store_of_another_trace_says_nothing() -> None:
    stored = {"trace": TRACE, "level": 1, "folds": [["a", False, False]], "grouped": False}
    assert looks.view_of(Link(trace="cd" * 16), stored) == View()
    assert looks.version(Link(trace="cd" * 16), {"trace": TRACE, "version": 3}) is None
    assert looks.version(Link(trace=TRACE), {"trace": TRACE, "version": 3}) == 3
    assert looks.version(Link(trace=TRACE, version="2"), {"trace": TRACE, "version": 3}) == 2


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
)


@given(level=JUNK, folds=JUNK, grouped=JUNK, opened=JUNK)
def test_a_forged_store_is_a_view_all_the_same(
    level: Any, folds: Any, grouped: Any, opened: Any
) -> None:
    trace = grow([row("root"), row("a", "root", start=1)])
    forged = {"trace": TRACE, "level": level, "folds": folds, "grouped": grouped}
    view = looks.view_of(Link(trace=TRACE), forged)
    found = waterfall.visible(trace, view)
    assert len(waterfall.window(trace, found, 0, 99)) in (1, 2)
    looks.version(Link(trace=TRACE), {"trace": TRACE, "version": opened})
