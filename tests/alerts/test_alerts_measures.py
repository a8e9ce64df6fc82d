"""What rules measure, over a small real lake: one instant alone and many at once are the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from cast import World, pairs, request_of, span
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from alerts import measures, metrics
from alerts.errors import MeasureError
from alerts.measures import Reading
from alerts.rules import (
    Anomaly,
    Budget,
    Condition,
    Failures,
    Heartbeat,
    Rule,
    Staleness,
    Threshold,
)
from queries.filters import TimeRange

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""A Tuesday's noon in winter: the present of a test. Each has one of its own, 52 weeks apart, so
that they can share a world."""


@pytest.fixture(scope="module")
def shared(new_world: Callable[..., World]) -> World:
    return new_world()


@pytest.fixture
def world(shared: World) -> World:
    global AT
    AT += timedelta(weeks=52)
    return shared


def send(world: World, *spans: Span, service: str = "checkout") -> None:
    """Spans of acme that are stored, but not in rollups: that takes longer, and few ask them."""
    assert world.post("acme", request_of(*spans, service=service)).status_code == 200
    world.app.writer.drain_all()


def at(ago: timedelta, name: str = "pay", *, number: int = 1, **more: Any) -> Span:
    """A span that began so long before AT."""
    made = span(name, number=number, **more)
    start = int((AT - ago).timestamp() * 1e9)
    made.end_time_unix_nano = start + made.end_time_unix_nano - made.start_time_unix_nano
    made.start_time_unix_nano = start
    return made


def points(
    world: World, name: str, values: dict[timedelta, float], unit: str = "", **attributes: Any
) -> None:
    """Gauge points of `plant`, by how long before AT they were read."""
    request = ExportMetricsServiceRequest()
    block = request.resource_metrics.add()
    block.resource.attributes.extend(pairs({"service.name": "plant"}))
    metric = block.scope_metrics.add().metrics.add(name=name, unit=unit)
    for ago, value in values.items():
        point = metric.gauge.data_points.add(
            time_unix_nano=int((AT - ago).timestamp() * 1e9), as_double=value
        )
        point.attributes.extend(pairs(attributes))
    assert world.post("acme", request.SerializeToString(), "metrics").status_code == 200
    world.app.writer.drain_all()


def rule(condition: Condition, **more: Any) -> Rule:
    return Rule(name="a rule", org="acme", condition=condition, **more)


def now(
    world: World, its: Rule, who: str = "alice", moment: datetime | None = None
) -> list[Reading]:
    """What one evaluation finds."""
    ((instant, readings),) = measures.measure(world.scope(who), its, [moment or AT])
    assert instant == (moment or AT)
    return readings


def the_one(world: World, its: Rule, moment: datetime | None = None) -> Reading:
    (reading,) = now(world, its, moment=moment)
    return reading


def over(metric: str, limit: float, **more: Any) -> Threshold:
    return Threshold(metric=metric, comparator=">", limit=limit, **more)


# thresholds


def test_the_error_rate_is_the_share_of_failed_spans(world: World) -> None:
    send(
        world,
        *[at(MINUTE, number=n, error="Timeout" if n == 1 else None) for n in range(1, 5)],
    )
    reading = the_one(world, rule(over("error_rate", 0.2)))
    assert (reading.value, reading.breached, reading.recovered) == (0.25, True, False)
    assert reading.text == "error rate 25 %, above 20 %"
    assert (reading.since, reading.until) == (AT - 5 * MINUTE, AT)


def test_the_failure_rate_is_that_of_traces(world: World) -> None:
    send(
        world,
        at(MINUTE, trace=1, number=1, error="Timeout"),
        at(MINUTE, trace=2, number=2),
        at(MINUTE, trace=2, number=3, parent=2, error="Timeout"),
    )
    assert the_one(world, rule(over("failure_rate", 0.2))).value == 0.5


@pytest.mark.parametrize(
    "name", ["duration.p95", "response_time.p95", "api.response_time.p95", "latency.p95"]
)
def test_a_quantile_is_at_most_a_hundredth_off(world: World, name: str) -> None:
    send(world, *[at(MINUTE, number=n, ms=n) for n in range(1, 101)])
    reading = the_one(world, rule(over(name, 90e6)))
    assert reading.value == pytest.approx(95.05e6, rel=0.01)
    assert reading.text == "p95 95.1 ms, above 90 ms" or reading.text.startswith("p95 9")


def test_a_quantile_of_equal_durations_is_exact(world: World) -> None:
    send(world, *[at(MINUTE, number=n, ms=500) for n in range(1, 9)])
    reading = the_one(world, rule(over("duration.p95", 500e6)))
    assert (reading.value, reading.breached) == (500e6, False)
    assert reading.text == "p95 500 ms, not above 500 ms"


def test_nothing_outside_of_the_window_counts(world: World) -> None:
    send(
        world,
        at(5 * MINUTE, number=1),
        at(timedelta(0), number=2),
        at(5 * MINUTE + timedelta(microseconds=1), number=3),
    )
    assert the_one(world, rule(over("throughput.spans", 1))).value == 1 / 300


def test_no_spans_are_no_error_rate_but_a_throughput_of_none(world: World) -> None:
    assert now(world, rule(over("error_rate", 0.2))) == []
    assert the_one(world, rule(Threshold(metric="throughput", comparator="<", limit=1))).breached


def test_each_group_has_a_reading(world: World) -> None:
    send(world, at(MINUTE, number=1, error="Timeout"), service="shop")
    send(world, at(MINUTE, number=2), service="bank")
    readings = now(world, rule(over("error_rate", 0.5, by=("service",))))
    assert {reading.labels: reading.breached for reading in readings} == {
        (("service", "bank"),): False,
        (("service", "shop"),): True,
    }


def test_groups_may_be_of_attributes_and_of_several_keys(world: World) -> None:
    send(
        world,
        at(MINUTE, number=1, user__tier="gold"),
        at(MINUTE, number=2, user__tier="tin"),
        at(MINUTE, number=3),
    )
    readings = now(world, rule(over("throughput", 0, by=("service", "attr.user.tier"))))
    assert [reading.labels for reading in readings] == [
        (("attr.user.tier", "gold"), ("service", "checkout")),
        (("attr.user.tier", "tin"), ("service", "checkout")),
    ]


def test_a_search_narrows_the_spans(world: World) -> None:
    send(world, at(MINUTE, "pay", number=1, error="Timeout"), at(MINUTE, "ask", number=2))
    assert the_one(world, rule(over("error_rate", 0), search="name:ask")).value == 0


def test_a_search_about_whole_traces_is_refused(world: World) -> None:
    with pytest.raises(MeasureError, match="one span at a time"):
        now(world, rule(over("error_rate", 0), search="trace.spans>3"))


def test_between_the_limits_a_value_is_neither_breached_nor_recovered(world: World) -> None:
    send(
        world,
        *[at(MINUTE, number=n, error="Timeout" if n == 1 else None) for n in range(1, 5)],
    )
    reading = the_one(world, rule(over("error_rate", 0.3, recovery=0.2)))
    assert (reading.breached, reading.recovered) == (False, False)


def test_tokens_and_cost_are_those_of_model_calls(world: World) -> None:
    tokens = {"gen_ai__usage__input_tokens": 70, "gen_ai__usage__output_tokens": 30}
    send(
        world,
        at(MINUTE, number=1, gen_ai__operation__name="chat", **tokens),
        at(MINUTE, number=2, gen_ai__operation__name="invoke_agent", **tokens),
    )
    assert the_one(world, rule(over("tokens", 50))).value == 100
    assert the_one(world, rule(over("tokens.input", 50))).value == 70


def test_a_metric_is_measured_by_its_points(world: World) -> None:
    points(world, "oil_c", {3 * MINUTE: 80.0, 2 * MINUTE: 90.0, MINUTE: 70.0})
    found = {
        name: the_one(world, rule(over(f"{name} oil_c", 75))).value
        for name in ("avg", "min", "max", "last", "sum")
    }
    assert found == {"avg": 80, "min": 70, "max": 90, "last": 70, "sum": 240}


def test_a_watched_variable_is_a_metric_too(world: World) -> None:
    send(world, at(MINUTE, number=1, **{"aeos.data.confidence": 0.4}))
    reading = the_one(world, rule(Threshold(metric="avg confidence", comparator="<", limit=0.6)))
    assert (reading.value, reading.breached) == (0.4, True)
    assert reading.text == "avg confidence 0.4, below 0.6"


def test_memory_is_a_share_whatever_unit_it_is_sent_in(world: World) -> None:
    points(world, "memory", {MINUTE: 95.0}, unit="%")
    points(world, "system.memory.utilization", {MINUTE: 0.93}, unit="1", state="used")
    points(world, "system.memory.utilization", {MINUTE: 0.07}, unit="1", state="free")
    points(world, "memory", {MINUTE: 8e9}, unit="By")
    assert the_one(world, rule(over("memory", 0.9))).value == pytest.approx(0.94)


def test_a_queue_is_as_deep_as_last_reported(world: World) -> None:
    points(world, "queue_size", {2 * MINUTE: 50.0, MINUTE: 120.0})
    assert the_one(world, rule(over("queue size", 100))).breached


def test_a_metric_is_searched_by_what_points_have(world: World) -> None:
    points(world, "oil_c", {MINUTE: 80.0})
    assert the_one(world, rule(over("avg oil_c", 75), search="service:plant")).breached
    assert now(world, rule(over("avg oil_c", 75), search="service:shop")) == []
    with pytest.raises(MeasureError, match="speaks of spans"):
        now(world, rule(over("avg oil_c", 75), search="status:error"))


def test_the_rate_of_a_counter_is_its_growth_over_restarts(world: World) -> None:
    request = ExportMetricsServiceRequest()
    block = request.resource_metrics.add()
    metric = block.scope_metrics.add().metrics.add(name="jobs")
    metric.sum.aggregation_temporality = 2
    metric.sum.is_monotonic = True
    for ago, value in ((6, 100), (4, 160), (2, 40), (1, 100)):
        metric.sum.data_points.add(
            time_unix_nano=int((AT - ago * MINUTE).timestamp() * 1e9), as_int=value
        )
    assert world.post("acme", request.SerializeToString(), "metrics").status_code == 200
    world.app.writer.drain_all()
    assert the_one(world, rule(over("rate jobs", 1))).value == pytest.approx(160 / 300)


# heartbeats, failures, silent and late variables


def test_an_agent_that_fell_silent_is_missed_for_a_day(world: World) -> None:
    send(world, at(11 * MINUTE, number=1, gen_ai__agent__name="scout"))
    send(world, at(9 * MINUTE, number=2, gen_ai__agent__name="clerk"))
    its = rule(Heartbeat(of="agent"))
    found = {reading.labels: reading.breached for reading in now(world, its)}
    assert found == {(("agent", "clerk"),): False, (("agent", "scout"),): True}
    assert now(world, its, moment=AT + timedelta(days=2)) == []


def test_a_name_on_the_roster_is_missed_though_it_never_came(world: World) -> None:
    reading = the_one(world, rule(Heartbeat(of="service", roster=("shop",))))
    assert (reading.labels, reading.value, reading.breached) == ((("service", "shop"),), None, True)
    assert reading.text == "on the roster, but not seen in the last 1.01 d"


def test_a_metric_is_a_sign_of_life(world: World) -> None:
    points(world, "oil_c", {MINUTE: 80.0})
    reading = the_one(world, rule(Heartbeat(of="service", names="pla*")))
    assert (reading.labels, reading.breached) == ((("service", "plant"),), False)


@pytest.mark.parametrize(("outcomes", "breached"), [("bbb", True), ("bbbg", False), ("gbb", False)])
def test_three_failures_in_a_row_are_too_many(world: World, outcomes: str, breached: bool) -> None:
    send(
        world,
        *[
            at(
                (9 - n) * timedelta(seconds=10),
                number=n + 1,
                kind=Span.SPAN_KIND_CLIENT,
                error="Refused" if outcome == "b" else None,
                peer__service="bank",
            )
            for n, outcome in enumerate(outcomes)
        ],
    )
    reading = the_one(world, rule(Failures(service="ba*")))
    assert (reading.labels, reading.breached) == ((("service", "bank"),), breached)
    if breached:
        assert reading.text == "failed 3 times in a row: Refused"


def test_a_variable_that_nobody_reads_any_more_is_silent(world: World) -> None:
    points(world, "oil_c", {20 * MINUTE: 80.0})
    its = rule(Staleness(kind="silent", roster=("pump/rpm", "oil_c")))
    late, never = now(world, its)
    assert dict(late.labels)["data"] == "oil_c"
    assert (late.breached, late.value) == (True, 20 * 60e9)
    assert late.text == "last read 20 min before, at least 10 min"
    assert (never.labels, never.breached) == ((("data", "rpm"), ("process", "pump")), True)


def test_a_variable_lags_when_even_the_freshest_is_late(world: World) -> None:
    moment = datetime.now(UTC).replace(second=0, microsecond=0) + MINUTE
    request = ExportMetricsServiceRequest()
    scope = request.resource_metrics.add().scope_metrics.add()
    for name, agos in (("late", (70, 65)), ("straggling", (70, 0))):
        metric = scope.metrics.add(name=name)
        for ago in agos:
            metric.gauge.data_points.add(
                time_unix_nano=int((moment - (ago + 1) * MINUTE).timestamp() * 1e9), as_double=1
            )
    assert world.post("acme", request.SerializeToString(), "metrics").status_code == 200
    world.app.writer.drain_all()
    readings = now(world, rule(Staleness(kind="lagging", lag=HOUR)), moment=moment)
    assert {dict(r.labels)["data"]: r.breached for r in readings} == {
        "late": True,
        "straggling": False,
    }


# frozen variables


def frozen(**more: Any) -> Rule:
    return rule(Staleness(kind="frozen", **more))


def level(world: World, *values: Any, every: timedelta = MINUTE) -> None:
    """A span for each value, the last one a minute before AT."""
    send(
        world,
        *[
            at(MINUTE + every * (len(values) - 1 - i), number=i + 1, **{"aeos.data.level": value})
            for i, value in enumerate(values)
        ],
    )


@pytest.mark.parametrize(("repeats", "breached"), [(5, False), (6, True)])
def test_more_than_five_equal_values_are_frozen(world: World, repeats: int, breached: bool) -> None:
    level(world, 1, *[2] * repeats)
    reading = the_one(world, frozen())
    assert (reading.value, reading.breached) == (repeats, breached)
    assert reading.since == AT - repeats * MINUTE


def test_a_frozen_variable_stays_frozen_until_its_value_changes(world: World) -> None:
    level(world, *[2] * 6)
    assert the_one(world, frozen(), moment=AT + 20 * HOUR).breached
    send(world, at(timedelta(0), number=9, **{"aeos.data.level": 3}))
    changed = the_one(world, frozen(), moment=AT + MINUTE)
    assert (changed.breached, changed.recovered) == (False, True)


def test_near_values_are_repeats_within_the_tolerance(world: World) -> None:
    level(world, 2.0, 2.001, 2.0, 1.999, 2.0, 2.001)
    assert not the_one(world, frozen()).breached
    assert the_one(world, frozen(tolerance=0.01)).breached


def test_a_run_must_last_as_long_as_is_asked(world: World) -> None:
    level(world, *[2] * 6)
    reading = the_one(world, frozen(lasting=HOUR))
    assert not reading.breached
    assert reading.text.endswith("but not yet for 1 h")
    assert the_one(world, frozen(lasting=5 * MINUTE)).breached


def test_a_value_that_may_repeat_is_never_frozen(world: World) -> None:
    level(world, *[0] * 6)
    assert the_one(world, frozen()).breached
    reading = the_one(world, frozen(ignore=("0.0",)))
    assert (reading.breached, reading.recovered, reading.text) == (False, True, "0 may repeat")


def test_a_value_may_repeat_at_night_only(world: World) -> None:
    level(world, *[0] * 8, every=HOUR)
    by_day = frozen(ignore=("0",), ignore_from=time(21), ignore_until=time(7), zone="Europe/Berlin")
    reading = the_one(world, by_day)
    # read from 04:59 to 11:59 UTC, an hour later in Berlin: 5 and 6 o'clock are ignored
    assert (reading.value, reading.breached) == (6, True)


def test_no_value_ends_a_run(world: World) -> None:
    points(world, "oil_c", {ago * MINUTE: 80.0 for ago in (7, 6, 5)})
    points(world, "oil_c", {ago * MINUTE: 80.0 for ago in (3, 2, 1)})
    assert the_one(world, frozen()).value == 6
    request = ExportMetricsServiceRequest()
    block = request.resource_metrics.add()
    block.resource.attributes.extend(pairs({"service.name": "plant"}))
    gauge = block.scope_metrics.add().metrics.add(name="oil_c").gauge
    gauge.data_points.add(time_unix_nano=int((AT - 4 * MINUTE).timestamp() * 1e9), flags=1)
    assert world.post("acme", request.SerializeToString(), "metrics").status_code == 200
    world.app.writer.drain_all()
    assert the_one(world, frozen()).value == 3


def test_frozen_variables_are_chosen_by_process_and_name(world: World) -> None:
    level(world, *[2] * 6)
    assert len(now(world, frozen(process="p*", data="lev*"))) == 1
    assert now(world, frozen(process="ask")) == []
    assert now(world, frozen(data="oil")) == []


# budgets


CHAT = {"gen_ai__operation__name": "chat"}


def spend(world: World, *amounts: tuple[timedelta, float], **more: Any) -> None:
    send(
        world,
        *[
            at(ago, number=n, gen_ai__usage__cost=amount, **CHAT, **more)
            for n, (ago, amount) in enumerate(amounts, 1)
        ],
    )


def test_a_budget_warns_at_each_share_of_its_day(world: World) -> None:
    spend(world, (HOUR, 5.0), (2 * HOUR, 3.5), (13 * HOUR, 100.0))
    readings = now(world, rule(Budget(measure="cost", period="day", limit=10)))
    assert [(dict(r.labels)["budget"], r.breached) for r in readings] == [
        ("50%", True),
        ("80%", True),
        ("100%", False),
    ]
    assert readings[0].text == "$8.50 spent, 85 % of $10.00 a day"
    assert readings[0].since == AT - 12 * HOUR


def test_a_budget_day_is_a_day_of_its_zone(world: World) -> None:
    spend(world, (13 * HOUR - MINUTE, 7.0))
    its = Budget(measure="cost", period="day", limit=10, zone="Europe/Berlin", warn_at=(0.5,))
    (reading,) = now(world, rule(its))
    assert (reading.value, reading.since) == (7.0, AT - 13 * HOUR)


def test_a_budget_of_agents_has_a_reading_for_each(world: World) -> None:
    spend(world, (HOUR, 5.0), gen_ai__agent__name="scout")
    its = Budget(measure="cost", period="month", limit=10, by="agent", warn_at=(0.5,))
    (reading,) = now(world, rule(its))
    assert reading.labels == (("agent", "scout"), ("budget", "50%"))
    assert reading.since == AT.replace(day=1, hour=0)


def test_the_rest_of_a_day_is_foretold_by_the_same_day_of_the_week_before(world: World) -> None:
    week = timedelta(days=7)
    spend(world, (HOUR, 5.0), (week - 6 * HOUR, 4.0), (week + 6 * HOUR, 1.0))
    its = Budget(measure="cost", period="day", limit=8, warn_at=(), forecast=True)
    (reading,) = now(world, rule(its))
    assert (reading.value, reading.breached) == (9.0, True)
    assert reading.text == "$9.00 expected, more than $8.00 a day"


def test_without_a_week_before_the_rest_is_foretold_by_how_it_went(world: World) -> None:
    spend(world, (HOUR, 5.0))
    its = Budget(measure="cost", period="day", limit=8, warn_at=(), forecast=True)
    (reading,) = now(world, rule(its))
    assert reading.value == 10.0
    (early,) = now(world, rule(its), moment=AT + 13 * HOUR)
    assert (early.value, early.breached) == (None, False)


# anomalies


def weeks(world: World, ms: float, last: float) -> None:
    """The same hour of three weeks and now, with durations around `ms`, and `last` now."""
    spans = [
        at(timedelta(days=7 * week) + n * MINUTE, number=100 * week + n, ms=ms * (1 + n % 5 / 50))
        for week in (1, 2, 3)
        for n in range(1, 59)
    ]
    send(world, *spans, at(MINUTE, number=1, ms=last))


def test_an_anomaly_says_what_was_expected(world: World) -> None:
    weeks(world, 100, 300)
    reading = the_one(world, rule(Anomaly(metric="duration.p95")))
    assert reading.breached
    assert "p95 300 ms, expected " in reading.text
    assert "of 3 Tuesdays 11–12 h UTC" in reading.text


def test_what_is_as_ever_is_no_anomaly(world: World) -> None:
    weeks(world, 100, 104)
    reading = the_one(world, rule(Anomaly(metric="duration.p95")))
    assert (reading.breached, reading.recovered) == (False, True)


def test_what_is_below_is_no_anomaly_for_who_asks_above(world: World) -> None:
    weeks(world, 100, 20)
    assert the_one(world, rule(Anomaly(metric="duration.p95"))).breached
    assert not the_one(world, rule(Anomaly(metric="duration.p95", direction="above"))).breached


def test_an_anomaly_needs_the_weeks_it_asks_for(world: World) -> None:
    weeks(world, 100, 300)
    reading = the_one(world, rule(Anomaly(metric="duration.p95", minimum_weeks=4)))
    assert not reading.breached
    assert reading.text == "p95 300 ms; learning: 3 of 4 weeks are known"


def test_what_was_before_the_first_span_is_no_history(world: World) -> None:
    send(world, *[at(n * MINUTE / 2, number=n) for n in range(1, 9)])
    reading = the_one(world, rule(Anomaly(metric="throughput")))
    assert not reading.breached
    assert reading.text.endswith("learning: 0 of 2 weeks are known")


# names


def test_names_that_rules_may_use(world: World) -> None:
    points(world, "oil_c", {MINUTE: 80.0})
    send(world, at(MINUTE, number=1, **{"aeos.data.level": 3, "aeos.data.mode": "slow"}))
    scope = world.scope("alice")
    for name in ("error_rate", "queue size", "avg confidence", "oil_c", "max oil_c", "level"):
        assert metrics.known(scope, name, AT), name
    for name in ("mode", "oil", "p96", "", "avg error_rate"):
        assert not metrics.known(scope, name, AT), name
    assert metrics.refusal(scope, "oil_x", AT) == (
        'No metric or watched variable named "oil_x" has been sent here. Did you mean "oil_c"?'
    )


def test_charlie_knows_no_names_of_acme(world: World) -> None:
    points(world, "oil_c", {MINUTE: 80.0})
    assert not metrics.known(world.scope("charlie"), "oil_c", AT)
    assert "oil_c" not in str(metrics.refusal(world.scope("charlie"), "oil_d", AT))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (812e6, "ns", "812 ms"),
        (5_400e9, "ns", "1.5 h"),
        (0.07312, "ratio", "7.31 %"),
        (12.5, "usd", "$12.50"),
        (0.0042, "usd", "$0.004"),
        (1_500_000, "bytes", "1.5 MB"),
        (1234567, "count", "1,234,567"),
        (None, "ns", "unknown"),
    ],
)
def test_values_are_said_with_their_unit(value: float | None, unit: str, text: str) -> None:
    assert metrics.said(value, unit) == text


# what holds for all of them


CONDITIONS: dict[str, Condition] = {
    "errors": over("error_rate", 0.1),
    "errors by service": over("error_rate", 0.1, by=("service",)),
    "failures by agent": over("failure_rate", 0.1, by=("agent",)),
    "p95": over("duration.p95", 30e6),
    "p50 by service and tier": over("duration.p50", 30e6, by=("service", "attr.user.tier")),
    "throughput": Threshold(metric="throughput", comparator="<", limit=0.01),
    "cost": over("cost", 0.5, by=("model",)),
    "variable": over("avg level", 2),
    "metric": over("max oil_c", 2, by=("service",)),
    "frozen": Staleness(kind="frozen", more_than=2),
    "frozen within": Staleness(kind="frozen", more_than=2, tolerance=1.0, ignore=("0",)),
    "silent": Staleness(kind="silent", silent_for=10 * MINUTE, roster=("rpm",)),
    "lagging": Staleness(kind="lagging"),
    "agents": Heartbeat(of="agent", silent_for=10 * MINUTE, roster=("scout", "ghost")),
    "failed": Failures(in_a_row=2),
    "day": Budget(measure="cost", period="day", limit=3, by="model", forecast=True),
    "month": Budget(measure="tokens", period="month", limit=300, forecast=True),
    "unlike": Anomaly(metric="error_rate", minimum_weeks=1, by=("service",)),
}


@pytest.fixture(scope="module")
def busy(shared: World) -> World:
    """Two weeks of all sorts of telemetry, thick in the last hours."""
    global AT
    AT += timedelta(weeks=52)
    world = shared
    chance = random.Random(7)
    for service in ("shop", "bank"):
        spans = []
        for n in range(1, 700):
            far = chance.choice([HOUR, 4 * HOUR, timedelta(days=2), timedelta(days=15)])
            attributes: dict[str, Any] = {
                "aeos.data.level": chance.choice([0, 0, 1, 2]),
                "gen_ai__agent__name": chance.choice(["scout", "clerk"]),
            }
            if chance.random() < 0.5:
                attributes["user__tier"] = chance.choice(["gold", "tin"])
            if chance.random() < 0.5:
                attributes |= CHAT | {
                    "gen_ai__request__model": chance.choice(["m1", "m2"]),
                    "gen_ai__usage__cost": chance.randrange(10**6) / 10**7,
                    "gen_ai__usage__input_tokens": chance.randrange(100),
                }
            spans.append(
                at(
                    far * chance.random(),
                    number=n,
                    trace=n // 3 + 1,
                    parent=n - 1 if n % 3 else None,
                    ms=chance.expovariate(0.05),
                    error="Timeout" if chance.random() < 0.2 else None,
                    **attributes,
                )
            )
        send(world, *spans, service=service)
    points(world, "oil_c", {chance.random() * 8 * HOUR: chance.randrange(4) for _ in range(300)})
    world.settle()
    return world


@pytest.mark.parametrize("which", sorted(CONDITIONS))
@settings(max_examples=3, deadline=None, database=None)
@given(
    every=st.sampled_from([15, 60, 300, 420]),
    window=st.sampled_from([60, 300, 900, 7200]),
    search=st.sampled_from(["", "", "service:shop"]),
    begin=st.integers(0, 400),
    length=st.integers(2, 5),
)
def test_one_instant_alone_is_measured_as_among_many(
    busy: World, which: str, every: int, window: int, search: str, begin: int, length: int
) -> None:
    its = rule(
        CONDITIONS[which],
        every=timedelta(seconds=every),
        window=timedelta(seconds=window),
        search=search,
    )
    first = AT - begin * MINUTE
    instants = measures.instants(its, first, first + length * its.every)
    scope = busy.scope("alice")
    together = list(measures.measure(scope, its, instants))
    alone = [found for each in instants for found in measures.measure(scope, its, [each])]
    assert together == alone
    assert [instant for instant, _ in together] == instants


@pytest.mark.parametrize("which", ["errors by service", "p95", "throughput", "cost"])
def test_rollups_and_spans_give_the_same(
    busy: World, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    its = rule(CONDITIONS[which], every=5 * MINUTE, window=10 * MINUTE)
    instants = measures.instants(its, AT - 20 * HOUR, AT)
    rolled = list(measures.measure(busy.scope("alice"), its, instants))
    monkeypatch.setattr("alerts.windows.LONG", timedelta(days=999))
    assert rolled == list(measures.measure(busy.scope("alice"), its, instants))
    assert any(readings for _, readings in rolled)


@pytest.mark.parametrize("which", sorted(CONDITIONS))
def test_charlie_measures_nothing_of_acme(busy: World, which: str) -> None:
    its = rule(CONDITIONS[which], window=2 * HOUR)
    names = {"shop", "bank", "plant", "scout", "clerk", "m1", "m2", "level", "oil_c"}
    for reading in now(busy, its, "charlie"):
        assert reading.value in (None, 0.0)
        assert reading.text.startswith(("on the roster", "throughput 0", "0 ", "too early"))
        assert {value for _, value in reading.labels} & (names - {"scout"}) == set()


@pytest.mark.parametrize("which", sorted(CONDITIONS))
def test_every_rule_finds_something_in_its_own_org(busy: World, which: str) -> None:
    assert now(busy, rule(CONDITIONS[which], window=2 * HOUR)) or which == "lagging"


def test_instants_are_multiples_of_the_interval() -> None:
    its = rule(over("error_rate", 0), every=7 * MINUTE)
    found = measures.instants(its, AT, AT + HOUR)
    assert all(
        (each - datetime(1970, 1, 1, tzinfo=UTC)) % its.every == timedelta() for each in found
    )
    assert found[0] >= AT > found[0] - its.every
    assert found[-1] < AT + HOUR <= found[-1] + its.every


def test_the_chart_of_a_rule_shows_what_the_evaluator_sees(busy: World) -> None:
    its = rule(CONDITIONS["errors by service"], window=HOUR)
    scope = busy.scope("alice")
    found = measures.course(scope, its, TimeRange(AT - 8 * HOUR, AT))
    assert len(found.instants) == measures.MOST_BUCKETS
    assert found.unit == "ratio"
    for labels, values in found.values.items():
        (last,) = [r for r in now(busy, its, moment=found.instants[-1]) if r.labels == labels]
        assert values[-1] == last.value
        assert (len(values) - 1 in found.breached.get(labels, [])) == last.breached
