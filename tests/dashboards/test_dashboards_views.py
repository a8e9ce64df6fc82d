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

from dashboards.alerts import views as alerts
from dashboards.code import views as code
from dashboards.overview import views as overview
from dashboards.parts import cards, charts, faces, tables
from dashboards.rooms import ROOMS
from dashboards.shell.layout import frame
from dashboards.shell.link import Link
from dashboards.traces.grid import views as traces
from queries.filters import TimeRange
from queries.overview import Activity
from queries.reader import Answer, Row

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = TimeRange(NOW - timedelta(hours=1), NOW)
NOTHING = Answer([], as_of=NOW)


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


def activity(**groups: tuple[int, int]) -> Activity:
    """Four quarters of an hour; the spans of all groups lie in the last."""
    spans, errors = (sum(each[i] for each in groups.values()) for i in (0, 1))
    step = timedelta(minutes=15)
    return Activity(
        step=step,
        buckets=[HOUR.since + step * i for i in range(4)],
        spans=[0, 0, 0, spans],
        errors=[0, 0, 0, errors],
        groups=dict(sorted(groups.items(), key=lambda item: -item[1][0])),
        answer=NOTHING,
    )


# empty states: what it means, and what to do next


@pytest.mark.parametrize(
    ("face", "sentence", "hint"),
    [
        (
            overview.cards({"spans": 0, "errors": 0}, activity(), HOUR, NOW),
            "No spans in this time range.",
            "send telemetry to /v1/traces",
        ),
        (overview.activity(activity(), UTC_ZONE)[2], "Nothing ran in this time range.", ""),
        (overview.groups(activity(), Link())[1], "No process groups in this time range.", ""),
        (overview.errors(NOTHING, Link(), UTC_ZONE, many=False), "No errors in this time", "well"),
        (overview.models(NOTHING), "No model was called in this time range.", ""),
        (overview.orgs(NOTHING, Link(), NOW), "No organisation sent anything in this time", ""),
        (traces.nothing(Link()), "No spans in this time range.", "Choose a longer range"),
        (traces.nothing(Link(q="x")), "Nothing matches these filters.", "Remove a filter"),
        (traces.nothing(Link(mode="watched")), "No watched variable was read", "aeos.data."),
        (traces.nothing(Link(after="x")), "There are no rows on this page.", "newest"),
        (code.nothing(NOTHING, Link()), "No functions ran in this time range.", "longer range"),
        (code.nothing(NOTHING, Link(function="x")), "No function has this in its", "Shorten"),
        (alerts.nothing(NOTHING), "No variable is stuck.", ""),
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


# overview

TOTALS = {
    "spans": 1_200,
    "errors": 60,
    "traces": 90,
    "agents": 4,
    "quantiles_ns": [1_500_000, 2_000_000_000, 61_000_000_000],
    "newest": NOW - timedelta(seconds=90),
}


def test_the_cards_show_the_numbers_given() -> None:
    shown = [text(card) for card in overview.cards(TOTALS, activity(a=(1_200, 60)), HOUR, NOW)]
    assert shown == [
        "Error rate 5.00 % 60 of 1,200 spans",
        "Throughput 20 / min 1.5 traces / min",
        "Latency p95 2.00 s p50 1.50 ms · p99 1 min 01 s",
        "Active agents 4 90 traces · newest 1 min ago",
    ]


@pytest.mark.parametrize(("errors", "alarming"), [(0, False), (59, False), (60, True)])
def test_five_percent_of_errors_are_an_alarm(errors: int, alarming: bool) -> None:
    totals = {**TOTALS, "errors": errors}
    card, *_ = plain(overview.cards(totals, activity(a=(1_200, errors)), HOUR, NOW))
    assert ("card-alarm" in card["props"]["className"]) == alarming


def test_durations_that_nobody_knows_are_a_dash() -> None:
    totals = {**TOTALS, "quantiles_ns": None}
    *_, latency, _ = overview.cards(totals, activity(a=(1, 0)), HOUR, NOW)
    assert text(latency) == "Latency p95 – p50 – · p99 –"


def test_the_legend_tells_groups_with_their_share_of_errors_and_the_rest() -> None:
    groups = {f"g{i}": (100 - i, 5 if i == 0 else 0) for i in range(10)}
    figure, legend = overview.groups(activity(**groups), Link(org="acme", q="old"))
    panel = plain(legend)
    assert "g0 100 5.00 % errors" in words(panel)
    assert "+3 more 276" in words(panel)
    assert "g7" not in words(panel)
    assert sum(figure["data"][0]["values"]) == sum(spans for spans, _ in groups.values())
    links = [part["props"]["href"] for part in parts(panel) if part["type"] == "Link"]
    assert links[0] == "/traces?org=acme&q=group%3Dg0"
    assert len(links) == overview.SHOWN_GROUPS


def test_a_group_called_others_is_not_the_others() -> None:
    groups = {"others": (1_000, 0)} | {f"g{i}": (100 - i, 0) for i in range(10)}
    figure, _ = overview.groups(activity(**groups), Link())
    assert sum(figure["data"][0]["values"]) == sum(spans for spans, _ in groups.values())


def test_the_last_errors_lead_to_their_span() -> None:
    row = {
        "start_time": NOW,
        "org_id": "acme",
        "trace_id": "ab" * 16,
        "span_id": "cd" * 8,
        "name": "pay\n<b>",
        "service_name": "till",
        "exception_type": None,
        "message": "m" * 500,
    }
    panel = plain(overview.errors(Answer([row]), Link(), BERLIN, many=True))
    assert "Europe/Berlin (UTC+02:00)" in words(panel)
    assert "2026-06-01 14:00:00.000 acme pay <b> till Error mmm" in words(panel)
    assert "m" * 140 not in words(panel)
    (there,) = [part["props"]["href"] for part in parts(panel) if part["type"] == "Link"]
    assert there == f"/trace?org=acme&trace={'ab' * 16}&span={'cd' * 8}"
    alone = text(overview.errors(Answer([row]), Link(), BERLIN, many=False))
    assert "acme" not in alone


def model(**more: Any) -> Row:
    row = {"model": "m", "calls": 3, "input_tokens": 1_500, "output_tokens": None}
    return {**row, "cost_usd": 0.0042, **more}


def test_models_show_tokens_and_cost_and_how_many_are_left_out() -> None:
    assert "m 3 1,500 – $0.0042" in text(overview.models(Answer([model()])))
    assert "calls of models only" in text(overview.models(Answer([model()] * 10)))
    assert "+2 more" in text(overview.models(Answer([model()] * 12)))


def test_orgs_lead_into_themselves() -> None:
    row = {"org_id": "acme", "spans": 200, "errors": 20, "p95_ns": 5e6, "newest": NOW}
    panel = plain(overview.orgs(Answer([row]), Link(range="1h", q="x"), NOW))
    assert "acme 10.0 % 20 200 5.00 ms 0 s ago" in words(panel)
    assert "/?org=acme&range=1h" in json.dumps(panel)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (1, "1 second"),
        (30, "30 seconds"),
        (60, "1 minute"),
        (900, "15 minutes"),
        (3600, "1 hour"),
        (43_200, "12 hours"),
        (86_400, "1 day"),
        (432_000, "5 days"),
    ],
)
def test_a_bar_says_how_long_it_is(step: int, words: str) -> None:
    shown = activity(a=(1, 0))
    longer = Activity(**{**shown.__dict__, "step": timedelta(seconds=step)})
    assert f"one bar is {words} · UTC" in overview.activity(longer, UTC_ZONE)[1]


# code inspector


def function_row(**more: Any) -> Row:
    row = {"service_name": "till", "function": "pay", "named": True, "file": "a.py", "line": 7}
    row |= {"calls": 1_000, "errors": 1, "quantiles_ns": [1e6, 2e6, 3e6], "newest": NOW}
    return {**row, **more}


def test_a_function_shows_its_numbers_and_sorts_by_them() -> None:
    (row,) = code.rows(Answer([function_row()]), UTC_ZONE)
    assert (row["process"], row["service"], row["place"]) == ("pay", "till", "a.py:7")
    assert (row["calls"], row["calls_text"]) == (1_000, "1,000")
    assert (row["errors"], row["errors_text"]) == (0.001, "0.10 %")
    assert (row["p95"], row["p95_text"]) == (2e6, "2.00 ms")
    (row,) = code.rows(Answer([function_row(errors=0, quantiles_ns=None)]), UTC_ZONE)
    assert (row["errors_text"], row["p50"], row["p50_text"]) == ("0", None, "–")


@pytest.mark.parametrize(
    ("says", "place"),
    [
        ({"line": None}, "a.py"),
        ({"file": None}, ""),
        ({"file": None, "named": False}, "operation"),
    ],
)
def test_a_function_says_where_it_lives(says: Row, place: str) -> None:
    (row,) = code.rows(Answer([function_row(**says)]), UTC_ZONE)
    assert row["place"] == place


def test_functions_have_different_ids_whatever_their_names() -> None:
    names = [("a", "b\nc"), ("a\nb", "c"), ("a", "x" * 600 + "1"), ("a", "x" * 600 + "2")]
    answer = Answer([function_row(service_name=s, function=f) for s, f in names])
    rows = code.rows(answer, UTC_ZONE)
    assert len({row["id"] for row in rows}) == len(names)
    assert rows[0]["id"].split("\n")[1] == "b"
    assert max(len(row["id"]) for row in rows) < 600


@pytest.mark.parametrize(
    ("number", "truncated", "said"),
    [
        (0, False, "0 functions, as of"),
        (1, False, "1 function, as of"),
        (1_000, False, "1,000 functions, as of"),
        (1_001, False, "the busiest 1,000 of 1,001 functions, as of"),
        (1_001, True, "the busiest 1,000 of more than 1,001 functions, as of"),
    ],
)
def test_a_long_list_of_functions_is_cut_and_says_so(
    number: int, truncated: bool, said: str
) -> None:
    answer = Answer([function_row()] * number, truncated=truncated, as_of=NOW)
    assert code.summary(answer, UTC_ZONE).startswith(said)
    assert len(code.rows(answer, UTC_ZONE)) == min(number, code.SHOWN)


# alerts


def run(**more: Any) -> Row:
    row = {"org_id": "acme", "source": "span", "service_name": "till", "process": "watch"}
    row |= {"data_name": "level", "data_value": "1.5", "readings": 1_200, "lasting": True}
    row |= {"since": NOW - timedelta(hours=2), "until": NOW, "trace_id": "ab", "span_id": "cd"}
    return {**row, **more}


def test_a_stuck_variable_says_since_when_and_how_often() -> None:
    first, second = alerts.rows(Answer([run(), run(source="gauge", trace_id=None)]), UTC_ZONE)
    assert (first["data"], first["value"]) == ("level", "1.5")
    assert (first["readings"], first["readings_text"]) == (1_200, "1,200 ×")
    assert (first["lasted"], first["lasted_text"]) == (7_200, "2 h 00 min")
    assert (first["since"], first["until"]) == (
        "2026-06-01 10:00:00",
        "2026-06-01 12:00:00",
    )
    assert second["data"] == "level (gauge)"
    assert first["id"] != second["id"]


def test_one_that_moved_on_is_not_stuck_now() -> None:
    answer = Answer([run(), run(lasting=False)], as_of=NOW)
    stuck, moved = alerts.rows(answer, UTC_ZONE)
    assert stuck["state"] != moved["state"]
    assert alerts.summary(answer, UTC_ZONE) == (
        "1 stuck now, 2 in this time range, as of 12:00:00 UTC"
    )
    many = Answer([run()] * 1_500, truncated=True)
    assert "1,500 stuck now, the newest 1,000 of more than 1,500 in" in alerts.summary(
        many, UTC_ZONE
    )
    assert alerts.nothing(answer) is None


# charts


def figures() -> list[charts.Figure]:
    shown = activity(a=(5, 2), b=(3, 0))
    return [
        charts.activity(shown.buckets, shown.spans, shown.errors, BERLIN),
        charts.donut([("a", 5), ("<b>", 3)]),
    ]


@pytest.mark.parametrize("figure", figures())
def test_a_figure_is_plain_json(figure: charts.Figure) -> None:
    """Arrays of numpy would travel as base64, and not survive a patch."""
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure


def test_bars_stand_in_the_readers_zone_and_add_up() -> None:
    figure, _ = figures()
    failed, well = figure["data"]
    assert (
        failed["x"]
        == well["x"]
        == [f"2026-06-01 {t}:00" for t in ("13:00", "13:15", "13:30", "13:45")]
    )
    assert [a + b for a, b in zip(failed["y"], well["y"], strict=True)] == [0, 0, 0, 8]


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
