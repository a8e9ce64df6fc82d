"""Rules read back in words, and drafts walked over the past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

import pytest

from access.scope import Scope
from alerts import replay, trials
from alerts.judging import nobody_muted
from alerts.readings import Measured, Reading
from alerts.rules import (
    Anomaly,
    Budget,
    Condition,
    Failures,
    Heartbeat,
    Rule,
    SqlQuery,
    Staleness,
    Threshold,
)
from alerts.sentences import details, headline, lasts, title
from queries.filters import TimeRange

MINUTE = timedelta(minutes=1)
P95 = Threshold(metric="duration.p95", comparator=">", limit=5e8)
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("condition", "search", "says"),
    [
        (P95, "service=checkout", "Warn when p95 of checkout is above 500 ms."),
        (P95, "name=pay service=shop", "Warn when p95 of pay in shop is above 500 ms."),
        (
            P95,
            "-service=checkout",
            "Warn when p95 of spans matching -service=checkout is above 500 ms.",
        ),
        (
            P95,
            "service=shop status:error",
            "Warn when p95 of shop matching status:error is above 500 ms.",
        ),
        (P95, 'service="', 'Warn when p95 of spans matching service=" is above 500 ms.'),
        (
            Threshold(metric="error_rate", comparator="<=", limit=0.05, by=("agent", "model")),
            "",
            "Warn when error rate for any agent and model is at or below 5 %.",
        ),
        (
            Budget(measure="cost", period="day", limit=20, by="agent", forecast=True),
            "",
            "Warn when cost of the day of any agent reaches 50 %, 80 % or 100 % of $20.00, "
            "or is on its way beyond it.",
        ),
        (
            Staleness(kind="silent", data="temp", process="pv*"),
            "",
            "Warn when temp of pv* is silent for 10 minutes.",
        ),
        (
            Staleness(kind="frozen", ignore=("0",), ignore_from=time(20), ignore_until=time(6)),
            "",
            "Warn when any watched variable repeats the same value more than 5 times in a row, "
            "values 0 aside from 20:00 to 06:00 (UTC).",
        ),
        (Heartbeat(of="agent"), "", "Warn when any agent is not seen for 10 minutes."),
        (Failures(service="stripe"), "", "Warn when calls of stripe fail 3 times in a row."),
        (
            SqlQuery(sql="select 1", comparator=">=", limit=3),
            "",
            "Warn when the value of the query is at or above 3.",
        ),
        (
            Anomaly(metric="cost", direction="above"),
            "",
            "Warn when cost is 4 deviations above its median at this hour of the week.",
        ),
    ],
)
def test_a_rule_is_read_back_in_a_sentence(condition: Condition, search: str, says: str) -> None:
    assert headline(Rule(name="x", condition=condition, search=search)) == says


def test_what_lasts_stays_and_the_rest_is_said_after_it() -> None:
    rule = Rule(
        name="x",
        condition=Threshold(metric="p95", comparator=">", limit=5e8, recovery=4e8),
        severity="critical",
        for_=5 * MINUTE,
        keep_firing=2 * MINUTE,
        cooldown=timedelta(hours=1),
        channels=("one", "gone"),
    )
    assert headline(rule) == "Alarm when p95 stays above 500 ms for 5 minutes."
    assert details(rule, {"one": "Ops"}) == [
        "It looks every minute at the last 5 minutes.",
        "It ends once it is at or below 400 ms and has been so for 2 minutes.",
        "Without data it stays as it was.",
        "It tells the inbox, Ops and a channel that is gone, at most once in 1 hour.",
    ]


def test_a_rule_without_a_name_gets_one_from_its_sentence() -> None:
    assert title(Rule(name="", condition=P95, search="service=shop")) == "P95 of shop above 500 ms"


def test_durations_are_said_in_full_words() -> None:
    assert lasts(timedelta(hours=1, minutes=30)) == "1 hour 30 minutes"
    assert lasts(timedelta(milliseconds=250)) == "250 ms"
    assert lasts(timedelta(0)) == "0 seconds"


# trials


RULE = Rule(name="x", condition=P95, for_=2 * MINUTE)
RANGE = TimeRange(BEGIN, BEGIN + timedelta(hours=2))


def measured(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Measured:
    """Half of every hour is slow; one group never is."""
    for at in instants:
        slow = at.minute >= 30
        value = 8e8 if slow else 1e8
        text = "slow" if slow else "fast"
        yield (
            at,
            [
                Reading((("service", "shop"),), value, slow, not slow, text, at, at),
                Reading((("service", "calm"),), 1e6, False, True, "fast", at, at),
            ],
        )


def test_a_trial_does_what_a_replay_does_and_keeps_the_values(world_scope: Scope) -> None:
    trial = trials.trial(world_scope, RULE, RANGE, nobody_muted, measure=measured)
    plain = replay.replay(world_scope, RULE, RANGE.since, RANGE.until, measure=measured)
    assert trial.replay == plain
    assert len(plain.changes) > 2
    shop = trial.values[(("service", "shop"),)]
    assert (len(shop), max(v for v in shop if v), min(v for v in shop if v)) == (240, 8e8, 1e8)
    assert set(trial.values) == {(("service", "shop"),), (("service", "calm"),)}


def test_incidents_begin_when_it_fires_and_end_when_it_is_resolved(world_scope: Scope) -> None:
    trial = trials.trial(world_scope, RULE, RANGE, nobody_muted, measure=measured)
    first, second = trials.incidents(trial.replay)
    assert (first.began, first.ended) == (BEGIN + 31 * MINUTE, BEGIN + 60 * MINUTE)
    assert (second.began, second.ended) == (BEGIN + 91 * MINUTE, None)
    assert second.lasted(RANGE.until) == 29 * MINUTE


def test_a_low_value_is_the_telling_one_where_the_limit_is_a_least(world_scope: Scope) -> None:
    falls = Rule(name="x", condition=Threshold(metric="confidence", comparator="<", limit=0.5))
    day = TimeRange(BEGIN, BEGIN + timedelta(days=1))

    def dipping(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Iterator[object]:
        for place, at in enumerate(instants):
            value = 0.1 if place == 100 else 0.9
            yield at, [Reading((), value, value < 0.5, value >= 0.5, "", at, at)]

    trial = trials.trial(world_scope, falls, day, nobody_muted, measure=dipping)  # type: ignore[arg-type]
    assert min(v for v in trial.values[()] if v is not None) == 0.1


def test_a_watch_can_stop_a_trial(world_scope: Scope) -> None:
    class Enough(Exception):  # noqa: N818
        pass

    seen: list[datetime] = []

    def watch(at: datetime) -> None:
        seen.append(at)
        if len(seen) == 3:
            raise Enough

    with pytest.raises(Enough):
        trials.trial(world_scope, RULE, RANGE, nobody_muted, measure=measured, watch=watch)
    assert seen == [BEGIN + n * MINUTE for n in range(3)]


def test_a_query_is_tried_at_its_last_instants_only() -> None:
    sql = Rule(name="x", condition=SqlQuery(sql="select 1", comparator=">", limit=1))
    year = TimeRange(BEGIN - timedelta(days=365), BEGIN)
    assert trials.stretch(sql, year) == TimeRange(BEGIN - 12 * MINUTE, BEGIN)
    assert trials.stretch(RULE, year, 60) == TimeRange(BEGIN - timedelta(hours=1), BEGIN)
    assert trials.stretch(RULE, RANGE) == RANGE


@pytest.fixture(scope="module")
def world_scope(new_world: object) -> Scope:
    world = new_world()  # type: ignore[operator]
    found: Scope = world.scope("alice")
    return found
