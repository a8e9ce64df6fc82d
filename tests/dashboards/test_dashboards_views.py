"""Views: rows in, components out; the numbers are those given, and nothing is ever a blank."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from dash.development.base_component import Component
from hypothesis import given
from hypothesis import strategies as st
from plotly.utils import PlotlyJSONEncoder
from wire import words

from dashboards.code import views as code
from dashboards.overview.chart import views as overview
from dashboards.parts import cards, charts, faces, tables
from dashboards.rooms import ROOMS
from dashboards.shell.layout import frame
from dashboards.shell.link import Link
from dashboards.traces.grid import views as traces
from queries.buckets import buckets
from queries.code import Own
from queries.filters import TimeRange
from queries.overview import Course
from queries.reader import Answer

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = TimeRange(NOW - timedelta(hours=1), NOW)
NOTHING = Answer([], as_of=NOW)
NO_FUNCTIONS = code.Listed(NOTHING, None, Own({}, HOUR, True), HOUR, UTC_ZONE)


def plain(component: Any) -> Any:
    """The component as it goes over the wire."""
    return json.loads(json.dumps(component, cls=PlotlyJSONEncoder))


def text(component: Any) -> str:
    return words(plain(component))


def parts(component: Any) -> Iterator[dict[str, Any]]:
    """Every component below one, itself included."""
    if isinstance(component, list):
        for each in component:
            yield from parts(each)
    elif isinstance(component, dict) and "props" in component:
        yield component
        yield from parts(component["props"].get("children"))


# empty states: what it means, and what to do next


@pytest.mark.parametrize(
    ("face", "sentence", "hint"),
    [
        (traces.nothing(Link()), "No spans in this time range.", "Choose a longer range"),
        (traces.nothing(Link(q="x")), "Nothing matches these filters.", "Remove a filter"),
        (traces.nothing(Link(mode="watched")), "No watched variable was read", "aeos.data."),
        (traces.nothing(Link(after="x")), "There are no rows on this page.", "newest"),
        (code.nothing(NO_FUNCTIONS, Link()), "No functions ran in this", "longer range"),
        (code.nothing(NO_FUNCTIONS, Link(find="x")), "No function has this in its", "Shorten"),
    ],
)
def test_an_empty_panel_says_what_it_means(face: Any, sentence: str, hint: str) -> None:
    said = text(face)
    assert sentence in said
    assert hint in said


def test_a_failed_panel_is_announced() -> None:
    face = plain(faces.failed("Try a shorter range."))
    assert face["props"]["role"] == "alert"
    assert words(face) == "This panel has no answer. Try a shorter range."


# charts


def course() -> Course:
    """An hour in quarters; all spans lie in the last."""
    return Course(
        buckets(HOUR),
        *([0] * 59 + [n] for n in (8, 2, 1, 1)),
        quantiles_ns=[None] * 59 + [[1e6, 2e6, 3e6]],
        answer=NOTHING,
    )


def figures() -> list[charts.Figure]:
    release = {"service_name": "<b>", "service_version": "1", "code_revision": None, "first": NOW}
    kinds = ("rate", "errors", "duration")
    return [
        *(overview.chart(kind, course(), [release], BERLIN, "here") for kind in kinds),
        charts.donut([("a", 5), ("<b>", 3)]),
    ]


@pytest.mark.parametrize("figure", figures())
def test_a_figure_is_plain_json(figure: charts.Figure) -> None:
    """Arrays of numpy would travel as base64, and not survive a patch."""
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure


def test_bars_stand_in_the_readers_zone_and_add_up() -> None:
    figure = figures()[0]
    failed, well = figure["data"]
    assert failed["x"] == well["x"]
    assert (sum(failed["y"]), sum(well["y"])) == (2, 6)
    assert failed["customdata"][-1] == "2026-06-01 13:59 – 14:00"
    assert figure["layout"]["annotations"][0]["hovertext"] == "&lt;b&gt; 1"


def graphs(component: Component) -> list[dict[str, Any]]:
    return [part["props"] for part in parts(plain(component)) if part["type"] == "Graph"]


def test_no_chart_can_be_sent_anywhere() -> None:
    pages = [frame(None), *(room() for room in ROOMS.values())]
    found = [graph for page in pages for graph in graphs(page)]
    assert len(found) >= 2
    for graph in found:
        assert graph["config"]["showSendToCloud"] is False
        assert graph["config"]["plotlyServerURL"] == ""


@given(st.lists(st.floats(0, 1e15), max_size=60))
def test_a_sparkline_stays_in_its_box(values: list[float]) -> None:
    style = plain(cards.sparkline(values, "course"))["props"]["style"]["maskImage"]
    svg = unquote(style)
    line = svg.split('<polyline points="')[1].split('"')[0]
    for point in line.split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 100
        assert 0 <= y <= 30
    assert line.count(",") == len(values)


def test_a_grid_runs_no_text_as_code() -> None:
    grid = plain(tables.grid("g", [tables.number("n", "N", "words")], row_id="id"))["props"]
    assert grid["dangerously_allow_code"] is False
    assert grid["getRowId"] == "params.data.id"
    assert text(tables.plain(["A"], [["x"], ["<b>"]])) == "A x <b>"
