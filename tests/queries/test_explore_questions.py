"""The numbers around the list, each against a count in Python over a small lake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log10
from typing import Any

import pytest
from cast import NOW, World, span
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from queries import explore, reader, trace
from queries.errors import TooSlow
from queries.explore import FACETS, LEVELS, Counted
from queries.filters import TimeRange, TraceFilters
from queries.search import condition

RANGE = TimeRange(NOW - timedelta(hours=6), NOW + timedelta(minutes=30))
HOUR = 3600.0


def facts() -> list[dict[str, Any]]:
    """What acme sends: services of different habits, three orphans, late and future spans."""
    made = []
    for i in range(120):
        made.append(
            {
                "name": f"step {i % 7}",
                "number": i + 1,
                "trace": i // 10 + 1,
                "parent": None if i % 10 == 0 else i // 10 * 10 + 1,
                "ago": 60.0 + 150 * i,
                "ms": 0.0004 * 3**i if i < 25 else float(i),
                "error": "TimeoutError" if i % 11 == 3 else None,
                "service": f"service-{i % 3}",
                "model": "gpt-4o" if i % 4 == 0 else None,
            }
        )
    for i in (13, 47, 99):
        made[i]["parent"] = 5_000 + i
    for i in (2, 3):
        made[i]["ago"] = -300.0 * i
    return made


FACTS = facts()


def built(fact: dict[str, Any]) -> Span:
    attributes = {"gen_ai__request__model": fact["model"]} if fact["model"] else {}
    kept = ("number", "trace", "parent", "ago", "ms", "error")
    return span(fact["name"], **{k: fact[k] for k in kept}, **attributes)


@pytest.fixture(scope="module")
def busy(new_world: Callable[..., World]) -> World:
    world = new_world()
    for service in sorted({fact["service"] for fact in FACTS}):
        spans = [built(fact) for fact in FACTS if fact["service"] == service]
        world.send("acme", *spans, service=service)
    # the same delivery twice: compaction leaves one of it
    again = [built(fact) for fact in FACTS if fact["service"] == "service-1"]
    world.send("acme", *again, service="service-1")
    world.send("globex", span("turbine", trace=900, number=900, parent=77), service="plant")
    world.settle(compact=True)
    return world


def filters(text: str = "", range_: TimeRange = RANGE) -> TraceFilters:
    return TraceFilters(range_, condition(text))


def wanted(text: str = "") -> list[dict[str, Any]]:
    tests: dict[str, Callable[[dict[str, Any]], bool]] = {
        "": lambda fact: True,
        "status:error": lambda fact: bool(fact["error"]),
        "service=service-1": lambda fact: fact["service"] == "service-1",
        "service=service-1 status:error": lambda fact: (
            fact["service"] == "service-1" and bool(fact["error"])
        ),
        '"no such thing"': lambda fact: False,
    }
    return [fact for fact in FACTS if tests[text](fact) and fact["ago"] <= 6 * HOUR]


TEXTS = ("", "status:error", "service=service-1", "service=service-1 status:error")


def start(fact: dict[str, Any]) -> datetime:
    return NOW - timedelta(seconds=fact["ago"])


def duration_ns(fact: dict[str, Any]) -> int:
    return int(fact["ms"] * 1e6)


# over time


@pytest.mark.parametrize("text", [*TEXTS, '"no such thing"'])
def test_every_bar_counts_its_spans_and_errors(busy: World, text: str) -> None:
    found = explore.histogram(busy.scope("alice"), filters(text))
    spans = Counter(found.buckets.of(start(fact)) for fact in wanted(text))
    errors = Counter(found.buckets.of(start(fact)) for fact in wanted(text) if fact["error"])
    assert found.spans == [spans[i] for i in range(len(found.buckets))]
    assert found.errors == [errors[i] for i in range(len(found.buckets))]


def test_bars_begin_at_whole_steps_of_the_clock_and_stay_there() -> None:
    since = datetime(2026, 3, 1, 10, 7, 13, tzinfo=UTC)
    first = explore.buckets(TimeRange(since, since + timedelta(days=1)))
    later = explore.buckets(TimeRange(since + timedelta(seconds=40), since + timedelta(days=1.001)))
    assert first.edges[0] == since
    assert first.edges[-1] == since + timedelta(days=1)
    assert all(edge.minute % 30 == 0 and not edge.second for edge in first.edges[1:-1])
    assert set(first.edges[1:-1]) <= set(later.edges)
    assert len(first) <= 61


def test_bars_of_days_begin_at_the_zones_midnight() -> None:
    since = datetime(2026, 3, 1, 10, tzinfo=UTC)
    found = explore.buckets(TimeRange(since, since + timedelta(days=60)), timedelta(hours=5.5))
    assert found.step == timedelta(days=1)
    assert {(edge + timedelta(hours=5.5)).hour for edge in found.edges[1:-1]} == {0}


def test_a_moment_lies_in_the_bar_that_counts_it() -> None:
    cut = explore.buckets(RANGE, timedelta(minutes=345))
    for i in range(len(cut)):
        assert cut.of(cut.edges[i]) == i
        assert cut.of(cut.edges[i + 1] - timedelta(microseconds=1)) == i


# by latency


@pytest.mark.parametrize("text", TEXTS)
def test_every_cell_counts_its_spans_and_errors(busy: World, text: str) -> None:
    found = explore.heatmap(busy.scope("alice"), filters(text))
    spans: Counter[tuple[int, int]] = Counter()
    errors: Counter[tuple[int, int]] = Counter()
    for fact in wanted(text):
        ns = duration_ns(fact)
        place = found.buckets.of(start(fact)), sum(ns >= bound for bound in LEVELS)
        spans[place] += 1
        errors[place] += bool(fact["error"])
    assert {(c.bucket, c.level): (c.spans, c.errors) for c in found.cells} == {
        place: (spans[place], errors[place]) for place in spans
    }


def test_there_are_four_levels_to_each_factor_of_ten() -> None:
    assert LEVELS[0] == 1_000
    assert list(LEVELS) == sorted(set(LEVELS))
    assert all(LEVELS[i + 4] == 10 * LEVELS[i] for i in range(len(LEVELS) - 4))
    steps = [log10(b / a) for a, b in pairwise(LEVELS)]
    assert max(abs(step - 0.25) for step in steps) < 0.01


def test_a_duration_at_a_limit_belongs_to_the_level_above(world: World) -> None:
    ns = [each for bound in LEVELS for each in (bound - 1, bound)]
    spans = [span(trace=1, number=i + 1, ago=600) for i in range(len(ns))]
    for made, duration in zip(spans, ns, strict=True):
        made.end_time_unix_nano = made.start_time_unix_nano + duration
    unknown = span(trace=1, number=900, ago=600)
    unknown.end_time_unix_nano = 0
    backwards = span(trace=1, number=901, ago=600)
    backwards.end_time_unix_nano = backwards.start_time_unix_nano - 5_000_000
    world.send("acme", *spans, unknown, backwards)
    found = explore.heatmap(world.scope("alice"), filters())
    levels: Counter[int | None] = Counter()
    for cell in found.cells:
        levels[cell.level] += cell.spans
    expected = Counter(sum(each >= bound for bound in LEVELS) for each in ns)
    assert levels == {**expected, 0: expected[0] + 1, None: 1}


# facets


@pytest.mark.parametrize("text", ["", "status:error"])
def test_facets_count_spans_and_errors_of_each_value(busy: World, text: str) -> None:
    found = explore.facets(busy.scope("alice"), filters(text), ["service", "name", "model"])
    for key, of in (("service", "service"), ("name", "name"), ("model", "model")):
        spans = Counter(fact[of] for fact in wanted(text))
        errors = Counter(fact[of] for fact in wanted(text) if fact["error"])
        assert {c.value: (c.spans, c.errors) for c in found[key].values} == {
            value: (spans[value], errors[value]) for value in spans
        }
        assert found[key].known == len(spans)
        counts = [counted.spans for counted in found[key].values]
        assert counts == sorted(counts, reverse=True)


def test_a_facet_that_is_filtered_shows_its_other_values_too(busy: World) -> None:
    found = explore.facets(busy.scope("alice"), filters("service=service-1 status:error"))
    failed = Counter(fact["service"] for fact in wanted("status:error"))
    assert {c.value: c.spans for c in found["service"].values} == failed
    names = Counter(fact["name"] for fact in wanted("service=service-1 status:error"))
    assert {c.value: c.spans for c in found["name"].values} == names
    statuses = {c.value: c.spans for c in found["status"].values}
    assert statuses["ok"] + statuses["error"] == len(wanted("service=service-1"))


def test_a_value_that_the_search_names_is_there_even_without_spans(busy: World) -> None:
    found = explore.facets(busy.scope("alice"), filters("service=gone -exists:agent"))
    assert Counted("gone", 0, 0) in found["service"].values
    assert found["agent"].values == [Counted(None, 0, 0)]


def test_only_the_most_frequent_values_are_shown_and_the_others_counted(world: World) -> None:
    spans = [span(f"op {i % 37}", trace=1, number=i + 1, ago=60) for i in range(200)]
    world.send("acme", *spans)
    scope = world.scope("alice")
    facet = explore.facets(scope, filters(), ["name"])["name"]
    assert len(facet.values) == explore.TOP
    assert facet.more == 37 - explore.TOP
    found = explore.values(scope, filters(), "name", "OP 1", top=50)
    assert {c.value for c in found.values} == {f"op {i}" for i in (1, *range(10, 20))}
    assert found.known == 11


def test_every_facet_has_its_field(busy: World) -> None:
    assert set(explore.facets(busy.scope("alice"), filters())) == set(FACETS)
    for key in FACETS:
        apart = explore.values(busy.scope("alice"), filters(), key)
        assert apart == explore.facets(busy.scope("alice"), filters())[key]


# totals and what is odd


@pytest.mark.parametrize("text", [*TEXTS, '"no such thing"'])
def test_the_total_is_exact(busy: World, text: str) -> None:
    found = explore.total(busy.scope("alice"), filters(text))
    assert (found.rows, found.errors, found.exact) == (
        len(wanted(text)),
        sum(bool(fact["error"]) for fact in wanted(text)),
        True,
    )
    traces = explore.total(busy.scope("alice"), filters(text), "traces")
    assert traces.rows == len({fact["trace"] for fact in wanted(text)})
    assert traces.errors == len({fact["trace"] for fact in wanted(text) if fact["error"]})


@pytest.fixture(scope="module")
def received(busy: World) -> dict[tuple[int, int], datetime]:
    """When each span, by trace and number, was acknowledged: perhaps minutes after NOW."""
    found = {}
    for number in {fact["trace"] for fact in FACTS}:
        columns = trace.spans(busy.scope("alice"), f"{number:032x}").columns
        for name, moment in zip(columns["span_id"], columns["ingest_time"], strict=True):
            found[number, int(name, 16)] = moment
    return found


@pytest.mark.parametrize("text", TEXTS)
def test_the_residue_counts_what_is_odd(
    busy: World, received: dict[tuple[int, int], datetime], text: str
) -> None:
    found = explore.residue(busy.scope("alice"), filters(text))
    stored = {(fact["trace"], fact["number"]) for fact in FACTS}
    orphans = [
        fact
        for fact in wanted(text)
        if fact["parent"] and (fact["trace"], fact["parent"]) not in stored
    ]
    assert found.total.rows == len(wanted(text))
    assert found.odd["orphan"].rows == len(orphans)
    delays = [received[f["trace"], f["number"]] - start(f) for f in wanted(text)]
    assert found.odd["late"].rows == sum(each > timedelta(hours=1) for each in delays)
    assert found.odd["future"].rows == sum(each < -timedelta(minutes=1) for each in delays)
    assert all(total.exact for total in found.odd.values())


def test_the_odd_numbers_are_what_their_links_find(busy: World) -> None:
    scope = busy.scope("alice")
    for text in ("", "status:error OR service=service-2", "-is:orphan"):
        for flag, number in explore.residue(scope, filters(text)).odd.items():
            assert (
                number.rows
                == explore.total(
                    scope, filters(f"({text}) is:{flag}" if text else f"is:{flag}")
                ).rows
            )


def test_what_cannot_be_counted_in_time_is_more_than(
    busy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = explore.matched
    asked: list[float] = []

    def slow(scope: Any, chosen: Any, newest_from: datetime, seconds: float) -> explore.Total:
        asked.append(RANGE.length / (RANGE.until - newest_from))
        if newest_from == RANGE.since:
            raise TooSlow("too slow")
        return real(scope, chosen, newest_from, 5)

    monkeypatch.setattr(explore, "matched", slow)
    found = explore.total(busy.scope("alice"), filters())
    assert [round(share) for share in asked] == [1, 64, 16, 4]
    newest = RANGE.until - RANGE.length / 4
    assert not found.exact
    assert found.rows == sum(start(fact) >= newest for fact in wanted())


def test_a_count_has_a_deadline(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real, seconds = reader.read, []

    def read(scope: Any, question: str, **params: Any) -> Any:
        seconds.append(params["_deadline"])
        return real(scope, question, **params)

    monkeypatch.setattr(reader, "read", read)
    explore.total(busy.scope("alice"), filters(), budget=2)
    explore.total(busy.scope("alice"), filters(), "traces", budget=2)
    assert seconds == [pytest.approx(1.2)] * 2


# whose


def test_charlie_sees_globex_only(busy: World) -> None:
    charlie = busy.scope("charlie")
    assert sum(explore.histogram(charlie, filters()).spans) == 1
    assert [c.spans for c in explore.heatmap(charlie, filters()).cells] == [1]
    facets = explore.facets(charlie, filters("service=plant"))
    assert [c.value for key in FACETS for c in facets[key].values if c.value] == [
        "plant",
        "plant",
        "turbine",
        "ok",
    ]
    assert explore.values(charlie, filters(), "service", "service").values == []
    residue = explore.residue(charlie, filters())
    assert (residue.total.rows, residue.odd["orphan"].rows) == (1, 1)


def test_all_orgs_are_counted_for_staff(busy: World) -> None:
    sam = busy.scope("sam")
    assert explore.total(sam, filters()).rows == len(wanted()) + 1
    assert explore.total(sam, filters(), "traces").rows == len({f["trace"] for f in wanted()}) + 1


def test_the_pinned_version_is_asked(busy: World) -> None:
    version = busy.app.reader.versions()["spans"]
    busy.send("acme", span("newest", trace=800, number=800, ago=1))
    reader.use(busy.app.reader)
    pinned = replace(filters("newest"), version=version)
    assert explore.total(busy.scope("alice"), pinned).rows == 0
    assert explore.total(busy.scope("alice"), filters("newest")).rows == 1
