"""Comparison and cohort over the wire: what they say, and that they say nothing to a stranger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import wire
from cast import World, span
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from wire import page_with, words

SLOW, FAST, STEP, ALIEN = 7, 2, "zqstepcanary", 700
HOUR = 3600.0
UNKNOWN = f"{0xDEAD:032x}"


def run(number: int, *, slow: bool = False) -> list[Span]:
    """A run whose slow kind retries its tool thrice, fails once and calls for a human."""
    base, ago = number * 100, HOUR * (20 - number)

    def child(at: int, name: str, ms: float, **more: Any) -> Span:
        number_ = base + 1 + at
        return span(name, trace=number, number=number_, parent=base + 1, ago=ago, ms=ms, **more)

    root = span(STEP, trace=number, number=base + 1, ago=ago, ms=500 if slow else 200)
    calls = [child(1, "chat", 400 if slow else 100 + number)]
    calls += [child(2 + i, "tool", 10) for i in range(4 if slow else 1)]
    last = child(9, "page human", 50, error="Busy") if slow else child(9, "check", 20)
    return [root, *calls, last]


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    made = new_world()
    runs = [span for number in range(1, 7) for span in run(number)]
    made.send("acme", *runs, *run(SLOW, slow=True), service="zqservicecanary")
    made.send("globex", *run(ALIEN // 100 + 1), service="plant")
    return made


def place(left: int | str = FAST, right: int | str = SLOW, **more: str) -> str:
    ids = [f"{each:032x}" if isinstance(each, int) else each for each in (left, right)]
    return f"?trace={ids[0]}&other={ids[1]}" + "".join(f"&{k}={v}" for k, v in more.items())


def shown(world: World, output: str, search: str, name: str = "alice", **state: Any) -> Any:
    component, prop = output.split(".")
    page = page_with(search, "/compare", **state)
    return wire.answer(world.client(name), output, page)[component][prop]


def rows(world: World, search: str, name: str = "alice", **request: int) -> Any:
    asked = request or {"startRow": 0, "endRow": 100}
    state = {"compare_table__getRowsRequest": asked}
    return shown(world, "compare-table.getRowsResponse", search, name, **state)


def steps(world: World, search: str, name: str = "alice") -> list[tuple[str, str]]:
    return [(row["step"], row["state"]) for row in rows(world, search, name)["rowData"]]


def cohort(world: World, output: str, number: int = SLOW, name: str = "alice") -> Any:
    return shown(world, f"trace-cohort-{output}", f"?trace={number:032x}&tab=cohort", name)


# two traces


def test_the_tree_of_both_says_what_became_of_each_step(world: World) -> None:
    assert steps(world, place()) == [
        (STEP, "slower"),
        ("chat", "slower"),
        ("tool", "repeated"),
        ("check", "missing"),
        ("page human", "added"),
    ]


def test_repeats_open_by_the_link(world: World) -> None:
    (closed,) = [r for r in rows(world, place())["rowData"] if r["repeats"]]
    assert (closed["repeats"], closed["open"]) == ("× 1 → × 4", False)
    number = closed["id"].split(":")[0]
    opened = rows(world, place(select=number))["rowData"]
    assert [r["state"] for r in opened if r["step"] == "tool"] == [
        "repeated",
        "same",
        *["added"] * 3,
    ]


def test_a_filter_leaves_its_steps_below_their_ancestors(world: World) -> None:
    assert steps(world, place(only="missing")) == [(STEP, "slower"), ("check", "missing")]
    found = rows(world, place(only="missing"))["rowData"]
    assert [row["context"] for row in found] == [True, False]


def test_a_row_tells_both_sides_and_the_difference(world: World) -> None:
    chat = rows(world, place())["rowData"][1]
    assert chat["left"] == {"time": "102 ms", "errors": 0}
    assert chat["right"] == {"time": "400 ms", "errors": 0}
    assert (chat["delta"], chat["ratio"], chat["own"]) == ("+298 ms", "3.9×", "+298 ms")
    human = rows(world, place())["rowData"][4]
    assert human["left"] is None
    assert human["right"] == {"time": "50.0 ms", "errors": 1}
    assert human["bars"][0] is None


def test_a_row_knows_the_spans_that_it_opens(world: World) -> None:
    chat = rows(world, place())["rowData"][1]
    assert chat["id"] == f"1:{FAST * 100 + 2:016x}:{SLOW * 100 + 2:016x}"


def test_it_says_in_words_what_differs(world: World) -> None:
    text = words(shown(world, "compare-sentence.children", place()))
    assert "B took 2.5× as long as A: 500 ms instead of 200 ms." in text
    assert "4 added, 1 missing, 2 slower." in text
    assert "First difference:  tool  (× 1 → × 4) ." in text
    assert "Most of the difference is in  chat : +298 ms of its own ." in text


def test_swapped_it_says_the_opposite(world: World) -> None:
    text = words(shown(world, "compare-sentence.children", place(SLOW, FAST)))
    assert "B took 40.0 % of A's time" in text
    assert "1 added, 4 missing, 2 faster." in text


def test_a_trace_beside_itself_has_no_differences(world: World) -> None:
    same = place(SLOW, SLOW)
    assert "Every step happened in both" in words(shown(world, "compare-sentence.children", same))
    assert {state for _, state in steps(world, same)} == {"same"}
    places = shown(world, "compare-places.data", same)
    assert places == {"first": None, "rows": []}
    face = shown(world, "compare-face.children", place(SLOW, SLOW, only="differences"))
    assert "No step is among “differences”." in words(face)


def test_jumps_go_to_the_rows_with_a_difference(world: World) -> None:
    assert shown(world, "compare-places.data", place()) == {"first": 2, "rows": [0, 1, 2, 3, 4]}


def test_filters_count_their_steps(world: World) -> None:
    options = shown(world, "compare-only.options", place())
    assert [option["label"] for option in options] == [
        "All 8",
        "Differences 7",
        "Slower 2",
        "Faster 0",
        "Added 4",
        "Missing 1",
    ]


def test_the_page_holds_a_window_however_much_is_asked_for(world: World) -> None:
    wide = [span("root", trace=50, number=5000, ms=10)]
    wide += [span(f"s{i}", trace=50, number=5001 + i, parent=5000, ms=1) for i in range(900)]
    world.send("acme", *wide)
    answer = rows(world, place(50, 50), startRow=0, endRow=100_000)
    assert (len(answer["rowData"]), answer["rowCount"]) == (100, 901)
    last = rows(world, place(50, 50), startRow=900, endRow=1_000)
    assert [row["step"] for row in last["rowData"]] == ["s899"]


@pytest.mark.parametrize("request_", [{"startRow": -5}, {"startRow": "x"}, {}, None])
def test_a_forged_window_is_the_first(world: World, request_: Any) -> None:
    state = {"compare_table__getRowsRequest": request_}
    answer = shown(world, "compare-table.getRowsResponse", place(), **state)
    assert len(answer["rowData"]) == (0 if request_ is None else 5)


def test_runs_of_the_same_operation_are_suggested(world: World) -> None:
    text = words(shown(world, "compare-suggestions.children", place()))
    assert f"Compare A with one of 6 other runs of {STEP}:" in text
    assert "fastest" in text
    assert "latest with errors" not in text


def test_without_a_second_trace_it_says_what_to_do(world: World) -> None:
    alone = f"?trace={FAST:032x}"
    face = words(shown(world, "compare-face.children", alone))
    assert "There is nothing to compare this trace with yet." in face
    assert STEP in words(shown(world, "compare-left-head.children", alone))
    assert "slowest" in words(shown(world, "compare-suggestions.children", alone))
    assert "Choose two traces." in words(shown(world, "compare-face.children", ""))


# one trace and its cohort


def test_it_says_how_the_run_stands(world: World) -> None:
    text = words(cohort(world, "sentence.children"))
    assert f"This run was slower than all 6 runs of {STEP} in the 7 days before it." in text
    assert "1 step was unusually slow" in text
    assert "1 was skipped that most runs have" in text
    assert "1 was repeated more often than usual" in text
    assert "1 is new" in text


def test_steps_are_ranked_by_how_unusual_and_how_long(world: World) -> None:
    table = cohort(world, "table.rowData")
    verdicts = {row["step"]: row["verdict"] for row in table}
    assert table[0]["step"] == "chat"
    assert verdicts["chat"] == "slower than 100 %"
    assert verdicts["tool"] == "4 times, usually 1"
    assert verdicts["check"] == "skipped: 100.0 % of runs have it"
    assert verdicts["page human"] == "new: no other run has it"
    assert table[0]["id"] == f"0:{SLOW * 100 + 2:016x}"


def test_the_chart_holds_every_run_and_marks_this_one(world: World) -> None:
    figure = cohort(world, "chart.figure")
    assert sum(figure["data"][0]["y"]) == 6
    assert figure["layout"]["annotations"][0]["text"] == "this run"


def test_the_cohort_leads_to_comparisons(world: World) -> None:
    links = cohort(world, "links.children")
    hrefs = [part["props"]["href"] for part in links if "href" in part["props"]]
    assert f"/compare?trace={SLOW - 1:032x}&other={SLOW:032x}" in hrefs
    assert all(href.startswith("/compare?trace=") for href in hrefs)


def test_a_run_without_a_cohort_says_what_to_do(world: World) -> None:
    face = words(cohort(world, "face.children", 1))
    assert f"No other run of {STEP} in the 7 days before this one." in face
    assert "Choose more days" in face


def test_other_tabs_do_not_wait_for_it(world: World) -> None:
    answer = wire.answer(
        world.client("alice"), "trace-cohort-table.rowData", page_with(f"?trace={SLOW:032x}")
    )
    assert answer == {}


# whose data


@pytest.mark.parametrize("org", ["", "&org=acme", "&org=globex"])
def test_charlie_sees_nothing_of_acme(world: World, org: str) -> None:
    for ids in (place(), place(ALIEN // 100 + 1, SLOW), place(SLOW, ALIEN // 100 + 1)):
        for output in (
            "compare-left-head.children",
            "compare-suggestions.children",
            "compare-places.data",
            "compare-table.getRowsResponse",
        ):
            page = page_with(ids + org, "/compare")
            text = str(wire.answer(world.client("charlie"), output, page))
            assert "zqservicecanary" not in text, output
            assert "human" not in text, output


def test_a_foreign_trace_reads_like_one_that_does_not_exist(world: World) -> None:
    mine = ALIEN // 100 + 1
    heads = [
        shown(world, "compare-right-head.children", place(mine, other), "charlie")
        for other in (SLOW, UNKNOWN)
    ]
    assert words(heads[0]) == words(heads[1])
    assert "There is no such trace in this organisation." in words(heads[0])
    left = shown(world, "compare-left-head.children", place(mine, SLOW), "charlie")
    assert "plant" in words(left)


def test_charlies_cohort_is_his_own(world: World) -> None:
    mine = ALIEN // 100 + 1
    assert "No other run of" in words(cohort(world, "face.children", mine, "charlie"))
    foreign = words(cohort(world, "face.children", SLOW, "charlie"))
    assert "There is no such trace in this organisation." in foreign
