"""The evaluator: what it writes is what a replay says, however it was interrupted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from cast import NOW, World, span
from evaluator_cast import (
    GROUPS,
    LAG,
    MINUTE,
    START,
    Clock,
    Watch,
    a_rule,
    changed,
    channel,
    keep,
    replayed,
    scattered,
    written,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from access.scope import Scope, scope_of_org
from alerts import silences, states
from alerts.clock import SteadyClock, instants_after, newest_instant
from alerts.errors import MeasureError
from alerts.judging import Measuring
from alerts.readings import Reading
from alerts.replay import replay
from alerts.rules import Heartbeat, Rule, Threshold
from queries import alerting, reader
from records import alerts as tables
from records.store import Records

HOUR = timedelta(hours=1)
ACME = scope_of_org("acme")


@pytest.fixture(scope="module")
def shared(new_world: Callable[..., World]) -> World:
    return new_world()


@pytest.fixture
def records(shared: World) -> Iterator[Records]:
    yield shared.app.records
    with shared.app.records.session() as session:
        for table in tables.Base.metadata.sorted_tables[::-1]:
            if table.name.startswith("alert_") or table.name == "leases":
                session.execute(delete(table))


@pytest.fixture
def watch(records: Records) -> Iterator[Watch]:
    made = Watch(records)
    yield made
    made.close()


def steady(value: float) -> Measuring:
    """The same number at all instants, for one group."""

    def measure(
        scope: Scope, rule: Rule, instants: Sequence[datetime]
    ) -> Iterator[tuple[datetime, list[Reading]]]:
        for at in instants:
            reading = Reading((), value, value > 5, value < 4, f"{value:g}", at - rule.window, at)
            yield at, [reading]

    return measure


def replayed_of(rule: Rule, until: datetime, muting: Any = None) -> Any:
    more = {"muting": muting} if muting else {}
    found = replay(ACME, rule, START, until + MINUTE, measure=scattered, lag=LAG, **more)
    return replayed(found)


def states_of(records: Records, rule: Rule) -> list[tables.AlertState]:
    with records.reading() as session:
        table = tables.AlertState
        return list(session.scalars(select(table).where(table.rule_id == rule.id)))


# the same as a replay


@pytest.mark.parametrize("no_data", ["alert", "ok", "keep"])
def test_what_is_written_live_is_what_a_replay_says(watch: Watch, no_data: states.NoData) -> None:
    more: dict[str, Any] = {"for_": 2 * MINUTE, "keep_firing": 2 * MINUTE, "cooldown": 20 * MINUTE}
    rule = a_rule(no_data=no_data, **more)
    keep(watch.records, rule)
    for minutes in [*range(20), *range(20, 240, 10)]:
        watch.until(START + minutes * MINUTE)
    expected = replayed_of(rule, START + 230 * MINUTE)
    assert written(watch.records, rule) == expected
    assert len(expected.notices) > 4
    assert {run.reason for run in expected.evaluations} >= {"fired", "pending", "recovering"}


def test_silences_and_cooldown_hold_back_the_same_notices_as_in_a_replay(watch: Watch) -> None:
    rule = a_rule(cooldown=30 * MINUTE)
    keep(watch.records, rule)
    with watch.records.session() as session:
        session.add(
            tables.AlertSilence(
                id="quiet",
                org="acme",
                matchers=[{"name": "service", "value": "checkout", "equal": True}],
                starts_at=START + 30 * MINUTE,
                ends_at=START + 150 * MINUTE,
                comment="the move",
                created_at=START,
            )
        )
    for minutes in range(0, 238, 79):
        watch.until(START + minutes * MINUTE)
    with watch.records.reading() as session:
        muting = silences.muting(silences.between(session, ["acme"], START, START + 9 * HOUR))
    # the first instant is evaluated alone, and what was missed since comes together
    expected = replayed_of(rule, START + 237 * MINUTE, muting)
    assert written(watch.records, rule) == expected
    assert {"silenced", "cooldown", "sent"} <= {run.reason for run in expected.evaluations}


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    stops=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    for_=st.integers(0, 3),
    seed=st.integers(0, 10_000),
)
def test_however_it_is_interrupted_it_comes_to_the_same(
    records: Records, stops: list[int], for_: int, seed: int
) -> None:
    """Each stop is a process that ends without a word and another one that goes on."""
    rule = a_rule(f"rule {seed} {for_} {stops}"[:60], for_=for_ * MINUTE)
    keep(records, rule)
    at = START
    for i, minutes in enumerate([0, *stops]):
        watch = Watch(records, name=str(i))
        watch.lease.beat()
        watch.seconds = 10.0
        at += minutes * MINUTE
        watch.until(at)
    assert written(records, rule) == replayed_of(rule, at)


# one transaction under one lease


def test_an_incident_is_a_row_everywhere_at_once(records: Records) -> None:
    ops, strange = channel(records), channel(records, "theirs", "globex")
    rule = a_rule(channels=(ops, strange, "deleted"), severity="critical")
    keep(records, rule)
    watch = Watch(records, steady(9.0))
    watch.until(START)
    watch.close()
    (state,) = states_of(records, rule)
    assert (state.state, state.text, state.last_notified_at) == ("firing", "9", START)
    with records.reading() as session:
        (sent,) = session.scalars(select(tables.AlertNotification))
        (inbox,) = session.scalars(select(tables.AlertInbox))
    assert (sent.channel_id, sent.kind, sent.state, sent.org) == (ops, "firing", "waiting", "acme")
    assert sent.incident_id == inbox.incident_id == state.incident_id
    assert inbox.severity == sent.payload["severity"] == "critical"
    assert sent.payload["labels"]["rule"] == rule.name


def test_who_lost_the_lease_writes_nothing(records: Records) -> None:
    rule = a_rule()
    keep(records, rule)
    watch = Watch(records)
    watch.until(START)
    before = written(records, rule)
    with records.session() as session:
        session.execute(update(tables.Lease).values(holder="another", token=9))
    watch.clock.at = START + HOUR
    watch.evaluator.settle()
    watch.close()
    assert written(records, rule) == before
    assert watch.lease.token is None


def test_two_processes_evaluate_no_instant_twice(records: Records) -> None:
    rule = a_rule()
    keep(records, rule)
    clock = Clock()
    one, two = Watch(records, name="one", clock=clock), Watch(records, name="two", clock=clock)
    for minutes in range(30):
        one.until(START + minutes * MINUTE)
        two.until(START + minutes * MINUTE)
        if minutes % 10 == 9:
            one.lease.release()
            one, two = two, one
    with records.reading() as session:
        counted = session.scalar(select(func.sum(tables.AlertEvaluation.evaluations)))
    assert written(records, rule) == replayed_of(rule, START + 29 * MINUTE)
    assert counted == sum(run.evaluations for run in written(records, rule).evaluations)


# catching up, and clocks


def test_missed_instants_are_caught_up_and_those_of_long_ago_are_not(watch: Watch) -> None:
    rule = a_rule(every=10 * MINUTE)
    keep(watch.records, rule)
    watch.until(START)
    watch.until(START + 3 * 24 * HOUR)
    with watch.records.reading() as session:
        table = tables.AlertEvaluation
        found = session.scalars(select(table).where(table.group_key != "")).all()
    labels = [dict(labels) for labels in GROUPS]
    counted = [sum(r.evaluations for r in found if r.labels == group) for group in labels]
    assert counted == [1 + 24 * 6] * 2


def test_a_stepped_clock_changes_nothing() -> None:
    wall, counted = [START], [100.0]
    clock = SteadyClock(lambda: wall[0], lambda: counted[0])
    for step in (HOUR, -2 * HOUR, HOUR):
        wall[0] += step
        before = clock.now()
        counted[0] += 10
        wall[0] += timedelta(seconds=10)
        assert timedelta(seconds=9.8) <= clock.now() - before <= timedelta(seconds=10.2)
    assert abs(clock.now() - START) < timedelta(seconds=31)


def test_a_lasting_difference_is_made_up_slowly() -> None:
    wall, counted = [START], [0.0]
    clock = SteadyClock(lambda: wall[0], lambda: counted[0])
    wall[0] += 10 * timedelta(seconds=1)
    for _ in range(20):
        counted[0] += 60
        wall[0] += MINUTE
        clock.now()
    assert clock.now() == wall[0]


def test_steps_of_the_clock_neither_skip_nor_repeat_an_instant(records: Records) -> None:
    rule = a_rule()
    keep(records, rule)
    wall, counted = [START + LAG], [0.0]
    watch = Watch(records)
    watch.evaluator._now = SteadyClock(lambda: wall[0], lambda: counted[0]).now
    for minutes in range(60):
        wall[0] += {20: HOUR, 40: -2 * HOUR}.get(minutes, timedelta(0))
        watch.lease.beat()
        watch.evaluator.settle()
        counted[0] += 60
        wall[0] += MINUTE
    watch.close()
    runs = written(records, rule).evaluations
    last = max(run.last_at for run in runs)
    # a second in a minute is made up, for 40 minutes
    assert START + 59 * MINUTE <= last + MINUTE <= START + 61 * MINUTE
    assert written(records, rule) == replayed_of(rule, last)


def test_instants_lie_on_a_grid() -> None:
    every = timedelta(seconds=15)
    assert newest_instant(every, START + timedelta(seconds=44)) == START + timedelta(seconds=30)
    assert instants_after(every, START, START + timedelta(seconds=31), 9) == [
        START + every,
        START + 2 * every,
    ]
    assert len(instants_after(every, START, START + HOUR, 9)) == 9
    assert instants_after(every, START, START - HOUR, 9) == []


# trouble


def test_a_rule_that_cannot_be_measured_is_in_error_and_stops_no_other(
    records: Records, caplog: pytest.LogCaptureFixture
) -> None:
    asked, broken, fine = a_rule("asked"), a_rule("broken"), a_rule("fine")
    keep(records, asked, broken, fine)

    def measure(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Any:
        if rule.name == "asked":
            raise MeasureError("This takes too long. Narrow the search.")
        if rule.name == "broken":
            raise ZeroDivisionError
        return scattered(scope, rule, instants)

    watch = Watch(records, measure)
    with caplog.at_level(logging.CRITICAL, "alerts.evaluator"):
        watch.until(START)
    watch.close()
    (state,) = states_of(records, asked)
    assert (state.state, state.text) == ("error", "This takes too long. Narrow the search.")
    (state,) = states_of(records, broken)
    assert state.state == "error"
    assert "ZeroDivisionError" not in state.text
    assert {state.state for state in states_of(records, fine)} <= {"firing", "inactive"}


def test_an_evaluation_that_cannot_be_written_stops_no_other(
    records: Records, caplog: pytest.LogCaptureFixture
) -> None:
    strange, fine = a_rule("strange"), a_rule("fine")
    keep(records, strange, fine)

    def measure(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Any:
        for at, readings in scattered(scope, rule, instants):
            yield (
                at,
                [
                    Reading(r.labels, r.value, True, False, "\ud800", r.since, r.until)
                    if rule.name == "strange"
                    else r
                    for r in readings
                ],
            )

    watch = Watch(records, measure)
    with caplog.at_level(logging.CRITICAL, "alerts.evaluator"):
        for minutes in range(3):
            watch.until(START + minutes * MINUTE)
    watch.close()
    assert states_of(records, strange) == []
    assert written(records, fine) == replayed_of(fine, START + 2 * MINUTE)


def test_too_many_groups_are_an_error_that_says_what_to_do(records: Records) -> None:
    def measure(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Any:
        for at in instants:
            groups = [(("user", str(n)),) for n in range(1_001)]
            yield at, [Reading(g, 1.0, True, False, "1", at, at) for g in groups]

    rule = a_rule()
    keep(records, rule)
    watch = Watch(records, measure)
    watch.until(START)
    watch.close()
    (state,) = states_of(records, rule)
    assert state.state == "error"
    assert "Narrow its search" in state.text


def test_numbers_and_names_that_no_database_keeps_are_kept_as_what_can_be(
    records: Records,
) -> None:
    def measure(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Any:
        for at in instants:
            yield at, [Reading((("z", "a\0b"), ("a", "1")), float("inf"), True, False, "", at, at)]

    rule = a_rule()
    keep(records, rule)
    watch = Watch(records, measure)
    watch.until(START)
    watch.until(START + MINUTE)
    watch.close()
    (state,) = states_of(records, rule)
    assert state.labels == {"a": "1", "z": "a�b"}
    assert (state.state, state.value) == ("firing", None)


# rules that change


def test_a_rule_that_is_turned_off_ends_its_alerts_and_says_so(records: Records) -> None:
    rule = a_rule(channels=(channel(records),))
    keep(records, rule)
    watch = Watch(records, steady(9.0))
    watch.until(START)
    keep(records, changed(rule, enabled=False))
    watch.until(START + MINUTE)
    assert states_of(records, rule) == []
    with records.reading() as session:
        table = tables.AlertNotification
        kinds = session.scalars(select(table.kind).order_by(table.sequence)).all()
    assert list(kinds) == ["firing", "resolved"]
    # turned on again, it begins at that instant and not where it was turned off
    keep(records, changed(changed(rule)))
    watch.until(START + HOUR)
    watch.close()
    fired = [at for _, at, kind, *_ in written(records, rule).changes if kind == "fired"]
    assert fired == [START, START + HOUR]


def test_a_rule_that_asks_something_else_starts_anew_and_a_new_name_does_not(
    records: Records,
) -> None:
    rule = a_rule()
    keep(records, rule)
    watch = Watch(records, steady(9.0))
    watch.until(START)
    watch.until(START + MINUTE)
    keep(records, renamed := changed(rule, name="another name"))
    watch.until(START + 2 * MINUTE)
    assert [kind for _, _, kind, *_ in written(records, rule).changes] == ["fired"]
    condition = Threshold(metric="error_rate", comparator=">", limit=0.2)
    keep(records, changed(renamed, condition=condition))
    watch.until(START + 3 * MINUTE)
    watch.close()
    changes = [(at, kind) for _, at, kind, *_ in written(records, rule).changes]
    anew = START + 3 * MINUTE
    assert changes == [(START, "fired"), (anew, "fired"), (anew, "resolved")]


def test_an_acknowledgement_and_a_snooze_are_left_alone_and_the_first_ends_with_the_alert(
    records: Records,
) -> None:
    rule = a_rule()
    keep(records, rule)
    value = [9.0]

    def measure(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Any:
        return steady(value[0])(scope, rule, instants)

    watch = Watch(records, measure)
    watch.until(START)
    with records.session() as session:
        noted = {"acknowledged_at": START, "acknowledged_note": "on it"}
        session.execute(update(tables.AlertState).values(noted | {"snoozed_until": START + HOUR}))
    watch.until(START + MINUTE)
    (state,) = states_of(records, rule)
    assert (state.acknowledged_note, state.snoozed_until) == ("on it", START + HOUR)
    value[0] = 1.0
    watch.until(START + 2 * MINUTE)
    watch.close()
    (state,) = states_of(records, rule)
    assert (state.acknowledged_at, state.acknowledged_note) == (None, "")
    assert state.snoozed_until == START + HOUR


# the real measure, on a real little lake


@pytest.fixture(scope="module")
def busy(new_world: Callable[..., World]) -> World:
    """Acme's checkout fails for ten of the last forty minutes; globex is well throughout."""
    made = new_world()
    for org in ("acme", "globex"):
        spans = [
            span(
                number=1 + minute * 4 + i,
                trace=1 + minute * 4 + i,
                ago=minute * 60 + 7 + i * 11,
                error="Broken" if org == "acme" and 15 <= minute < 25 and i < 3 else None,
            )
            for minute in range(40)
            for i in range(4)
        ]
        made.send(org, *spans)
    return made


def test_the_real_measure_says_the_same_live_and_in_a_replay_and_of_ones_own_org_only(
    busy: World,
) -> None:
    condition = Threshold(metric="error_rate", comparator=">", limit=0.5, by=("service",))
    rules = {
        org: a_rule(f"{org} fails", org=org, condition=condition, for_=2 * MINUTE, window=MINUTE)
        for org in ("acme", "globex")
    }
    records = busy.app.records
    keep(records, *rules.values())
    begin = newest_instant(MINUTE, NOW) - 30 * MINUTE

    def measure(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Any:
        reader.use(busy.app.reader)
        return measured(scope, rule, instants)

    measured = busy.app.evaluator._measure
    watch = Watch(records, measure)
    for minutes in range(30):
        watch.until(begin + minutes * MINUTE)
    watch.close()
    reader.use(busy.app.reader)
    for org, rule in rules.items():
        again = replay(scope_of_org(org), rule, begin, begin + 30 * MINUTE, lag=LAG)
        assert written(records, rule) == replayed(again)
        assert again.instants == 30
    changes = [kind for _, _, kind, *_ in written(records, rules["acme"]).changes]
    assert changes == ["pending", "fired", "resolved"]
    (labels,) = {labels for labels, *_ in written(records, rules["acme"]).changes}
    assert labels == (("service", "checkout"),)
    # charlie's org is well: nothing of acme's trouble is seen there
    assert written(records, rules["globex"]).changes == []
    charlie = busy.scope("charlie")
    alone = replay(charlie, rules["acme"], begin, begin + 30 * MINUTE)
    assert alone.changes == []
    assert alone.notices == []


def test_rules_that_ask_the_same_ask_it_once_and_never_for_another_org(
    busy: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = busy.app.records
    asked: list[tuple[str, ...]] = []
    read = alerting._read

    def counting(scope: Scope, *question: Any, **params: Any) -> Any:
        asked.append(tuple(scope.orgs))
        return read(scope, *question, **params)

    monkeypatch.setattr(alerting, "_read", counting)
    rules = {
        (org, limit): a_rule(
            f"{org} above {limit}",
            org=org,
            condition=Threshold(metric="error_rate", comparator=">", limit=limit),
            window=MINUTE,
            every=HOUR,
        )
        for org in ("acme", "globex")
        for limit in (0.1, 0.2, 0.9)
    }
    with records.session() as session:
        session.execute(delete(tables.AlertRule))
        session.execute(delete(tables.Lease))
    keep(records, *rules.values())
    watch = Watch(records, busy.app.evaluator._measure)
    watch.until(NOW - 20 * MINUTE)
    watch.close()
    assert sorted(asked) == [("acme",), ("globex",)]
    assert all(len(states_of(records, rule)) == 1 for rule in rules.values())


def test_the_apps_own_jobs_evaluate(world: World) -> None:
    rule = a_rule(
        "silent", condition=Heartbeat(of="service", roster=("checkout",), silent_for=MINUTE)
    )
    keep(world.app.records, rule)
    jobs = {job.name: job.run for job in world.app.jobs}
    jobs["lease"]()
    jobs["alerts"]()
    world.app.evaluator.settle()
    (state,) = states_of(world.app.records, rule)
    assert state.state == "firing"
    assert world.app.evaluator.status().leading
