"""The board, marks, silences and the past on both databases: who sees and who may do what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from alert_cast import Cast, make_cast, scope
from sqlalchemy import select

from access.errors import AccessError, Forbidden, NotFound
from alerts import board, marks, past, silences, store
from alerts.board import Tile
from alerts.errors import Refused
from alerts.past import Filters
from alerts.rules import Rule, Threshold, group_key
from alerts.silences import Silence, Weekly
from records import alerts as tables
from records import models
from records.store import Records

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
INCIDENT = "1" * 32
SLOW = Rule(
    name="Slow",
    condition=Threshold(metric="duration.p95", comparator=">", limit=5e8, by=("service",)),
    severity="critical",
    labels=(("team", "shop"),),
)


@pytest.fixture
def cast(records: Records) -> Cast:
    return make_cast(records)


@pytest.fixture
def rule(records: Records, cast: Cast) -> Rule:
    """Slow of acme: firing for checkout, pending for Köln, fine for quiet."""
    made = store.create(records, cast["alice"], scope(cast["alice"]), SLOW, NOW)
    stand(records, made, "checkout", "firing", incident_id=INCIDENT, opened_at=NOW - MINUTE)
    stand(records, made, "Köln", "pending", history=[0, 1, 0, 1])
    stand(records, made, "quiet", "inactive")
    return made


def key(service: str) -> str:
    return group_key((("service", service),))


def stand(records: Records, rule: Rule, service: str, state: str, **more: Any) -> None:
    with records.session() as session:
        session.add(
            tables.AlertState(
                rule_id=rule.id,
                group_key=key(service),
                org=rule.org,
                labels={"service": service},
                state=state,
                since=NOW - MINUTE,
                evaluated_at=NOW,
                **more,
            )
        )


def happen(records: Records, rule: Rule, service: str, kind: str, ago: int, text: str) -> None:
    with records.session() as session:
        session.add(
            tables.AlertHistory(
                org=rule.org, rule_id=rule.id, incident_id=INCIDENT, group_key=key(service),
                labels={"service": service}, at=NOW - ago * MINUTE, kind=kind, text=text,
            )
        )  # fmt: skip


def evaluate(records: Records, rule: Rule, reason: str, ago: int, text: str) -> None:
    with records.session() as session:
        at = NOW - ago * MINUTE
        session.add(
            tables.AlertEvaluation(
                org=rule.org, rule_id=rule.id, group_key=key("checkout"), evaluations=2,
                labels={"service": "checkout"}, first_at=at - MINUTE, last_at=at,
                state="firing", reason=reason, text=text,
            )
        )  # fmt: skip


def trail(records: Records) -> list[tuple[str, Any, Any]]:
    log = models.AuditEntry
    with records.reading() as session:
        rows = session.execute(
            select(log.action, log.details)
            .where(log.action.like("alert%"), log.action != "alert_rule.created")
            .order_by(log.id)
        )
        return [(action, said.get("before"), said.get("after")) for action, said in rows]


SHOPS = Silence(
    matchers=silences.parsed("team=shop service=check*"),
    starts_at=NOW - MINUTE,
    ends_at=NOW + 60 * MINUTE,
    comment="Deploying",
)


# the board


def test_the_board_counts_each_alert_in_every_tile_that_is_true_of_it(
    records: Records, cast: Cast, rule: Rule
) -> None:
    bob = cast["bob"]
    marks.snooze(records, bob, scope(bob), rule.id, key("checkout"), NOW + MINUTE, NOW)
    seen = board.present(records, scope(bob), NOW)
    assert [alert.group["service"] for alert in seen.alerts] == ["checkout", "Köln", "quiet"]
    assert seen.counts == {
        Tile.FIRING: 1, Tile.PENDING: 1, Tile.FLAPPING: 1, Tile.SNOOZED: 1,
        Tile.NO_DATA: 0, Tile.OK: 1,
    }  # fmt: skip
    assert seen.alerts[0].snoozed_by == "bob"
    assert board.present(records, scope(bob), NOW + MINUTE).counts[Tile.SNOOZED] == 0


def test_charlie_sees_nothing_of_acme(records: Records, cast: Cast, rule: Rule) -> None:
    happen(records, rule, "checkout", "fired", 1, "p95 812 ms")
    evaluate(records, rule, "fired", 1, "p95 812 ms")
    silences.create(records, cast["alice"], scope(cast["alice"]), SHOPS, NOW)
    bobs, charlies = scope(cast["bob"]), scope(cast["charlie"])
    for question in (
        lambda who: list(board.present(records, who, NOW).alerts),
        lambda who: board.would_mute(records, who, SHOPS.matchers, NOW),
        lambda who: board.listed(records, who, NOW, MINUTE),
        lambda who: past.history(records, who, Filters())[0],
        lambda who: past.history(records, who, Filters(incident_id=INCIDENT))[0],
        lambda who: past.evaluations(records, who, Filters(rule_id=rule.id))[0],
        lambda who: silences.visible(records, who, NOW),
    ):
        assert question(bobs)
        assert question(charlies) == []


def test_the_list_of_rules_says_when_they_fired_and_run_again(
    records: Records, cast: Cast, rule: Rule
) -> None:
    for ago in (30, 3, 60 * 24 * 8):
        happen(records, rule, "checkout", "fired", ago, "")
    lag = timedelta(seconds=15)
    (row,) = board.listed(records, scope(cast["bob"]), NOW + 20 * lag / 15, lag)
    assert (row.state, row.groups, row.open, row.updated_by) == ("firing", 3, 1, "alice")
    assert (row.evaluated_at, row.next_at) == (NOW, NOW + MINUTE + lag)
    assert row.fired == (NOW - 30 * MINUTE, NOW - 3 * MINUTE)
    store.set_enabled(records, cast["alice"], scope(cast["alice"]), rule.id, False, NOW)
    (row,) = board.listed(records, scope(cast["bob"]), NOW, lag)
    assert (row.state, row.next_at) == ("off", None)


# marks


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("alice", None), ("bob", None), ("ada", None), ("sam", Forbidden), ("charlie", NotFound)],
)
def test_who_may_mark_an_alert_of_acme(
    records: Records, cast: Cast, rule: Rule, name: str, refusal: type[AccessError] | None
) -> None:
    happen(records, rule, "checkout", "fired", 1, "p95 812 ms")
    who = (records, cast[name], scope(cast[name]))
    deeds = (
        lambda: marks.acknowledge(*who, rule.id, key("checkout"), "On it", NOW),
        lambda: marks.snooze(*who, rule.id, key("checkout"), NOW + MINUTE, NOW),
        lambda: marks.note(*who, INCIDENT, "The disk was full", NOW),
        lambda: marks.take_back(*who, rule.id, key("checkout"), NOW),
    )
    for deed in deeds:
        if refusal:
            with pytest.raises(refusal):
                deed()
        else:
            deed()
    events, _ = past.history(records, scope(cast["alice"]), Filters(incident_id=INCIDENT))
    done = {(event.kind, event.text, event.person) for event in events if event.kind != "fired"}
    assert done == (
        set()
        if refusal
        else {
            ("acknowledged", "On it", name),
            ("snoozed", "until 2026-03-01 12:01:00 UTC", name),
            ("note", "The disk was full", name),
            ("unacknowledged", "", name),
        }
    )
    assert len(trail(records)) == (0 if refusal else 4)


def test_an_alert_is_acknowledged_once_and_only_while_it_lasts(
    records: Records, cast: Cast, rule: Rule
) -> None:
    alice, bob = cast["alice"], cast["bob"]
    marks.acknowledge(records, bob, scope(bob), rule.id, key("checkout"), " On it\0 \n", NOW)
    with pytest.raises(Refused, match="bob has acknowledged it already"):
        marks.acknowledge(records, alice, scope(alice), rule.id, key("checkout"), "", NOW)
    with pytest.raises(Refused, match="nothing to acknowledge"):
        marks.acknowledge(records, bob, scope(bob), rule.id, key("quiet"), "", NOW)
    alert = board.present(records, scope(alice), NOW).alerts[0]
    assert (alert.acknowledged_by, alert.acknowledged_at, alert.note) == ("bob", NOW, "On it")
    assert trail(records) == [("alert.acknowledged", {}, {"note": "On it"})]


@pytest.mark.parametrize(
    ("until", "sentence"), [(NOW, "over already"), (NOW + timedelta(days=31), "at most 30 days")]
)
def test_a_snooze_ends_in_the_future_and_not_too_far(
    records: Records, cast: Cast, rule: Rule, until: datetime, sentence: str
) -> None:
    bob = cast["bob"]
    with pytest.raises(Refused, match=sentence):
        marks.snooze(records, bob, scope(bob), rule.id, key("quiet"), until, NOW)


# silences


def test_a_silence_comes_back_as_it_was_made_and_ends_when_told(
    records: Records, cast: Cast, rule: Rule
) -> None:
    adam, bob = cast["adam"], cast["bob"]
    weekly = Weekly((0, 6), time(22, 30), time(6), "Europe/Berlin")
    nightly = replace(SHOPS, weekly=weekly, ends_at=NOW + timedelta(days=14))
    made = silences.create(records, adam, scope(adam), nightly, NOW)
    assert silences.visible(records, scope(bob), NOW) == [made]
    assert (made.weekly, made.created_by) == (weekly, "adam")
    silences.end(records, adam, scope(adam), made.id, NOW + MINUTE)
    silences.end(records, adam, scope(adam), made.id, NOW + 2 * MINUTE)
    (ended,) = silences.visible(records, scope(bob), NOW)
    assert ended.over_at == NOW + MINUTE
    with records.reading() as session:
        assert silences.between(session, ["acme"], NOW + MINUTE, NOW + 9 * MINUTE) == []
    (_, _, new), (action, before, after) = trail(records)
    assert new["matchers"] == "team=shop service=check*"
    assert action == "alert_silence.ended"
    assert before["ends_at"] > after["ends_at"]


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("adam", None), ("ada", None), ("bob", Forbidden), ("sam", Forbidden), ("charlie", NotFound)],
)
def test_who_may_end_a_silence_of_acme(
    records: Records, cast: Cast, name: str, refusal: type[AccessError] | None
) -> None:
    made = silences.create(records, cast["alice"], scope(cast["alice"]), SHOPS, NOW)
    who = cast[name]
    if refusal:
        with pytest.raises(refusal):
            silences.end(records, who, scope(who), made.id, NOW)
    else:
        silences.end(records, who, scope(who), made.id, NOW)
    (left,) = silences.visible(records, scope(cast["alice"]), NOW)
    assert left.over_at == (SHOPS.ends_at if refusal else NOW)


def test_the_preview_is_what_the_silence_then_mutes(
    records: Records, cast: Cast, rule: Rule
) -> None:
    alice = cast["alice"]
    other = store.create(records, cast["charlie"], scope(cast["charlie"]), SLOW, NOW)
    stand(records, other, "checkout", "firing")
    before = board.would_mute(records, scope(alice), SHOPS.matchers, NOW)
    silences.create(records, alice, scope(alice), SHOPS, NOW)
    muted = [a for a in board.present(records, scope(alice), NOW).alerts if a.silenced_by]
    assert [a.group_key for a in before] == [a.group_key for a in muted] == [key("checkout")]
    assert muted[0].silenced_by == "Deploying"
    (foreign,) = board.present(records, scope(cast["charlie"]), NOW).alerts
    assert foreign.silenced_by == ""


# the past


def test_the_history_is_paged_without_gap_or_repeat(
    records: Records, cast: Cast, rule: Rule
) -> None:
    for n in range(7):
        happen(records, rule, "checkout", "fired", n // 3, f"{n}")
    pages, after = [], None
    while True:
        events, after = past.history(records, scope(cast["bob"]), Filters(), after, rows=3)
        pages.append([event.text for event in events])
        if after is None:
            break
    assert pages == [["2", "1", "0"], ["5", "4", "3"], ["6"]]


def test_the_history_is_filtered_by_what_was_asked(
    records: Records, cast: Cast, rule: Rule
) -> None:
    happen(records, rule, "checkout", "fired", 9, "p95 100% above")
    happen(records, rule, "Köln", "resolved", 5, "all is well")
    bobs = scope(cast["bob"])

    def texts(**filters: Any) -> list[str]:
        return [event.text for event in past.history(records, bobs, Filters(**filters))[0]]

    assert texts(kinds=("fired",)) == ["p95 100% above"]
    assert texts(text="100% A") == ["p95 100% above"]
    assert texts(text="100_") == []
    assert texts(text="Köln") == ["all is well"]
    assert texts(group_key=key("checkout")) == ["p95 100% above"]
    assert texts(since=NOW - 6 * MINUTE) == ["all is well"]
    assert texts(until=NOW - 6 * MINUTE) == ["p95 100% above"]
    assert len(texts(rule_id=rule.id, text="slow")) == 2


def test_each_evaluation_is_found_by_its_reason(records: Records, cast: Cast, rule: Rule) -> None:
    evaluate(records, rule, "pending", 9, "Pending 2 of 5")
    evaluate(records, rule, "silenced", 5, "Silenced by Deploying: p95 812 ms")
    bobs = scope(cast["bob"])
    found, after = past.evaluations(records, bobs, Filters(kinds=("silenced",)), rows=1)
    assert [(one.reason, one.evaluations, one.rule) for one in found] == [("silenced", 2, "Slow")]
    assert after is None
    found, after = past.evaluations(records, bobs, Filters(text="812"), rows=1)
    assert len(found) == 1
    first, after = past.evaluations(records, bobs, Filters(states=("firing",)), rows=1)
    rest, _ = past.evaluations(records, bobs, Filters(), after, rows=1)
    assert [one.reason for one in (*first, *rest)] == ["silenced", "pending"]
