"""The Code Inspector's views: rows in; grid rows, tiles, figures, links and words out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import wire
from cast import NOW, World, span
from wire import page_with, words

from dashboards.code import changes, detail, frames, views
from dashboards.code.frames import Frame
from dashboards.shell.link import Link
from queries import code, traces
from queries.filters import TimeRange, TraceFilters
from queries.reader import Answer, Row
from queries.search import condition

UTC = ZoneInfo("UTC")
RANGE = TimeRange(NOW - timedelta(hours=6), NOW)
HOSTILE = '<img src=x onerror=alert(1)>\x00\x1b\u202e"q"'
SINCE = f"since={RANGE.since:%Y-%m-%dT%H:%M:%SZ}&until={RANGE.until:%Y-%m-%dT%H:%M:%SZ}"
PLACE = f"?{SINCE}&function=shop.pay&service=billing"

# where an exception was raised

PYTHON = [
    '  File "/srv/app/main.py", line 3, in run',
    '  File "/srv/app/shop/pay.py", line 40, in pay',
    '  File "/srv/app/shop/pay.py", line 12, in _ask',
    '  File "/usr/lib/httpx/client.py", line 99, in post',
]


@pytest.mark.parametrize(
    ("lines", "function", "file", "found"),
    [
        (PYTHON, "shop.pay.pay", "shop/pay.py", Frame("/srv/app/shop/pay.py", 40, "pay")),
        # a function that is not among the frames: the deepest one in its file
        (PYTHON, "shop.pay.other", "shop/pay.py", Frame("/srv/app/shop/pay.py", 12, "_ask")),
        # no file is named: the function's name tells
        (PYTHON, "Shop._ask", None, Frame("/srv/app/shop/pay.py", 12, "_ask")),
        (PYTHON, "shop.pay", "other/pay.py", Frame("/srv/app/shop/pay.py", 40, "pay")),
        (PYTHON, "nobody", "nowhere.py", None),
        ([], "pay", "pay.py", None),
        (
            ["    at ask (/app/bank.js:7:3)", "    at Shop.pay (/app/pay.js:12:5)"],
            "pay",
            "app/pay.js",
            Frame("/app/pay.js", 12, "Shop.pay"),
        ),
        (
            ["\tat com.acme.Bank.ask(Bank.java:7)", "\tat com.acme.Shop.pay(Shop.java:31)"],
            "com.acme.Shop.pay",
            "Shop.java",
            Frame("Shop.java", 31, "com.acme.Shop.pay"),
        ),
        (["  garbage :::: 12", '  File "", line x', "\tat (:9)"], "pay", "pay.py", None),
    ],
)
def test_the_frame_of_the_function_is_where_it_was_raised(
    lines: list[str], function: str, file: str | None, found: Frame | None
) -> None:
    assert frames.raised_at(lines, function, file) == found


# changes


@pytest.mark.parametrize(
    ("now", "before", "bad", "text", "tone"),
    [
        (112, 100, 1, "+12 %", "bad"),
        (88, 100, 1, "−12 %", "good"),
        (112, 100, 0, "+12 %", ""),
        (104, 100, 1, "+4 %", ""),
        (100.2, 100, 1, "±0 %", ""),
        (1_200, 100, 0, "12 ×", ""),
        (5, 0, 0, "new", ""),
        (0, 0, 0, "±0 %", ""),
    ],
)
def test_a_change_is_told_with_its_sign(
    now: float, before: float, bad: int, text: str, tone: str
) -> None:
    found = changes.ratio(now, before, bad)
    assert found is not None
    assert (found.text, found.tone) == (text, tone)


def test_what_is_not_known_has_no_change() -> None:
    assert changes.ratio(None, 5, 1) is None
    assert changes.ratio(5, None, 1) is None
    assert changes.points(0.02, 0.01).text == "+1.0 pt"
    assert changes.points(0.02, 0.01).tone == "bad"
    assert changes.points(0.01, 0.01).text == "±0.0 pt"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0 B"), (512, "+512 B"), (-2048, "−2 KiB"), (3.5 * 2**30, "+3.5 GiB")],
)
def test_memory_is_a_difference(value: float | None, text: str) -> None:
    assert changes.size(value) == text


# the list


def row(name: str = "f", calls: int = 10, p95: float | None = 1e6, **more: Any) -> Row:
    return {
        "service_name": "shop",
        "function": name,
        "file": None,
        "calls": calls,
        "errors": 1,
        "quantiles_ns": None if p95 is None else [p95 / 2, p95, 2 * p95],
        "total_ns": 1_000_000,
        "memory_bytes": None,
        "newest": NOW,
        "functions": 3,
        "exact": True,
        **more,
    }


def listed(rows: list[Row], before: list[Row] | None = None, **more: Any) -> views.Listed:
    own = code.Own({("shop", "f"): 0.25}, RANGE, whole=more.pop("whole", True))
    answer = Answer(rows, as_of=NOW, **more)
    return views.Listed(answer, None if before is None else Answer(before), own, RANGE, UTC)


def test_rows_come_in_the_order_that_the_link_names() -> None:
    found = listed([row("a", 3, 9e6), row("b", 2, None), row("c", 1, 2e6)])
    for sort, names in (
        ("", "abc"),
        ("p95:desc", "acb"),
        ("p95:asc", "cab"),
        ("process:desc", "cba"),
        ("nonsense:desc", "abc"),
        ("row:asc", "abc"),
    ):
        assert "".join(r["process"] for r in views.rows(found, sort)) == names, sort


def test_a_function_shows_its_numbers_in_words() -> None:
    (told,) = views.rows(listed([row(calls=1_000, file="a.py")]), "")
    assert (told["process"], told["service"], told["place"]) == ("f", "shop", "a.py")
    assert (told["calls"], told["calls_text"]) == (1_000, "1,000")
    assert (told["errors"], told["errors_text"]) == (0.001, "0.10 %")
    assert (told["p95"], told["p95_text"]) == (1e6, "1.00 ms")
    (told,) = views.rows(listed([row(errors=0, p95=None)]), "")
    assert (told["errors_text"], told["p50"], told["p50_text"], told["place"]) == (
        "0",
        None,
        "–",
        "",
    )


def test_functions_have_different_ids_whatever_their_names() -> None:
    names = [("a", "b\nc"), ("a", "b\udc00"), ("a", "x" * 600 + "1"), ("a", "x" * 600 + "2")]
    rows = views.rows(listed([row(f, service_name=s) for s, f in names]), "")
    assert len({each["id"] for each in rows}) == len(names)
    assert max(len(each["id"]) for each in rows) < 600


def test_own_time_is_its_share_of_all_time() -> None:
    (told,) = views.rows(listed([row()]), "")
    assert (told["own"], told["own_text"]) == (250_000, "250 µs")
    (unknown,) = views.rows(listed([row("g")]), "")
    assert (unknown["own"], unknown["own_text"]) == (None, "–")


def test_changes_stand_beside_their_numbers() -> None:
    (told,) = views.rows(listed([row(calls=20, p95=2e6)], [row(calls=10, p95=1e6)]), "")
    assert told["words"] == {
        "calls_change": "+100 %",
        "p95_change": "+100 %",
        "errors_change": "−5.0 pt",
    }
    assert told["tones"] == {"calls_change": "", "p95_change": "bad", "errors_change": "good"}
    (new,) = views.rows(listed([row()], []), "")
    assert new["words"] == {"calls_change": "new"}
    (alone,) = views.rows(listed([row()], None), "")
    assert alone["words"] == {}


def test_ten_thousand_functions_are_cut_and_it_says_so() -> None:
    many = [row(f"f{i}", 10_000 - i, functions=12_345) for i in range(10_000)]
    found = listed(many, many, truncated=True)
    assert len(views.rows(found, "")) == views.SHOWN
    assert views.rows(found, "calls:asc")[0]["process"] == "f9999"
    assert "2,000 functions, +10,345 more" in words_of(views.summary(found))


def test_what_is_estimated_is_said() -> None:
    exact = words_of(views.summary(listed([row(functions=1)])))
    assert exact.startswith("1 function, as of")
    assert "1 %" not in exact
    about = words_of(views.summary(listed([row(functions=1, exact=False)], whole=False)))
    assert "within 1 %" in about
    assert f"self time as in the spans since {RANGE.since:%Y-%m-%d %H:%M}" in about


def test_names_too_long_for_a_link_lead_nowhere() -> None:
    (told,) = views.rows(listed([row("x" * 5_000)]), "")
    assert told["function"] is None
    assert len(told["process"]) == 200
    assert views.to_function(Link(), "shop", "x" * 5_000) is None
    assert views.suggestion(row("x" * 5_000), Link()).to_plotly_json()["type"] == "Span"


def words_of(component: Any) -> str:
    if isinstance(component, list):
        return " ".join(map(words_of, component))
    if component is None or isinstance(component, str):
        return component or ""
    return words_of(getattr(component, "children", None))


# one function


def test_releases_are_marked_when_they_come_but_for_the_first() -> None:
    def release(name: str, hours: float) -> Row:
        return {"revision": name, "oldest": NOW - timedelta(hours=hours), "by_revision": True}

    found = Answer([release("c", 1), release("b", 5), release("a", 5.5)])
    assert [r["revision"] for r in detail.new_releases(found, RANGE)] == ["c", "b"]
    old = Answer([release("b", 1), release("a", 9)])
    assert [r["revision"] for r in detail.new_releases(old, RANGE)] == ["b"]
    assert detail.new_releases(Answer([release("a", 1)]), RANGE) == []


def test_two_releases_stand_side_by_side_as_the_link_says() -> None:
    ran = [
        {"revision": name, "oldest": NOW - timedelta(hours=hours)}
        for name, hours in (("c", 1), ("b", 2), ("a", 3))
    ]

    def names(**link: str) -> tuple[Any, ...]:
        return tuple(each and each["revision"] for each in detail.compared(ran, Link(**link)))

    assert names() == ("c", "b")
    assert names(revision="b") == ("b", "a")
    assert names(revision="c", against="a") == ("c", "a")
    assert names(revision="a", against="c") == ("a", "c")
    assert names(revision="gone") == ("c", "b")
    assert detail.compared(ran[:1], Link())[1] is None


@pytest.mark.parametrize("most", [1, 999, 15e6, 4.2e9, 3.6e12])
def test_durations_on_an_axis_are_few_and_round(most: float) -> None:
    ticks = detail._steps(most)["tickvals"]
    assert 1 <= len(ticks) <= 6
    assert ticks[-1] <= 1.1 * most


# over the wire


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    """Calls of two releases with everything that leads somewhere, and hostile names around."""
    made = new_world()
    told = {"code__function__name": "shop.pay", "code__file__path": "shop/pay.py"}
    for release, first in (("1.0", 0), ("1.1", 40)):
        spans = [
            span(
                "pay",
                trace=first + i,
                number=100 * (first + i) + 2,
                parent=100 * (first + i) + 1,
                ago=12_000 - 100 * (first + i),
                ms=10 + i * 7,
                error="BankError" if i % 5 == 2 else None,
                aeos__memory__delta_bytes=1_024,
                code__line__number=12,
                **told,
            )
            for i in range(1, 31)
        ]
        made.send("acme", *spans, service="billing", **{"service.version": release})
    around = [
        span(
            HOSTILE,
            trace=t,
            number=100 * t + (1 if above else 3),
            parent=None if above else 100 * t + 2,
            ago=12_000 - 100 * t,
        )
        for t in (1, 2, 3)
        for above in (True, False)
    ]
    made.send("acme", *around, service="<b>shop</b>")
    made.send("globex", span("turbine", trace=999), service="plant")
    return made


def shown(world: World, output: str, place: str = PLACE, who: str = "alice") -> Any:
    found = wire.answer(world.client(who), output, page_with(place))
    component, prop = output.split(".")
    return found[component][prop]


def nodes(component: Any) -> list[dict[str, Any]]:
    if isinstance(component, list):
        return [node for each in component for node in nodes(each)]
    if not isinstance(component, dict) or "props" not in component:
        return []
    return [component, *nodes(component["props"].get("children"))]


def links(component: Any) -> list[str]:
    return [n["props"]["href"] for n in nodes(component) if n["props"].get("href")]


PANELS = ("code-head", "code-cards", "code-revisions", "code-exceptions", "code-kin", "code-traces")


def count(world: World, href: str) -> int:
    """Spans behind a link into the Trace Explorer."""
    parts = urlsplit(href)
    link = Link.parse(parts.query)
    assert parts.path == "/traces"
    filters = TraceFilters(link.time_range(NOW), condition(link.q))
    return traces.count(world.scope("alice"), filters).spans


def by_label(tiles: Any) -> dict[str, str]:
    """Label of each tile → where it leads."""
    return {
        words(tile["props"]["children"][0]): tile["props"].get("href", "")
        for tile in tiles
        if tile["props"].get("className") == "code-tile"
    }


def test_every_number_leads_to_exactly_its_spans(world: World) -> None:
    tiles = by_label(shown(world, "code-cards.children"))
    assert count(world, tiles["Calls"]) == 60
    assert count(world, tiles["Error rate"]) == 12
    assert count(world, tiles["Memory"]) == 60
    assert count(world, tiles["p50"]) == 30
    assert count(world, tiles["p99"]) == 2
    (all_,) = links(shown(world, "code-head.children"))
    assert count(world, all_) == 60
    (raised,) = links(shown(world, "code-exceptions.children"))
    assert count(world, raised) == 12
    releases = links(shown(world, "code-revisions.children"))
    assert [count(world, href) for href in releases] == [30, 30]


def test_an_operation_leads_to_the_spans_that_name_no_function(world: World) -> None:
    made = [span("shop.pay", number=5_001, trace=5_001)]
    world.send("initech", *made, service="billing")
    found = shown(world, "code-cards.children", f"{PLACE}&org=initech", "sam")
    assert "-exists:function" in parse_qs(urlsplit(by_label(found)["Calls"]).query)["q"][0]


@pytest.mark.parametrize("graph", ["code-history", "code-durations"])
def test_bars_lead_to_their_spans(world: World, graph: str) -> None:
    figure = shown(world, f"{graph}.figure")
    bars = [trace for trace in figure["data"] if trace["type"] == "bar"]
    assert [bar["name"] for bar in bars] == ["errors", "calls without error"]
    for at, (failed, well) in enumerate(zip(*(bar["y"] for bar in bars), strict=True)):
        if failed or well:
            assert count(world, bars[1]["customdata"][at][1]) == failed + well
    assert sum(map(sum, (bar["y"] for bar in bars))) == 60


def test_callers_and_callees_lead_to_their_own_page(world: World) -> None:
    found = links(shown(world, "code-kin.children"))
    assert len(found) == 2
    for href in found:
        link = Link.parse(urlsplit(href).query)
        assert (link.function, link.service) == (HOSTILE, "<b>shop</b>")
        tiles = by_label(shown(world, "code-cards.children", f"?{urlsplit(href).query}"))
        assert count(world, tiles["Calls"]) == 6


def test_traces_open_at_the_call(world: World) -> None:
    hrefs = links(shown(world, "code-traces.children"))
    assert len(hrefs) == 16
    for href in hrefs:
        link = Link.parse(urlsplit(href).query)
        assert urlsplit(href).path == "/trace"
        assert int(link.span, 16) == 100 * int(link.trace, 16) + 2


def test_exceptions_tell_their_lines(world: World) -> None:
    said = words(shown(world, "code-exceptions.children"))
    assert "BankError" in said
    assert "shop/pay.py:12" in said
    assert "12 ×" in said


def test_releases_are_marked_and_compared(world: World) -> None:
    said = words(shown(world, "code-revisions.children"))
    assert "1.1" in said
    assert "1.0" in said
    (mark,) = shown(world, "code-history.figure")["layout"]["annotations"]
    assert "1.1" in mark["text"]


def test_suggestions_show_calls_and_p95(world: World) -> None:
    page = page_with(f"?{SINCE}", code_typed__data={"text": "PAY"})
    found = wire.answer(world.client("alice"), "code-suggestions.children", page)
    options = found["code-suggestions"]["children"]
    assert words(options) == "shop.pay billing 60 calls p95 213 ms"
    assert Link.parse(urlsplit(links(options)[0]).query).function == "shop.pay"


def test_hostile_names_are_text(world: World) -> None:
    place = f"?{SINCE}&" + urlsplit(links(shown(world, "code-kin.children"))[0]).query
    everything = [shown(world, f"{panel}.children", place) for panel in PANELS]
    rows = shown(world, "code-table.rowData", f"?{SINCE}")
    kinds = {node["type"] for node in nodes(everything)}
    assert kinds <= {
        *("Div", "Span", "H1", "H2", "P", "Ul", "Li", "Strong", "Code", "Section", "Header"),
        *("Table", "Thead", "Tbody", "Tr", "Th", "Td", "Link", "Wbr"),
    }
    assert {urlsplit(h).scheme for h in links(everything)} == {""}
    said = words(everything) + "".join(r["process"] for r in rows)
    assert "<img src=x onerror=alert(1)>" in said
    for hidden in "\x00\x1b\u202e":
        assert hidden not in said
    assert detail._plain("<b>x & y</b>") == "&lt;b>x &amp; y&lt;/b>"


def test_an_empty_org_is_told_what_to_do(world: World) -> None:
    said = words(shown(world, "code-face.children", f"?{SINCE}&find=nothing"))
    assert said == "No function has this in its name. Shorten the search text."
    nowhere = "?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z"
    assert "code.function.name" in words(shown(world, "code-face.children", nowhere))
    gone = words(shown(world, "code-cards.children", f"{nowhere}&function=shop.pay"))
    assert "did not run in this time range" in gone


def test_a_list_of_one_service_says_so_and_leads_to_all(world: World) -> None:
    place = f"?{SINCE}&service=billing"
    assert [r["in"] for r in shown(world, "code-table.rowData", place)] == ["billing"]
    within = shown(world, "code-head.children", place)
    assert words(within) == "of billing All services"
    (others,) = links(within)
    assert {r["in"] for r in shown(world, "code-table.rowData", f"?{urlsplit(others).query}")} == {
        "billing",
        "<b>shop</b>",
    }
    nobody = words(shown(world, "code-face.children", f"?{SINCE}&service=nobody"))
    assert nobody.startswith("No functions of this service ran in this time range.")


def test_charlie_sees_nothing_of_acme(world: World) -> None:
    client = world.client("charlie")
    asked = [c for c in wire.callbacks(client) if "code-" in c.output]
    assert len(asked) >= 6
    for callback in asked:
        for place in (PLACE, f"?{SINCE}", f"{PLACE}&org=acme"):
            page = page_with(place, code_source_window__data=None, code_typed__data={"text": "p"})
            text = wire.ask(client, callback, page).get_data(as_text=True)
            for secret in ("BankError", "pay.py", "billing</", "<b>shop", "1.1"):
                assert secret not in text, (callback.output, place)
