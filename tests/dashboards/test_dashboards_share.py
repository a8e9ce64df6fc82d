"""Share: links whose rows stay, what an export will be, and notebook lines that are run here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import wire
from cast import NOW, World, span
from wire import page_with, words

from dashboards.shell.link import Link
from dashboards.traces.share import views
from queries import reader, traces
from queries.filters import Page

SPANS = 30
RANGE = f"since={NOW - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}&until={NOW:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    made = new_world()
    for part in range(3):
        spans = [
            span(f"step {i}", number=i + 1, ago=60 + i, error="E" if i % 7 == 0 else None)
            for i in range(part * 10, part * 10 + 10)
        ]
        made.send("acme", *spans, service='robot\'s "arm"\n')
    made.send("globex", span("turbine", trace=7))
    return made


def made_link(world: World, kind: str, search: str, who: str = "alice") -> dict[str, Any]:
    page = page_with(search, share_wanted__data={"kind": kind})
    shown = wire.answer(world.client(who), "share-made.data", page)
    found: dict[str, Any] = shown["share-made"]["data"]
    return found


def ids(world: World, search: str, who: str = "alice") -> list[str]:
    """Spans that the page of this link shows."""
    link = Link.parse(search)
    found = traces.search(world.scope(who, link.org or None), link.filters(NOW), Page(1_000))
    return [row["span_id"] for row in found.rows]


def test_an_absolute_link_means_later_what_it_means_now(world: World) -> None:
    made = Link.parse(made_link(world, "absolute", "?range=1h&q=status:error&zone=UTC")["search"])
    since, until = datetime.fromisoformat(made.since), datetime.fromisoformat(made.until)
    assert until - since == timedelta(hours=1)
    assert (made.q, made.zone, made.range, made.version) == ("status:error", "UTC", "24h", "")


def test_a_pinned_link_shows_the_same_rows_after_new_ones_came(new_world: Any) -> None:
    world = new_world()
    world.send("acme", *[span(number=i + 1, ago=60 + i) for i in range(5)])
    made = made_link(world, "pinned", "?range=24h")
    version = world.app.reader.versions()["spans"]
    assert made["said"] == (
        f"Copied. It shows these rows, at version {version}, until retention removes them."
    )
    before = ids(world, made["search"])
    world.send("acme", span(number=99, ago=30))
    world.settle(compact=True)
    assert ids(world, made["search"]) == before
    assert len(before) == 5


def test_nothing_can_be_pinned_in_an_empty_lake(new_world: Any) -> None:
    made = made_link(new_world(), "pinned", "?range=24h")
    assert Link.parse(made["search"]).version == ""
    assert made["said"] == "Copied. There are no rows yet that it could be pinned to."


def test_a_link_that_makes_no_sense_is_told(world: World) -> None:
    made = made_link(world, "absolute", "?range=9y")
    assert made == {"said": "There is no time range '9y'. Choose one from the list."}
    assert "nothing you may see" in made_link(world, "pinned", "?org=acme", "charlie")["said"]


def look_ahead(world: World, search: str, format_: str = "csv", who: str = "alice") -> Any:
    page = page_with(search, zone="Europe/Berlin", share_wish__data={"format": format_})
    shown = wire.answer(world.client(who), "share-ready.data", page)
    return words(shown["share-preflight"]["children"]), shown["share-ready"]["data"]


@pytest.mark.parametrize("format_", ["csv", "ndjson", "parquet"])
def test_the_pre_flight_tells_rows_and_size_of_the_file_that_follows(
    world: World, format_: str
) -> None:
    said, order = look_ahead(world, f"?{RANGE}", format_)
    assert said.startswith("30 rows , about ")
    assert (order["rows"], order["exact"]) == (SPANS, True)
    data = world.client("alice").get(order["address"]).data
    if format_ == "parquet":
        # small files are mostly their own description
        assert order["bytes"] > 0
    else:
        assert len(data) * 0.8 < order["bytes"] < len(data) * 1.2
    assert f"spans.{format_}?" in order["address"]
    assert "zone=Europe%2FBerlin" in order["address"]


def test_the_pre_flight_of_nothing_starts_nothing(world: World) -> None:
    said, order = look_ahead(world, f"?{RANGE}&q=nobody-is-called-so")
    assert said == "No rows match: change the search or the range first."
    assert order is None
    said, order = look_ahead(world, "?range=9y")
    assert (said, order) == ("There is no time range '9y'. Choose one from the list.", None)


def test_charlies_pre_flight_counts_globex(world: World) -> None:
    said, order = look_ahead(world, f"?{RANGE}", who="charlie")
    assert said.startswith("1 row , about ")
    said, order = look_ahead(world, f"?{RANGE}&org=acme", who="charlie")
    assert (said, order) == ("There is nothing here, or nothing you may see.", None)


def test_what_was_not_counted_is_not_called_exact() -> None:
    estimate = views.Estimate(rows=12_345_678, exact=False, bytes=5 * 10**9, version=3)
    text = str(views.expected(estimate))
    assert "At most 12,345,678 rows; counting took too long" in text
    assert "5.0 GB" in text


def lines(world: World, search: str, who: str = "alice") -> str:
    shown = wire.answer(world.client(who), "share-notebook-text.children", page_with(search))
    text: str = shown["share-notebook-text"]["children"]
    return text


SEARCHES = [
    "",
    "&q=status:error",
    "&q=step+2",
    "&q=duration%3E1ms+-name:%22step+3%22",
    "&q=service:*arm*+status:error",
]


# DuckDB calls pandas in a way that pandas is about to drop
@pytest.mark.filterwarnings("ignore:The inplace keyword")
@pytest.mark.parametrize("search", SEARCHES)
def test_the_notebooks_lines_read_the_rows_of_the_page(world: World, search: str) -> None:
    text = lines(world, f"?{RANGE}{search}")
    lake = str(world.app.settings.lake_dir.resolve())
    assert lake not in text
    run: dict[str, Any] = {}
    exec(text.replace("…/lake", lake), run)  # noqa: S102 - it is what a person would do
    shown = ids(world, f"?{RANGE}{search}")
    assert run["spans"]["span_id"].to_list() == shown
    assert shown


def test_the_notebook_still_reads_after_compaction(new_world: Any) -> None:
    world = new_world()
    for number in range(3):
        world.send("acme", span(number=number + 1, ago=60 + number))
    text = lines(world, f"?{RANGE}")
    world.send("acme", span(number=9, ago=60))
    world.settle(compact=True)
    run: dict[str, Any] = {}
    lake = str(world.app.settings.lake_dir.resolve())
    exec(text[: text.index("spans = rows.df()")].replace("…/lake", lake), run)  # noqa: S102
    assert len(run["rows"].fetchall()) == 3


def test_charlies_notebook_names_no_file_of_acme(world: World) -> None:
    assert "org_id=acme" not in lines(world, f"?{RANGE}", "charlie")
    assert lines(world, f"?{RANGE}&org=acme", "charlie") == (
        "There is nothing here, or nothing you may see."
    )


def test_every_macro_is_known_by_its_name() -> None:
    found = reader.macros()
    assert {"spans", "listed", "start_unix_ns"} <= found.keys()
    assert all(text.startswith(f"create macro {name}(") for name, text in found.items())


@pytest.mark.parametrize(
    ("bytes_", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (56_789, "57 kB"), (180_000_000, "180 MB")],
)
def test_sizes_read_as_in_a_file_manager(bytes_: int, text: str) -> None:
    assert views.size(bytes_) == text
