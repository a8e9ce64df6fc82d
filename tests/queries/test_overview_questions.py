"""Questions of the Overview, over a small real lake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from statistics import quantiles

import pytest
from cast import NOW, World, request_of, span
from hypothesis import given
from hypothesis import strategies as st

from queries import overview
from queries.buckets import bucket
from queries.filters import TimeRange

HOUR = TimeRange(NOW - timedelta(hours=1), NOW)
DAY = TimeRange(NOW - timedelta(days=1), NOW)
LONG_AGO = TimeRange(NOW - timedelta(days=9), NOW - timedelta(days=8))
MS = 1_000_000


@pytest.fixture(scope="module")
def busy(new_world: Callable[..., World]) -> World:
    """An hour at acme: 100 spans of 1 to 100 ms in 10 traces, a failure in every 20th."""
    world = new_world()
    world.send(
        "acme",
        *[
            span(
                trace=i // 10 + 1,
                number=i + 1,
                parent=i // 10 * 10 + 1 if i % 10 else None,
                ago=3500 - i,
                ms=i + 1,
                error="ValueError" if i % 20 == 0 else None,
                gen_ai__agent__name=f"agent-{i % 3}",
            )
            for i in range(100)
        ],
        service="shop",
    )
    world.send("globex", *[span(number=i + 1, ago=30) for i in range(3)], service="plant")
    return world


def test_totals_count_spans_errors_traces_and_agents(busy: World) -> None:
    row = overview.totals(busy.scope("alice"), HOUR).one
    assert (row["spans"], row["errors"], row["traces"], row["agents"]) == (100, 5, 10, 3)
    assert row["newest"] == NOW - timedelta(seconds=3500 - 99)


def test_quantiles_are_within_a_hundredth_of_the_exact_ones(busy: World) -> None:
    durations = [(i + 1) * MS for i in range(100)]
    cuts = quantiles(durations, n=100, method="inclusive")
    row = overview.totals(busy.scope("alice"), HOUR).one
    assert row["quantiles_ns"] == pytest.approx([cuts[49], cuts[94], cuts[98]], rel=0.01)


def test_a_range_holds_its_start_but_not_its_end(world: World) -> None:
    world.send("acme", span("first", ago=600, number=1), span("end", ago=300, number=2))
    range_ = TimeRange(NOW - timedelta(seconds=600), NOW - timedelta(seconds=300))
    assert overview.totals(world.scope("alice"), range_).one["spans"] == 1
    assert sum(overview.course(world.scope("alice"), range_).spans) == 1


def test_a_negative_or_missing_duration_says_nothing_about_speed(world: World) -> None:
    backwards, endless = span(number=1, ms=-50), span(number=2)
    endless.end_time_unix_nano = 0
    world.send("acme", backwards, endless, span(number=3, ms=8))
    row = overview.totals(world.scope("alice"), DAY).one
    assert row["spans"] == 3
    assert row["quantiles_ns"] == [8 * MS] * 3


def test_an_empty_range_is_an_answer_too(busy: World) -> None:
    alice = busy.scope("alice")
    row = overview.totals(alice, LONG_AGO).one
    assert (row["spans"], row["errors"], row["quantiles_ns"], row["newest"]) == (0, 0, None, None)
    course = overview.course(alice, LONG_AGO)
    assert set(course.spans) == {0}
    assert set(course.quantiles_ns) == {None}
    assert overview.groups(alice, LONG_AGO).rows == []


def test_an_empty_lake_is_an_answer_too(world: World) -> None:
    alice = world.scope("alice")
    assert overview.totals(alice, DAY).one["spans"] == 0
    assert sum(overview.course(alice, DAY).spans) == 0
    assert overview.spent(alice, DAY).calls == 0
    assert overview.exceptions(alice, DAY) == ([], 0)
    assert overview.root_causes(alice, DAY).rows == []
    assert overview.self_times(alice, DAY).rows == []
    assert overview.newest(alice, NOW) is None
    assert overview.last_errors(alice, DAY).rows == []
    assert overview.models(alice, DAY).rows == []
    assert overview.orgs(alice, DAY).rows == []


def test_a_course_puts_each_span_into_its_bar(busy: World) -> None:
    course = overview.course(busy.scope("alice"), HOUR)
    edges = course.buckets.edges
    starts = [NOW - timedelta(seconds=3500 - i) for i in range(100)]
    for bar, (since, until) in enumerate(pairwise(edges)):
        inside = [i for i, start in enumerate(starts) if since <= start < until]
        assert course.spans[bar] == len(inside)
        assert course.errors[bar] == sum(i % 20 == 0 for i in inside)
        assert course.traces[bar] == sum(i % 10 == 0 for i in inside)
        assert course.agents[bar] == len({i % 3 for i in inside})
    assert (edges[0], edges[-1]) == (HOUR.since, HOUR.until)


def test_process_groups_are_counted_the_busiest_first(world: World) -> None:
    world.send("acme", span(number=1), span(number=2, error="E"), service="one")
    world.send("acme", *[span(number=i) for i in (3, 4, 5)], service="two")
    world.send("acme", span(number=6), service="three", **{"aeos.process_group": "one"})
    rows = overview.groups(world.scope("alice"), DAY).rows
    assert [(r["process_group"], r["spans"], r["errors"]) for r in rows] == [
        ("one", 3, 1),
        ("two", 3, 0),
    ]


@given(
    st.timedeltas(timedelta(microseconds=1), timedelta(days=40_000)),
    st.integers(0, 10**18),
)
def test_every_moment_of_a_range_has_a_bucket(length: timedelta, moment: int) -> None:
    step = bucket(TimeRange(NOW - length, NOW))
    buckets = -(-length // step)
    inside = timedelta(microseconds=moment % (length // timedelta(microseconds=1)))
    assert 1 <= buckets <= 60
    assert inside // step < buckets


@pytest.mark.parametrize(
    ("length", "step"),
    [
        (timedelta(minutes=5), timedelta(seconds=5)),
        (timedelta(hours=1), timedelta(minutes=1)),
        (timedelta(hours=6), timedelta(minutes=15)),
        (timedelta(days=1), timedelta(minutes=30)),
        (timedelta(days=7), timedelta(hours=3)),
        (timedelta(days=14), timedelta(hours=6)),
        (timedelta(days=90), timedelta(days=2)),
    ],
)
def test_buckets_are_as_wide_as_a_clock_reads(length: timedelta, step: timedelta) -> None:
    assert bucket(TimeRange(NOW - length, NOW)) == step


def test_the_last_errors_are_the_newest(busy: World) -> None:
    rows = overview.last_errors(busy.scope("alice"), HOUR, rows=3).rows
    assert [row["span_id"] for row in rows] == [f"{i + 1:016x}" for i in (80, 60, 40)]
    assert rows[0]["trace_id"] == f"{9:032x}"
    assert (rows[0]["exception_type"], rows[0]["message"]) == ("ValueError", "it broke")
    assert len(overview.last_errors(busy.scope("alice"), HOUR)) == 5


def test_an_error_without_an_exception_says_what_its_status_says(world: World) -> None:
    failed = span(error="E")
    del failed.events[:]
    failed.status.message = "the card was declined"
    world.send("acme", failed)
    (row,) = overview.last_errors(world.scope("alice"), DAY)
    assert (row["exception_type"], row["message"]) == (None, "the card was declined")


def call(number: int, model: str, cost: float | None = None, operation: str = "chat") -> bytes:
    paid = {"gen_ai__usage__cost": cost} if cost is not None else {}
    return request_of(
        span(
            number=number,
            gen_ai__operation__name=operation,
            gen_ai__request__model=model,
            gen_ai__provider__name="them",
            gen_ai__usage__input_tokens=100,
            gen_ai__usage__output_tokens=number,
            **paid,
        )
    )


def test_models_count_their_calls_the_dearest_first(world: World) -> None:
    for body in (
        call(1, "cheap", 0.01),
        call(2, "dear", 0.5),
        call(3, "dear", 0.25),
        call(4, "free"),
        # an agent's span repeats what its calls cost
        call(5, "dear", 0.75, operation="invoke_agent"),
    ):
        assert world.post("acme", body).status_code == 200
    world.settle()
    rows = overview.models(world.scope("alice"), DAY).rows
    assert [row["model"] for row in rows] == ["dear", "cheap", "free"]
    assert rows[0] == {
        "model": "dear",
        "calls": 2,
        "input_tokens": 200,
        "output_tokens": 5,
        "cost_usd": 0.75,
    }
    assert rows[2]["cost_usd"] is None


def test_staff_compare_orgs_the_highest_error_rate_first(busy: World) -> None:
    rows = overview.orgs(busy.scope("sam"), DAY).rows
    assert [(row["org_id"], row["spans"], row["errors"]) for row in rows] == [
        ("acme", 100, 5),
        ("globex", 3, 0),
    ]
    assert rows[1]["p95_ns"] == 10 * MS
    assert overview.totals(busy.scope("sam"), DAY).one["spans"] == 103
    assert overview.totals(busy.scope("sam", "globex"), DAY).one["spans"] == 3


def test_charlie_sees_globex_only(busy: World) -> None:
    charlie = busy.scope("charlie")
    assert overview.totals(charlie, DAY).one["spans"] == 3
    assert [r["process_group"] for r in overview.groups(charlie, DAY)] == ["plant"]
    assert overview.last_errors(charlie, DAY).rows == []
    assert overview.models(charlie, DAY).rows == []
    assert [row["org_id"] for row in overview.orgs(charlie, DAY)] == ["globex"]


def test_charlie_sees_no_models_of_acme(world: World) -> None:
    world.post("acme", call(1, "secret-model", 1.0))
    world.settle()
    assert overview.models(world.scope("charlie"), DAY).rows == []
    assert len(overview.models(world.scope("bob"), DAY)) == 1
