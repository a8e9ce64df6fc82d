"""What stands around the list: charts, facets, the quiet line and the difference, as components."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from dash.development.base_component import Component
from plotly.utils import PlotlyJSONEncoder

from dashboards.shell.link import Link
from dashboards.traces.charts import views as charts
from dashboards.traces.charts.callbacks import zoom
from dashboards.traces.difference import views as difference_views
from dashboards.traces.residue import views as residue
from dashboards.traces.sidebar import views as sidebar
from queries import choices, explore
from queries.difference import Category, Difference, Key, Sides
from queries.explore import LEVELS, Cell, Counted, Facet, Heatmap, Histogram, Residue, Total
from queries.filters import TimeRange
from queries.reader import Answer

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")
ANSWER = Answer([], files=4, as_of=datetime(2026, 3, 1, 13, 3, 22, tzinfo=UTC))
HOSTILE = '<img src=x onerror="alert(1)">\n"; drop table spans --'


def cut(since: datetime, hours: float, zone: ZoneInfo = UTC_ZONE) -> explore.Buckets:
    ahead = since.astimezone(zone).utcoffset() or timedelta()
    return explore.buckets(TimeRange(since, since + timedelta(hours=hours)), ahead)


def texts(component: Any) -> str:
    if isinstance(component, str):
        return component
    if isinstance(component, list | tuple):
        return " ".join(filter(None, map(texts, component)))
    return texts(getattr(component, "children", None)) if component is not None else ""


def links(component: Any) -> list[Component]:
    if isinstance(component, list | tuple):
        return [link for part in component for link in links(part)]
    if not isinstance(component, Component):
        return []
    own = [component] if hasattr(component, "href") else []
    return own + links(getattr(component, "children", None))


def search_of(link: Any) -> str:
    address = urlsplit(link.href)
    assert address.path == "/traces"
    assert not address.netloc
    return parse_qs(address.query).get("q", [""])[0]


# charts


def bars(since: datetime, hours: float, zone: ZoneInfo) -> dict[str, Any]:
    buckets = cut(since, hours, zone)
    spans = list(range(1, len(buckets) + 1))
    found = Histogram(buckets, spans, [1] * len(buckets), ANSWER)
    return charts.chart(found, zone, "here")


def test_the_hour_that_a_clock_shows_twice_has_two_bars() -> None:
    since = datetime(2026, 10, 24, 22, tzinfo=UTC)
    figure = bars(since, 6, BERLIN)
    edges = figure["layout"]["meta"]["edges"]
    widths = [b - a for a, b in pairwise(edges)]
    assert set(widths) == {15 * 60_000}
    words = figure["data"][0]["customdata"]
    assert words.count("2026-10-25 02:00 – 02:15") == 2
    assert figure["data"][0]["x"] == sorted(set(figure["data"][0]["x"]))


def test_times_stand_at_round_hours_of_the_zone() -> None:
    figure = bars(datetime(2026, 3, 28, 10, 17, tzinfo=UTC), 24, BERLIN)
    axis = figure["layout"]["xaxis"]
    assert "Mar 29" in axis["ticktext"]
    assert len(axis["ticktext"]) >= 7
    for place, word in zip(axis["tickvals"], axis["ticktext"], strict=True):
        local = datetime.fromtimestamp(place / 1000, BERLIN)
        assert word == (
            f"{local:%b} {local.day}" if f"{local:%H:%M}" == "00:00" else f"{local:%H:%M}"
        )
        assert local.minute == 0


def test_bars_stack_errors_below_the_rest() -> None:
    figure = bars(datetime(2026, 3, 1, tzinfo=UTC), 24, UTC_ZONE)
    errors, well = figure["data"]
    assert (errors["name"], well["name"]) == ("errors", "without error")
    assert [a + b for a, b in zip(errors["y"], well["y"], strict=True)] == list(range(1, 49))
    assert figure["layout"]["uirevision"] == "here"
    json.dumps(figure, cls=PlotlyJSONEncoder, allow_nan=False)


def heat(cells: list[Cell]) -> dict[str, Any]:
    buckets = cut(datetime(2026, 3, 1, tzinfo=UTC), 24)
    return charts.chart(Heatmap(buckets, cells, ANSWER), UTC_ZONE, "here")


def test_a_cell_stands_where_its_time_and_duration_are() -> None:
    figure = heat([Cell(3, 17, 8, 2), Cell(5, 21, 1, 0), Cell(0, None, 4, 4)])
    grid, marks = figure["data"]
    rows = [row for row, values in enumerate(grid["z"]) if any(values)]
    at = {grid["y"][row]: [i for i, z in enumerate(grid["z"][row]) if z] for row in rows}
    low = figure["layout"]["meta"]["low"]
    assert at == {low - 1: [0], 17: [3], 21: [5]}
    assert "8, 2 errors" in grid["text"][grid["y"].index(17)][3]
    assert len(marks["x"]) == 2
    assert figure["layout"]["yaxis"]["ticktext"][0] == "none"
    json.dumps(figure, cls=PlotlyJSONEncoder, allow_nan=False)


def test_ticks_of_duration_stand_at_factors_of_ten() -> None:
    figure = heat([Cell(0, 1, 1, 0), Cell(0, 25, 1, 0)])
    axis = figure["layout"]["yaxis"]
    words = {"1 µs": 10**3, "10 µs": 10**4, "100 µs": 10**5, "1 ms": 10**6, "10 ms": 10**7}
    words |= {"100 ms": 10**8, "1 s": 10**9}
    assert set(axis["ticktext"]) <= set(words)
    for level, word in zip(axis["tickvals"], axis["ticktext"], strict=True):
        assert LEVELS[level - 1] == words[word]


@pytest.mark.parametrize(
    ("level", "words"),
    [(None, "no duration"), (0, "under 1 µs"), (1, "1 µs – 1.8 µs"), (44, "56,000 s – 100,000 s")],
)
def test_a_level_is_named_by_its_limits(level: int | None, words: str) -> None:
    assert charts.between(level) == words


def test_a_brush_becomes_a_range_durations_or_a_selection() -> None:
    view = {"search": "?q=status%3Aerror&zone=UTC", "zone": "UTC"}
    brush = {"since": "2026-03-01T10:00:00Z", "until": "2026-03-01T11:00:00Z"}
    assert zoom({**brush, "levels": None}, view) == {**brush, "q": "status:error"}
    found = zoom({**brush, "levels": [13, 16]}, view)
    assert found["q"] == "status:error duration>=1ms duration<10ms"
    assert zoom({**brush, "levels": [0, len(LEVELS)]}, view)["q"] == "status:error"
    compared = zoom({**brush, "levels": [13, 16], "drag": "compare"}, view)
    assert compared == {
        "select": "start>=2026-03-01T10:00:00Z start<2026-03-01T11:00:00Z "
        "duration>=1ms duration<10ms"
    }


# facets


def test_every_value_leads_to_the_list_with_without_or_only_it() -> None:
    facet = Facet("service", [Counted("shop", 1_234, 5), Counted(None, 3, 0)], 2)
    shown = sidebar.values(facet, Link(q="status:error", after="cursor", cols="a,b"))
    assert [search_of(link) for link in links(shown[0])] == [
        "status:error service=shop",
        "status:error service=shop",
        "status:error -service=shop",
    ]
    assert all("after" not in link.href and "cols=a%2Cb" in link.href for link in links(shown))  # type: ignore[attr-defined]
    assert "1,234" in texts(shown[0])
    assert "(none)" in texts(shown[1])
    assert search_of(links(shown[1])[0]) == "status:error -exists:service"


def test_hostile_values_stay_text_and_can_be_chosen() -> None:
    facet = Facet("name", [Counted(HOSTILE, 1, 0), Counted("", 1, 0), Counted("\n", 1, 0)], 3)
    shown = sidebar.values(facet, Link())
    assert choices.named(search_of(links(shown[0])[0]), "name") == [HOSTILE]
    assert "\n" not in texts(shown[0])
    assert "(empty)" in texts(shown[1])
    assert "\N{SYMBOL FOR LINE FEED}" in texts(shown[2])


def test_a_value_too_long_to_be_searched_for_is_no_link() -> None:
    (shown,) = sidebar.values(Facet("name", [Counted("x" * 5_000, 1, 0)], 1), Link())
    assert links(shown) == []
    assert len(texts(shown)) < 400


def test_a_mark_says_in_words_what_is_included_or_not() -> None:
    facet = Facet("service", [Counted("a", 1, 0), Counted("b", 1, 0), Counted("c", 1, 0)], 3)
    shown = sidebar.values(facet, Link(q="service=a -model=x -service=b"))
    assert [texts(row).split(":")[0].split()[-1] for row in shown[:2]] == ["Included", "Excluded"]
    assert "cluded" not in texts(shown[2])


# the quiet line


def total(rows: int, errors: int = 0, *, exact: bool = True) -> Total:
    return Total(rows, errors, exact, ANSWER)


def test_the_line_says_all_there_is_to_know() -> None:
    found = Residue(total(12_345, 148), {"orphan": total(3), "late": total(1), "future": total(0)})
    line = residue.line(found, Link(q="a OR b"), BERLIN)
    assert [texts(part) for part in line] == [
        "12,345 match (1.20 % errors)",
        "3 orphans",
        "1 late (> 1 h)",
        "0 dated in the future",
        "4 files read",
        "as of 14:03:22 Europe/Berlin (UTC+01:00)",
    ]
    assert [search_of(link) for link in links(line)] == ["(a OR b) is:orphan", "(a OR b) is:late"]


def test_the_line_says_when_counting_stopped() -> None:
    assert residue.total(total(7_000, exact=False), "spans").startswith("more than 7,000 match")
    assert "not counted within 2 s" in residue.total(total(0, exact=False), "spans")
    odd = {"orphan": total(0, exact=False), "late": total(2, exact=False), "future": total(0)}
    line = texts(residue.line(Residue(total(5), odd), Link(), UTC_ZONE))
    assert "orphans: not counted in time" in line
    assert "more than 2 late" in line


# the difference


def shard(value: str = '"shard-3"', kind: str = "value") -> Key:
    return Key("attributes", "app.shard", 0.75, [Category(kind, value, None, None, 1, 40, 5)])


def compared(*keys: Key, chosen: int = 50, rest: int = 500) -> Difference:
    return Difference(Sides(chosen, rest, ANSWER), list(keys), ("status",), 9)


def test_a_key_shows_both_shares_and_leads_both_ways() -> None:
    shown = difference_views.body(compared(shard()), Link(select="status:error"), UTC_ZONE)
    words = texts(shown)
    assert "app.shard" in words
    assert "80.0 %" in words
    assert "1.00 %" in words
    assert "Left out because the selection is made of it: status." in words
    assert [search_of(link) for link in links(shown)] == [
        "attr.app.shard=shard-3",
        "-attr.app.shard=shard-3",
    ]
    assert all("select=status%3Aerror" in link.href for link in links(shown))  # type: ignore[attr-defined]


def test_hostile_values_of_an_attribute_stay_text() -> None:
    shown = difference_views.body(compared(shard(json.dumps(HOSTILE))), Link(), UTC_ZONE)
    assert "<img" in texts(shown)
    assert [urlsplit(link.href).path for link in links(shown)] == ["/traces"] * 2  # type: ignore[attr-defined]


def test_too_few_and_no_difference_are_said_in_a_sentence() -> None:
    few = texts(difference_views.body(compared(chosen=3), Link(), UTC_ZONE))
    assert "the selection has 3" in few
    alike = texts(difference_views.body(compared(), Link(), UTC_ZONE))
    assert "Both sides look alike." in alike
    assert (
        difference_views.title(compared().sides, "status:error") == "50 errors against 500 others"
    )
    assert "duration>1s" in difference_views.title(compared().sides, "duration>1s")
