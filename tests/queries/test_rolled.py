"""Rolled questions answer as the spans themselves would, from rollups as far as these reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pytest
from cast import NOW, World, span
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queries import reader, rolled
from queries.filters import EPOCH, TimeRange
from queries.reader import Answer, Sql
from queries.rolled import DAY, HOUR, MINUTE, Rolled
from telemetry import edges
from telemetry.grains import FINEST, GAMMA, GRAINS, LEVELS

MIDNIGHT = NOW.replace(hour=0, minute=0, second=0)
FAR = datetime(9999, 1, 1, tzinfo=UTC)

moments = st.integers(0, 3 * 86400 * 4).map(lambda n: EPOCH + timedelta(seconds=n / 4))
steps = st.sampled_from([None, 15, 60, 600, 3600, 7200, 86400]).map(
    lambda s: s and timedelta(seconds=s)
)


@given(moments, moments, steps, st.sampled_from(sorted(GRAINS)), moments)
def test_every_moment_of_a_range_is_in_one_part(
    one: datetime, other: datetime, step: timedelta | None, grain: str, until: datetime
) -> None:
    since, end = sorted((one, other + timedelta(seconds=1)))
    asked = Rolled(TimeRange(since, end + timedelta(seconds=1)), step, grain)
    parts = asked.parts(until)
    pieces = [*asked.ends(parts), *pieces_of(parts)]
    assert sum((piece.until - piece.since for piece in pieces), timedelta()) == asked.range.length
    for name, piece in parts.by_level.items():
        level = LEVELS[name]
        assert since <= piece.since <= piece.until <= max(since, min(end + HOUR, asked.range.until))
        if piece:
            whole = max(level, FINEST[grain])
            assert not (piece.since - EPOCH) % whole
            assert not (piece.until - EPOCH) % whole
            assert piece.until <= until
            assert step is None or not step % whole


def pieces_of(parts: rolled.Parts) -> list[rolled.Span]:
    """The days, the hours that are in no day, and so on."""
    nested = list(parts.by_level.values())
    found = [nested[-1]]
    for outer, inner in pairwise(nested):
        if inner:
            found += [
                rolled.Span(outer.since, inner.since),
                rolled.Span(inner.until, outer.until),
            ]
        else:
            found.append(outer)
    return found


@given(moments, st.integers(1, 300), st.sampled_from([60, 600, 3600]))
def test_bars_cover_a_range_and_no_more(since: datetime, minutes: int, seconds: int) -> None:
    step = timedelta(seconds=seconds)
    range_ = TimeRange(since, since + timedelta(minutes=minutes))
    bars = rolled.bars(range_, step)
    assert bars[0] <= range_.since < bars[0] + step
    assert bars[-1] < range_.until <= bars[-1] + step
    assert all(not (bar - EPOCH) % step for bar in bars)


DURATIONS = st.lists(st.integers(0, 10**12) | st.integers(0, 100), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def engine() -> duckdb.DuckDBPyConnection:
    """The macros, over a table of durations that stands for rollups of one key."""
    db = duckdb.connect()
    made = reader.macros()
    for name in ("bucket_of", "middle_of"):
        db.execute(f"create macro {made[name].removeprefix('create macro ')}")
    return db


@given(durations=DURATIONS)
def test_the_middle_of_a_bucket_is_near_every_duration_in_it(
    engine: duckdb.DuckDBPyConnection, durations: list[int]
) -> None:
    found = engine.sql(
        "select ns, middle_of(bucket_of(ns)) from (select unnest($all) as ns)",
        params={"all": durations},
    ).fetchall()
    for ns, middle in found:
        assert abs(middle - ns) <= (GAMMA - 1) / (GAMMA + 1) * ns * (1 + 1e-9)


def ask(world: World, who: str, sql: str, range_: TimeRange, **over: Any) -> Answer:
    """A question of this test's own."""
    sql = reader.spelled(sql)
    names = frozenset(f"${n}" for n in duckdb.extract_statements(sql)[0].named_parameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "load", lambda _: Sql(sql, names))
        return world.app.reader.read(
            world.scope(who), f"test.{sql}", **rolled.over(range_, **{"grain": "service", **over})
        )


BY_SERVICE = """
select *
from rolled_by('service', $rolled, service_name)
order by key
"""


def spread(seed: int, count: int = 400) -> list[Any]:
    """Spans over the last two days, with durations from nothing to hours."""
    dice = np.random.default_rng(seed)
    return [
        span(
            f"op-{int(dice.integers(4))}",
            trace=seed * 1000 + i + 1,
            number=seed * 1000 + i + 1,
            ago=float(dice.uniform(1, 2 * 86400)),
            ms=float(np.exp(dice.uniform(-9, 16))) if i % 50 else 0,
            error="ValueError" if i % 7 == 0 else None,
            parent=5 if i % 3 else None,
            gen_ai__agent__name=f"agent-{i % 3}",
            aeos__memory__delta_bytes=i,
        )
        for i in range(count)
    ]


@pytest.fixture(scope="module")
def busy(new_world: Callable[..., World]) -> World:
    world = new_world()
    world.send("acme", *spread(1), service="shop")
    world.send("acme", *spread(2, 30), service="till")
    world.send("globex", span(ago=60), service="plant")
    return world


ranges = st.tuples(st.integers(0, 86400 * 2), st.integers(1, 86400 * 2)).map(
    lambda pair: TimeRange(
        NOW - timedelta(seconds=pair[0] + pair[1]), NOW - timedelta(seconds=pair[0])
    )
)


@given(range_=ranges)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_sums_are_exact_and_quantiles_within_a_hundredth(busy: World, range_: TimeRange) -> None:
    answer = ask(busy, "alice", BY_SERVICE, range_)
    exact = {row["service_name"]: row for row in ask(busy, "alice", EXACT, range_)}
    assert {row["key"] for row in answer} == exact.keys()
    for row in answer:
        own = exact[row["key"]]
        for name in ("spans", "errors", "roots", "timed", "duration_ns", "shortest_ns", "latest"):
            assert row[name] == own[name], name
        for place, name in enumerate(("p50_ns", "p95_ns", "p99_ns")):
            assert row[name] == pytest.approx(own["quantiles"][place], rel=0.01)


EXACT = """
select
    service_name,
    count(*) as spans,
    count(*) filter (where status = 'error') as errors,
    count(*) filter (where parent_span_id is null) as roots,
    count(duration_ns) as timed,
    sum(duration_ns) as duration_ns,
    min(duration_ns) as shortest_ns,
    max(start_time) as latest,
    quantile_cont(duration_ns, [0.5, 0.95, 0.99]) as quantiles
from spans($spans)
where start_time >= $since and start_time < $until
group by service_name
"""


def test_the_answer_says_what_was_read(busy: World) -> None:
    yesterday = TimeRange(MIDNIGHT - timedelta(days=1, hours=2, minutes=16), MIDNIGHT)
    assert ask(busy, "alice", BY_SERVICE, yesterday).source == "rollups: day, hour, quarter hour"
    bars = ask(busy, "alice", BY_SERVICE, yesterday, step=timedelta(minutes=30))
    assert bars.source == "rollups: quarter hour"
    blink = TimeRange(NOW - timedelta(seconds=40), NOW)
    assert ask(busy, "alice", BY_SERVICE, blink).source == "spans"


@pytest.mark.parametrize("seconds", [20, 60, 1800, 7200, 86400])
def test_bars_hold_the_same_spans_from_rollups_and_from_spans(busy: World, seconds: int) -> None:
    sql = "select key.bar as bar, spans from rolled_sums('all', $rolled, {bar: bar}) order by bar"
    range_ = TimeRange(NOW - timedelta(hours=31, seconds=7), NOW - timedelta(seconds=3))
    step = timedelta(seconds=seconds)
    found = ask(busy, "alice", sql, range_, step=step)
    starts = ask(
        busy,
        "alice",
        "select start_time from spans($spans) where start_time >= $since and start_time < $until",
        range_,
    )
    counts: dict[datetime, int] = {}
    for row in starts:
        bar = EPOCH + (row["start_time"] - EPOCH) // step * step
        counts[bar] = counts.get(bar, 0) + 1
    assert {row["bar"]: row["spans"] for row in found} == counts
    assert counts.keys() <= set(rolled.bars(range_, step))


def test_spans_count_before_they_are_rolled(new_world: Callable[..., World]) -> None:
    """In the middle of a range, where only rollups are read."""
    world = new_world()
    day = TimeRange(NOW - timedelta(days=2), NOW)
    world.send("acme", span(number=1, ago=9000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(world.app), "roll", lambda _: None)
        world.send("acme", span(number=2, ago=9001), span(number=3, ago=20_000))
        (before,) = ask(world, "alice", BY_SERVICE, day)
        patch.setattr("queries.snapshot.MOST_COMMITS", 0)
        late = ask(world, "alice", BY_SERVICE, TimeRange(day.since, day.until + MINUTE))
    world.app.roll()
    after = ask(world, "alice", BY_SERVICE, day)
    assert before["spans"] == late.one["spans"] == after.one["spans"] == 3
    assert (late.source, after.source[:7]) == ("spans", "rollups")


def test_without_rollups_everything_comes_from_spans(new_world: Callable[..., World]) -> None:
    world = new_world()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(world.app), "roll", lambda _: None)
        world.send("acme", span(number=1, ago=9000), span(number=2, ago=90))
        answer = ask(world, "alice", BY_SERVICE, TimeRange(NOW - DAY, NOW))
    assert (answer.one["spans"], answer.source) == (2, "spans")


EDGES = """
select key.caller as caller, key.callee as callee, spans as calls, errors, p95_ns
from called_by('calls', $rolled, {caller: caller, callee: callee})
order by all
"""


def test_edges_are_the_same_before_and_after_they_are_rolled(
    new_world: Callable[..., World],
) -> None:
    world = new_world()
    for place, service in enumerate(("shop", "till", "bank", "shop")):
        world.send(
            "acme",
            *[
                span(
                    trace=n + 1,
                    number=10 * n + place + 1,
                    parent=10 * n + place or None,
                    ago=9000 + 700 * n - place,
                    ms=5 + n,
                    error="Refused" if n == 2 else None,
                )
                for n in range(6)
            ],
            service=service,
        )
    range_ = TimeRange(NOW - timedelta(hours=12), NOW)
    before = ask(world, "alice", EDGES, range_, grain="calls")
    edges.roll(world.app.settings, NOW)
    after = ask(world, "alice", EDGES, range_, grain="calls")
    assert (before.source, after.source[:7]) == ("spans", "rollups")
    names = [("bank", "shop", 6, 1), ("shop", "till", 6, 1), ("till", "bank", 6, 1)]
    for answer in (before, after):
        assert [tuple(row.values())[:4] for row in answer] == names
    assert after.rows[0]["p95_ns"] == pytest.approx(before.rows[0]["p95_ns"], rel=0.01)
    assert not ask(world, "charlie", EDGES, range_, grain="calls").rows


def test_charlie_sees_nothing_of_acme(busy: World) -> None:
    found = ask(busy, "charlie", BY_SERVICE, TimeRange(NOW - 2 * DAY, NOW))
    assert [row["key"] for row in found] == ["plant"]
    everyone = ask(busy, "ada", BY_SERVICE, TimeRange(NOW - 3 * DAY, NOW))
    assert [row["key"] for row in everyone] == ["plant", "shop", "till"]
