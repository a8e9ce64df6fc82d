"""The staleness board on the page: its rows, one variable in detail, and whose they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import wire
from cast import World, request_of, span
from plotly.io.json import to_json_plotly
from wire import page_with, words

from access.clock import utc_now
from alerts import store
from alerts.freshness import Board, Variable
from alerts.rules import Rule, Staleness
from dashboards.alerts.variables import course, detail, views
from dashboards.alerts.variables.chosen import Chosen
from dashboards.shell.link import Link, LinkError
from queries.filters import TimeRange

UTC_ZONE = ZoneInfo("UTC")
TEN = datetime(2026, 6, 1, 10, tzinfo=UTC)
SECTION = "?section=variables&range=1h"
HOSTILE = '<img src=x onerror="hacked()">'


def variable(**more: Any) -> Variable:
    known: dict[str, Any] = {
        "org": "acme",
        "service": "till",
        "process": "read",
        "data": "level",
        "series": "",
        "value": "7",
        "run_length": 245,
        "since": TEN - timedelta(minutes=41),
        "cadence": timedelta(seconds=10),
        "last_reading": TEN - timedelta(seconds=5),
        "last_change": TEN - timedelta(minutes=41),
        "lag": timedelta(milliseconds=900),
        "readings": 300,
        "trace_id": "ab" * 16,
        "span_id": "cd" * 8,
        "kinds": ("frozen",),
    }
    return Variable(**{**known, **more})


def said(component: Any) -> str:
    """The words of a component that did not go over the wire."""
    return words(json.loads(to_json_plotly(component)))


# views


def test_a_row_says_how_often_since_when_and_how_it_usually_comes() -> None:
    (row,) = views.rows([variable()], {}, TEN, UTC_ZONE)
    assert (row["kinds"], row["value"], row["run_text"]) == (["frozen"], "7", "245 ×")
    assert (row["lasted_text"], row["cadence_text"]) == ("40 min 55 s", "10.0 s")
    assert (row["silence_text"], row["changed"]) == ("5 s ago", "2026-06-01 09:19:00")
    assert (row["lag_text"], row["alert"]) == ("900 ms", "no rule")


def test_what_never_came_says_never_and_has_no_times() -> None:
    empty = dict.fromkeys(("value", "since", "cadence", "last_reading", "last_change", "lag"))
    ghost = variable(org="", service="", run_length=0, kinds=("silent",), **empty)
    (row,) = views.rows([ghost], {}, TEN, UTC_ZONE)
    assert (row["silence_text"], row["value"], row["run_text"]) == ("never", "–", "–")
    assert detail.troubles(ghost, TEN, UTC_ZONE) == [
        "Silent: a rule expects it, and it never came in this time range."
    ]


def test_trouble_comes_first_and_then_the_names_in_order() -> None:
    board = [
        variable(data="b", kinds=()),
        variable(data="z", kinds=("lagging",)),
        variable(data="a", kinds=()),
        variable(data="y", kinds=("silent", "frozen")),
    ]
    assert [each.data for each in views.chosen(board, Link())] == ["y", "z", "a", "b"]
    assert [each.data for each in views.chosen(board, Link(kind="frozen"))] == ["y"]
    assert [each.data for each in views.chosen(board, Link(kind="fresh"))] == ["a", "b"]
    assert [each.data for each in views.chosen(board, Link(find="LEVEL"))] == []
    assert [each.data for each in views.chosen(board, Link(find="till"))] == ["y", "z", "a", "b"]


def test_the_board_says_what_was_cut() -> None:
    whole = views.summary(Board([variable()], 1), 1, TEN, UTC_ZONE)
    assert whole == "1 variable read in this time range, as of 10:00:00 UTC"
    cut = views.summary(Board([variable()] * 2, 5_312), 2, TEN, UTC_ZONE)
    assert "(the 2 read last of 5,312)" in cut


@pytest.mark.parametrize(
    ("board", "link", "sentence"),
    [
        (Board([], 0), Link(), "No watched variable was read in this time range."),
        (Board([variable()], 1), Link(find="x"), "No variable here has this in its name."),
        (Board([variable()], 1), Link(kind="lagging"), "No variable is lagging."),
        (Board([variable()], 1), Link(kind="odd"), "There is no such kind."),
    ],
)
def test_an_empty_board_says_what_it_means(board: Board, link: Link, sentence: str) -> None:
    face = views.nothing(board, 0, link)
    assert face is not None
    assert sentence in said(face)


def test_attributes_of_a_metric_are_told_by_their_values() -> None:
    assert views.series("""{a.b='"DAMN"', c='"etl, x"'}""") == "DAMN, etl, x"
    assert views.series("odd") == "odd"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '["a","b","c"]', '["a","b","c",1]', '"x"', "[" * 9_000]
)
def test_a_link_that_names_no_variable_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(LinkError, match="Choose one from the list"):
        Chosen.parse(text)


def test_a_variable_comes_back_from_its_link() -> None:
    names = Chosen("til'l", 'a/"b"', "ü", "{x=1}")
    assert Chosen.parse(Link.parse(Link(variable=str(names)).search).variable) == names


def test_the_spans_of_a_run_are_sought_in_its_exact_window() -> None:
    since, until = TEN - timedelta(minutes=41), TEN - timedelta(seconds=5)
    names, link = Chosen("till", "read", "le vel"), Link(org="acme", find="x")
    address = detail.spans(names, since, until, link)
    link = Link.parse(address.partition("?")[2])
    assert address.startswith("/traces?")
    assert (link.since, link.until) == ("2026-06-01T09:19:00Z", "2026-06-01T09:59:56Z")
    assert link.q == 'service=till name=read data="le vel"'
    assert (link.org, link.find) == ("acme", "")


# the course of readings


def readings(*values: str | None) -> list[dict[str, Any]]:
    """Newest first, a minute apart, as the question gives them."""
    found = [
        {"data_value": value, "quoted": False, "time": TEN + timedelta(minutes=i)}
        for i, value in enumerate(values)
    ]
    return found[::-1]


def test_equal_readings_in_a_row_are_one_run() -> None:
    runs = course.runs(readings("1", "2", "2", "2", None, "2"))
    assert [(run.value, run.readings) for run in runs] == [("1", 1), ("2", 3), (None, 1), ("2", 1)]
    assert (runs[1].since, runs[1].until) == (
        TEN + timedelta(minutes=1),
        TEN + timedelta(minutes=3),
    )


def test_only_runs_of_more_than_five_are_too_long() -> None:
    runs = course.runs(readings(*"1" * 5, *"2" * 6, *[None] * 7, "3"))
    assert [(run.value, run.readings) for run in course.repeats(runs)] == [("2", 6)]


def test_the_chart_draws_steps_and_marks_what_repeats() -> None:
    range_ = TimeRange(TEN, TEN + timedelta(hours=1))
    figure = course.figure(course.runs(readings("1", *"2" * 6, None, "3.5")), range_, UTC_ZONE, "x")
    (line,) = figure["data"]
    assert line["y"] == [1.0, 1.0, 2.0, 2.0, None, None, 3.5, 3.5]
    assert len(line["x"]) == len(line["y"])
    (ground,) = figure["layout"]["shapes"]
    assert ground["x1"] - ground["x0"] == 5 * 60_000
    assert "6 × in a row" in line["customdata"][2]


def test_texts_stand_beside_the_axis_and_are_no_markup() -> None:
    range_ = TimeRange(TEN, TEN + timedelta(hours=1))
    figure = course.figure(course.runs(readings("on", HOSTILE, "on")), range_, UTC_ZONE, "x")
    assert figure["data"][0]["y"] == [0, 0, 1, 1, 0, 0]
    assert "<img" not in str(figure)


# over the wire


@pytest.fixture(scope="module")
def plant(new_world: Callable[..., World]) -> World:
    """Acme's press is stuck, its oven moves; charlie's org has a turbine."""
    world = new_world()
    spans = [
        span("press", number=i + 1, ago=100 - i, **{"aeos.data.force": 7 if i else 1})
        for i in range(9)
    ]
    spans += [
        span("oven", number=i + 50, ago=100 - i, **{"aeos.data.heat": i, "aeos.data.note": HOSTILE})
        for i in range(4)
    ]
    assert world.post("acme", request_of(*spans, service="hall")).status_code == 200
    world.send("globex", span("spin", ago=20, **{"aeos.data.speed": 3}), service="turbine")
    condition = Staleness(kind="silent", roster=("oven/ghost",))
    with world.app.records.session() as session:
        store.plant(session, "acme", [Rule(name="roster", condition=condition)], utc_now())
    return world


def board(world: World, who: str, search: str = SECTION) -> dict[str, Any]:
    shown = wire.answer(world.client(who), "alerts-variables-rows.data", page_with(search))
    rows = shown["alerts-variables-rows"]["data"]["rows"]
    return {row["data"]: row for row in rows} | {"face": shown["alerts-variables-face"]}


def test_the_board_tells_stuck_moving_and_missing_apart(plant: World) -> None:
    found = board(plant, "alice")
    assert "frozen" in found["force"]["kinds"]
    assert found["force"]["run"] == 8
    assert "frozen" not in found["heat"]["kinds"]
    assert (found["ghost"]["state"], found["ghost"]["process"]) == ("silent", "oven")
    assert found["note"]["value"] == HOSTILE


def detail_of(world: World, who: str, names: Chosen) -> str:
    search = Link(section="variables", range="1h", variable=str(names)).search
    shown = wire.answer(world.client(who), "alerts-variables-head.children", page_with(search))
    return " ".join(words(shown[place].get("children")) for place in sorted(shown))


def test_one_variable_says_what_is_wrong_and_shows_the_run(plant: World) -> None:
    said = detail_of(plant, "alice", Chosen("hall", "press", "force"))
    assert "Frozen: 7 came 8 times in a row since" in said
    assert "9 readings" in said
    assert "Same value too often" in said


@pytest.mark.parametrize(("who", "offered"), [("alice", True), ("bob", False)])
def test_only_who_may_silence_is_offered_it(plant: World, who: str, offered: bool) -> None:
    assert (" Silence " in detail_of(plant, who, Chosen("hall", "press", "force"))) == offered


def test_charlie_sees_his_turbine_and_nothing_of_acme(plant: World) -> None:
    found = board(plant, "charlie")
    assert set(found) == {"speed", "face"}
    said = detail_of(plant, "charlie", Chosen("hall", "press", "force"))
    assert "Nothing of it was read in this time range." in said
    assert "readings 7" not in said
    assert "0 readings" in said
    elsewhere = board(plant, "charlie", f"{SECTION}&org=acme")
    assert set(elsewhere) == {"face"}
    assert "nothing you may see" in words(elsewhere["face"]["children"])


def test_staff_see_each_org_beside_its_rows(plant: World) -> None:
    found = board(plant, "sam")
    assert {found["force"]["org"], found["speed"]["org"]} == {"acme", "globex"}
    assert found["force"]["id"].startswith("acme:[")


def test_nothing_is_asked_while_another_section_is_open(plant: World) -> None:
    page = page_with("?section=rules&range=1h")
    assert wire.answer(plant.client("alice"), "alerts-variables-rows.data", page) == {}
