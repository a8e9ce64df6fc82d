"""The Overview over the wire: every number leads to exactly what it counts, and every face is
right, also for one span, for nothing but errors, and for a clock in the future."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import wire
from cast import NOW, World, late, request_of, span
from fired import broken, fire
from wire import page_with, words

from access.scope import Scope
from dashboards.overview.glance.callbacks import today
from dashboards.overview.glance.numbers import change, points
from dashboards.overview.views import Health
from dashboards.shell.link import Link, zone_of
from queries import explore, trace, traces
from queries.filters import TraceFilters
from telemetry.spool import SpoolError
from telemetry.writer import Status

HOUR = "?range=1h"


def child(component: Any, class_name: str) -> Iterator[dict[str, Any]]:
    """Every component below one that has a class."""
    if isinstance(component, list):
        for each in component:
            yield from child(each, class_name)
    elif isinstance(component, dict) and "props" in component:
        if class_name in (component["props"].get("className") or "").split():
            yield component
        yield from child(component["props"].get("children"), class_name)


def links(component: Any) -> Iterator[dict[str, Any]]:
    if isinstance(component, list):
        for each in component:
            yield from links(each)
    elif isinstance(component, dict) and "props" in component:
        if "href" in component["props"]:
            yield component["props"]
        yield from links(component["props"].get("children"))


def shown(world: World, output: str, search: str, who: str = "alice") -> Any:
    component, prop = output.split(".")
    page = page_with(search, path="/")
    return wire.answer(world.client(who), output, page)[component][prop]


def cards(world: World, search: str = HOUR, who: str = "alice") -> dict[str, dict[str, Any]]:
    found = shown(world, "overview-cards.children", search, who)
    return {next(iter(child(c, "card-label")))["props"]["children"]: c for c in found}


def filters_of(href: str) -> TraceFilters:
    """What the Trace Explorer asks for at an address."""
    path, _, search = href.partition("?")
    assert path == "/traces"
    link = Link.parse(search)
    assert link.since, "the range must be named by its ends"
    return link.filters(datetime.now(UTC))


def matched(scope: Scope, href: str) -> tuple[int, int]:
    total = explore.total(scope, filters_of(href))
    assert total.exact
    return total.rows, total.errors


@pytest.fixture(scope="module")
def busy(new_world: Callable[..., World]) -> World:
    """An hour of acme: 240 spans in 24 traces, a tenth of them errors; some are calls of models."""
    world = new_world()
    for service in ("shop", "till"):
        world.send(
            "acme",
            *[
                span(
                    f"op {i % 7}",
                    trace=i // 10 + 1 + 500 * len(service) + ord(service[0]),
                    number=i + 1,
                    parent=i // 10 * 10 + 1 if i % 10 else None,
                    ago=3_500 - 29 * i - late(),
                    ms=1.03**i,
                    error="KeyError" if i % 10 == 3 else None,
                    gen_ai__agent__name=f"agent {i % 3}",
                    gen_ai__operation__name="chat" if i % 4 == 0 else "execute_tool",
                    gen_ai__request__model="m",
                    gen_ai__usage__input_tokens=100,
                    gen_ai__usage__output_tokens=10,
                    gen_ai__usage__cost=0.5,
                )
                for i in range(120)
            ],
            service=service,
        )
    world.send("globex", span("turbine", trace=9, ago=100), service="plant")
    return world


def first_href(card: dict[str, Any]) -> str:
    return str(next(iter(child(card, "card-open")))["props"]["href"])


def test_each_card_leads_to_exactly_what_it_counts(busy: World) -> None:
    found, scope = cards(busy), busy.scope("alice")
    assert list(found) == [
        "Error rate",
        "Traces",
        "Spans",
        "Latency p95",
        "Active agents",
        "Tokens today",
        "Cost today",
    ]
    said = {name: words(card) for name, card in found.items()}
    spans = matched(scope, first_href(found["Spans"]))[0]
    errors = matched(scope, first_href(found["Error rate"]))
    roots = matched(scope, first_href(found["Traces"]))[0]
    assert (spans, errors, roots) == (240, (24, 24), 24)
    assert said["Error rate"].startswith(f"Error rate 10.0 % {errors[0]} of {spans} spans")
    assert f"{spans} in all" in said["Spans"]
    assert f"{roots} root spans" in said["Traces"]
    agents = filters_of(first_href(found["Active agents"]))
    assert said["Active agents"].startswith(
        f"Active agents {explore.most_frequent(scope, agents)['agent'].known} "
    )


def test_tokens_and_cost_lead_to_the_calls_that_were_summed(busy: World) -> None:
    found, scope = cards(busy), busy.scope("alice")
    range_ = today(datetime.now(UTC), zone_of("UTC"))
    for name in ("Tokens today", "Cost today"):
        filters = filters_of(first_href(found[name]))
        assert filters.range.since == range_.since
        calls = traces.count(scope, filters).spans
        expected = {"Tokens today": f"{calls * 110:,}", "Cost today": f"${calls * 0.5:.2f}"}[name]
        assert expected in words(found[name]), name
    assert f"{calls:,} model calls" in words(found["Tokens today"])


@pytest.mark.parametrize(("place", "share"), [(0, 0.05), (1, 0.5), (2, 0.01)])
def test_a_quantile_leads_to_the_spans_that_took_as_long(
    busy: World, place: int, share: float
) -> None:
    card = cards(busy)["Latency p95"]
    href = [props["href"] for props in links(card)][place]
    filters = filters_of(href)
    assert filters.condition.text.startswith("duration>=")
    # within a hundredth of the exact quantile, 1.03 apart from its neighbours in two services
    assert abs(matched(busy.scope("alice"), href)[0] - share * 240) <= 3


@pytest.mark.parametrize(
    ("output", "chart"),
    [
        ("overview-services.children", "rate"),
        ("overview-operations.children", "rate"),
        ("overview-exceptions.children", "errors"),
        ("overview-legend.children", "rate"),
        ("overview-models.children", "rate"),
        ("overview-slowest.children", "duration"),
    ],
)
def test_each_row_of_a_panel_leads_to_as_many_spans_as_it_says(
    busy: World, output: str, chart: str
) -> None:
    panel = shown(busy, output, f"?range=1h&chart={chart}")
    rows = [r for r in rows_of(panel) if list(links(r))]
    assert rows
    for row in rows:
        (href,) = [props["href"] for props in links(row)]
        count = matched(busy.scope("alice"), href)[0]
        assert f" {count:,}" in words(row), (href, words(row))


def rows_of(component: Any) -> Iterator[dict[str, Any]]:
    if isinstance(component, list):
        for each in component:
            yield from rows_of(each)
    elif isinstance(component, dict) and "props" in component:
        if component["type"] in ("Tr", "Li"):
            yield component
        else:
            yield from rows_of(component["props"].get("children"))


def test_the_last_errors_open_at_their_span(busy: World) -> None:
    panel = shown(busy, "overview-errors.children", HOUR)
    found = [Link.parse(props["href"].partition("?")[2]) for props in links(panel)]
    assert len(found) == 10
    scope = busy.scope("alice")
    for link in found:
        columns = trace.spans(scope, link.trace).columns
        assert columns["status"][columns["span_id"].index(link.span)] == "error"


# faces


def test_nothing_of_acme_is_on_charlies_page(busy: World) -> None:
    for output, text in panels(busy, "charlie", HOUR):
        assert not any(word in text for word in ("shop", "till", "agent ", "op 1", "KeyError"))
        assert "face-failed" not in text, output


MODES = {
    "rate": ("services", "operations"),
    "errors": ("exceptions", "causes"),
    "duration": ("heat", "slowest", "own"),
    "nonsense": ("chart",),
}
"""What each choice above the chart shows; all else is the same for each."""


def panels(world: World, who: str, search: str) -> Iterator[tuple[str, str]]:
    """Every panel of the Overview, in each of its modes."""
    client = world.client(who)
    for callback in wire.callbacks(client):
        if "overview-" not in callback.output or "overview-map" in callback.output:
            continue
        own = [
            mode for mode, names in MODES.items() if any(f"-{n}" in callback.output for n in names)
        ]
        for mode in own or ["rate"]:
            reply = wire.ask(client, callback, page_with(f"{search}&chart={mode}", path="/"))
            assert reply.status_code in (200, 204)
            yield callback.output, reply.get_data(as_text=True)


@pytest.fixture(scope="module")
def odd(new_world: Callable[..., World]) -> World:
    """One span at acme, nothing but errors at globex, at initech a clock in the future."""
    world = new_world()
    world.send("acme", span(ago=60))
    world.send("globex", *[span(number=i, ago=i, error="E") for i in range(1, 30)])
    world.send("initech", span(ago=-3_600))
    return world


@pytest.mark.parametrize(
    ("org", "search", "sentence"),
    [
        ("acme", "range=1h", "0 of 1 spans"),
        ("acme", "since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z", "No spans in this time"),
        ("globex", "range=1h", "29 of 29 spans"),
        ("initech", "range=1h", "No spans in this time range."),
    ],
    ids=["one", "none", "all errors", "the future"],
)
def test_every_panel_has_something_to_say(odd: World, org: str, search: str, sentence: str) -> None:
    found = dict(panels(odd, "sam", f"?org={org}&{search}"))
    assert not {output: text for output, text in found.items() if "face-failed" in text}
    assert sentence in found["overview-cards.children"]


@pytest.mark.parametrize("org", ["acme", "globex", "initech"])
def test_the_map_and_the_code_inspector_have_something_to_say(odd: World, org: str) -> None:
    function = "work" if org == "acme" else "nowhere"
    for place in ("", "map=agent", f"function={function}", "service=nobody"):
        page = page_with(f"?org={org}&range=1h&{place}", path="/code")
        client = odd.client("sam")
        for callback in wire.callbacks(client):
            if "code-" in callback.output or "overview-map" in callback.output:
                text = wire.ask(client, callback, page).get_data(as_text=True)
                assert "face-failed" not in text, (callback.output, place)
    rows = shown(odd, "code-table.rowData", f"?org={org}&range=1h", "sam")
    assert len(rows) == (0 if org == "initech" else 1)


def test_what_is_stuck_asks_for_attention_by_its_name(new_world: Callable[..., World]) -> None:
    world = new_world()
    stuck = [span(number=i, ago=10 * i, aeos__data__valve="shut") for i in range(1, 9)]
    world.send("acme", *stuck, service="plant")
    text = words(shown(world, "overview-attention.children", HOUR))
    assert "1 watched variable stuck" in text
    assert "valve" in text
    others = words(shown(world, "overview-attention.children", HOUR, "charlie"))
    assert "No alert is firing" in others
    assert "No variable is stuck" in others


def test_alerts_that_fire_are_counted_for_their_own_org(new_world: Callable[..., World]) -> None:
    world = new_world()
    broken(world)
    fire(world)
    assert "1 alert firing" in words(shown(world, "overview-attention.children", HOUR))
    others = words(shown(world, "overview-attention.children", HOUR, "charlie"))
    assert "No alert is firing" in others


def test_a_client_is_not_told_about_others_requests(world: World) -> None:
    assert world.post("globex", b"nonsense").status_code == 400
    assert world.post("globex", request_of(span(number=1))).status_code == 200
    line = words(shown(world, "overview-pipeline.children", HOUR, "alice"))
    assert "Rejected none" in line
    assert "Ingest 0 items/s" in line
    assert "Queue" not in line
    assert "Set aside" not in line
    own = words(shown(world, "overview-pipeline.children", HOUR, "charlie"))
    assert "Rejected 1" in own
    assert "requests that are not valid OTLP" in own
    staff = words(shown(world, "overview-pipeline.children", HOUR, "sam"))
    assert "Queue 1 items" in staff
    assert "Rejected 1" in staff


def test_a_writer_that_stands_still_says_so_and_why_to_staff_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Status(False, "No space left on /var/data", NOW, None, 0)
    monkeypatch.setattr(type(world.app.writer), "_status", broken, raising=False)
    monkeypatch.setattr(world.app.writer, "_status", broken)
    staff = words(shown(world, "overview-pipeline.children", HOUR, "sam"))
    assert "CIRCUIT_OPEN" in staff
    assert "No space left on /var/data" in staff
    assert f"since {NOW:%Y-%m-%d %H:%M:%S} UTC" in staff
    client = words(shown(world, "overview-pipeline.children", HOUR, "alice"))
    assert "CIRCUIT_OPEN" in client
    assert "/var/data" not in client


def test_a_spool_that_cannot_be_read_leaves_the_others_standing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise SpoolError("the disk is gone")

    monkeypatch.setattr(world.app.spool, "_row", lambda *_: broken())
    line = words(shown(world, "overview-pipeline.children", HOUR))
    assert "This panel has no answer." in line
    assert "disk" not in line


def test_staff_see_the_unhealthiest_org_first_and_enter_it(world: World) -> None:
    world.send("acme", *[span(number=i, ago=60, error="E" if i < 5 else None) for i in range(1, 9)])
    world.send("globex", span(number=1, ago=60), service="plant")
    panel = shown(world, "overview-orgs.children", HOUR, "sam")
    found = [words(row) for row in rows_of(panel)][1:]
    assert [row.split()[:2] for row in found] == [
        ["acme", Health.FAILING.value],
        ["initech", Health.SILENT.value],
        ["globex", Health.HEALTHY.value],
    ]
    assert "/?org=acme&range=1h" in [props["href"] for props in links(panel)]
    assert shown(world, "overview-orgs.children", HOUR, "alice") is None


def test_ten_thousand_operations_are_cut_and_counted(world: World) -> None:
    for part in range(5):
        spans = [span(f"op {part} {i}", number=i + 1, ago=60) for i in range(2_000)]
        assert world.post("acme", request_of(*spans)).status_code == 200
    world.settle()
    panel = shown(world, "overview-operations.children", HOUR)
    assert "+9,990 more" in words(panel)
    assert len(list(rows_of(panel))) == 11


# changes


@pytest.mark.parametrize(
    ("now", "then", "rising", "told", "tone"),
    [
        (112.0, 100.0, "worse", "+12 % vs yesterday", "worse"),
        (88.0, 100.0, "worse", "−12 % vs yesterday", "better"),
        (88.0, 100.0, "", "−12 % vs yesterday", ""),
        (100.2, 100.0, "worse", "same as yesterday", ""),
        (0.0, 100.0, "", "−100 % vs yesterday", ""),
        (5_000.0, 1.0, "worse", "+over 999 % vs yesterday", "worse"),
    ],
)
def test_a_change_is_told_with_its_sign(
    now: float, then: float, rising: str, told: str, tone: str
) -> None:
    found = change(now, then, "yesterday", rising)
    assert found
    assert (found.words, found.tone) == (told, tone)


def test_there_is_no_change_without_anything_before() -> None:
    assert change(5.0, 0, "yesterday") is None
    assert change(5.0, None, "yesterday") is None
    assert points(0.5, None, "yesterday") is None


def test_a_share_changes_by_points() -> None:
    found = points(0.03, 0.0102, "last week")
    assert found
    assert (found.words, found.tone) == ("+1.98 points vs last week", "worse")


def test_today_begins_at_midnight_of_the_readers_clock() -> None:
    now = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    assert today(now, zone_of("Asia/Tokyo")).since == datetime(2026, 6, 1, 15, tzinfo=UTC)
    midnight = datetime(2026, 6, 1, tzinfo=UTC)
    assert today(midnight, zone_of("UTC")).length == timedelta(microseconds=1)
