"""Rules on both databases: who may change them, what is written down, and who never sees them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from alert_cast import Cast, make_cast, scope
from sqlalchemy import select

from access import people
from access.errors import AccessError, BadValue, Forbidden, NotFound
from access.people import Person
from access.scope import scope_for
from alerts import rights, store
from alerts.errors import Meanwhile, Refused
from alerts.rules import (
    Budget,
    Failures,
    Heartbeat,
    Rule,
    SqlQuery,
    Staleness,
    Threshold,
    group_key,
)
from records import alerts as tables
from records import models
from records.store import Records

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SLOW = Rule(
    name="Slow",
    condition=Threshold(metric="duration.p95", comparator=">", limit=5e8, by=("service",)),
    for_=timedelta(minutes=5),
    labels=(("team", "shop"),),
)
IN_SQL = Rule(
    name="By hand",
    condition=SqlQuery(sql="select count(*) from spans", comparator=">", limit=3),
)


@pytest.fixture
def cast(records: Records) -> Cast:
    return make_cast(records)


def create(records: Records, who: Person, rule: Rule = SLOW) -> Rule:
    return store.create(records, who, scope(who), rule, NOW)


def trail(records: Records) -> list[tuple[str, dict[str, Any]]]:
    with records.reading() as session:
        log = models.AuditEntry
        rows = session.execute(
            select(log.action, log.details).where(log.action.like("alert%")).order_by(log.id)
        )
        return [(action, details) for action, details in rows]


def test_a_rule_of_every_type_comes_back_as_it_was(records: Records, cast: Cast) -> None:
    conditions = [
        SLOW.condition,
        IN_SQL.condition,
        Staleness(
            kind="frozen",
            process="pv*",
            ignore=("0", "0.0"),
            ignore_from=time(20, 30),
            ignore_until=time(6),
            zone="Europe/Berlin",
            lasting=timedelta(minutes=30),
            tolerance=0.25,
        ),
        Budget(measure="cost", period="day", limit=12.5, by="agent", warn_at=(0.25, 1.0)),
        Heartbeat(of="agent", roster=("scout", "smith"), silent_for=timedelta(hours=2)),
        Failures(service="stripe", in_a_row=4),
    ]
    for n, condition in enumerate(conditions):
        made = create(records, cast["alice"], replace(SLOW, name=f"{n}", condition=condition))
        assert store.find(records, scope(cast["bob"]), made.id) == made
        assert (made.org, made.revision, made.condition) == ("acme", 1, condition)
    assert [rule.name for rule in store.visible(records, scope(cast["bob"]))] == list("012345")


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("alice", None),
        ("adam", None),
        ("ada", None),
        ("bob", Forbidden),
        ("sam", Forbidden),
        ("charlie", NotFound),
    ],
)
def test_who_may_change_a_rule_of_acme(
    records: Records, cast: Cast, name: str, refusal: type[AccessError] | None
) -> None:
    rule, who = create(records, cast["alice"]), cast[name]
    deeds = (
        lambda: store.set_enabled(records, who, scope(who), rule.id, False, NOW),
        lambda: store.update_rule(
            records, who, scope(who), replace(rule, revision=2, cooldown=timedelta(hours=1)), NOW
        ),
        lambda: store.delete(records, who, scope(who), rule.id, NOW),
    )
    for deed in deeds:
        if refusal:
            with pytest.raises(refusal):
                deed()
        else:
            deed()
    left = store.visible(records, scope(cast["alice"]))
    assert left == ([rule] if refusal else [])


def test_charlie_neither_sees_nor_finds_a_rule_of_acme(records: Records, cast: Cast) -> None:
    rule, charlie = create(records, cast["alice"]), cast["charlie"]
    assert store.visible(records, scope(charlie)) == []
    with pytest.raises(NotFound) as foreign:
        store.find(records, scope(charlie), rule.id)
    with pytest.raises(NotFound) as absent:
        store.find(records, scope(charlie), "0" * 32)
    assert str(foreign.value) == str(absent.value)
    own = create(records, charlie, replace(SLOW, org="acme"))
    assert own.org == "globex"


def test_the_scope_of_somebody_else_gives_no_rights(records: Records, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        store.create(records, cast["charlie"], scope(cast["alice"]), SLOW, NOW)


def test_a_rule_belongs_to_one_org_and_not_to_all(records: Records, cast: Cast) -> None:
    with pytest.raises(BadValue, match="Choose one organisation"):
        store.create(records, cast["ada"], scope_for(cast["ada"], "all"), SLOW, NOW)


def test_a_disabled_org_gives_no_rights_to_its_members(records: Records, cast: Cast) -> None:
    had = scope(cast["alice"])
    with records.session() as session:
        people.disable_org(session, "acme", NOW)
    alice = people.find_person(records, cast["alice"].id)
    assert not rights.may(alice, had, "read")


def test_each_change_is_in_the_audit_log_with_before_and_after(
    records: Records, cast: Cast
) -> None:
    rule = create(records, cast["alice"])
    store.update_rule(
        records, cast["adam"], scope(cast["adam"]), replace(rule, severity="critical"), NOW
    )
    store.set_enabled(records, cast["adam"], scope(cast["adam"]), rule.id, False, NOW)
    store.delete(records, cast["alice"], scope(cast["alice"]), rule.id, NOW)
    (made, new), (_, changed), (_, off), (gone, old) = trail(records)
    assert (made, gone) == ("alert_rule.created", "alert_rule.deleted")
    assert new["after"]["condition"]["limit"] == 5e8
    assert (changed["before"], changed["after"]) == (
        {"severity": "warning"},
        {"severity": "critical"},
    )
    assert (off["before"], off["after"]) == ({"enabled": True}, {"enabled": False})
    assert old["before"]["severity"] == "critical"


def test_of_two_who_change_a_rule_at_once_one_is_told(records: Records, cast: Cast) -> None:
    rule, alice = create(records, cast["alice"]), cast["alice"]

    def change(n: int) -> str:
        try:
            store.update_rule(records, alice, scope(alice), replace(rule, description=f"{n}"), NOW)
        except Meanwhile as error:
            return str(error)
        return "done"

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(change, range(4)))
    assert said.count("done") == 1
    assert all("meanwhile" in sentence for sentence in said if sentence != "done")
    assert store.find(records, scope(alice), rule.id).revision == 2


def test_a_name_is_taken_once_in_an_org(records: Records, cast: Cast) -> None:
    create(records, cast["alice"])
    other = create(records, cast["alice"], replace(SLOW, name="Other"))
    create(records, cast["charlie"])
    for deed in (
        lambda: create(records, cast["alice"]),
        lambda: store.update_rule(
            records, cast["alice"], scope(cast["alice"]), replace(other, name="Slow"), NOW
        ),
    ):
        with pytest.raises(Refused, match='There is a rule "Slow" already'):
            deed()


def test_of_rules_kept_together_all_are_or_none(records: Records, cast: Cast) -> None:
    alice = cast["alice"]
    create(records, alice)
    for second in (SLOW, replace(SLOW, name="New", window=timedelta(0))):
        with pytest.raises(Refused):
            store.create_all(
                records, alice, scope(alice), [replace(SLOW, name="First"), second], NOW
            )
    assert [rule.name for rule in store.visible(records, scope(alice))] == ["Slow"]


def test_sql_is_written_by_owners_and_alias_admins_only(records: Records, cast: Cast) -> None:
    rule, adam = create(records, cast["alice"], IN_SQL), cast["adam"]
    create(records, cast["ada"], replace(IN_SQL, name="Of ALIAS"))
    with pytest.raises(Forbidden, match="Only owners"):
        create(records, adam, replace(IN_SQL, name="Of an admin"))
    other = replace(rule, condition=replace(rule.condition, sql="select 1"))
    with pytest.raises(Forbidden, match="Only owners"):
        store.update_rule(records, adam, scope(adam), other, NOW)
    slow = create(records, adam)
    with pytest.raises(Forbidden, match="Only owners"):
        store.update_rule(
            records, adam, scope(adam), replace(slow, condition=IN_SQL.condition), NOW
        )
    store.update_rule(records, adam, scope(adam), replace(rule, severity="info"), NOW)


def test_a_rule_tells_only_channels_of_its_own_org(records: Records, cast: Cast) -> None:
    with records.session() as session:
        for org in ("acme", "globex"):
            session.add(
                tables.AlertChannel(
                    id=f"of-{org}", org=org, kind="webhook", name="hook",
                    created_at=NOW, updated_at=NOW,
                )
            )  # fmt: skip
    create(records, cast["alice"], replace(SLOW, channels=("of-acme",)))
    for channel in ("of-globex", "never was"):
        with pytest.raises(Refused, match="A channel is gone"):
            create(records, cast["alice"], replace(SLOW, name="x", channels=(channel,)))


def test_what_a_deleted_rule_had_going_on_ends(records: Records, cast: Cast) -> None:
    rule, alice = create(records, cast["alice"]), cast["alice"]
    labels = (("service", "shop"),)
    with records.session() as session:
        session.add(
            tables.AlertState(
                rule_id=rule.id, group_key=group_key(labels), org="acme", labels=dict(labels),
                state="firing", since=NOW, opened_at=NOW, incident_id="1" * 32,
                last_notified_at=NOW, evaluated_at=NOW,
            )
        )  # fmt: skip
    store.delete(records, alice, scope(alice), rule.id, NOW + timedelta(minutes=3))
    with records.reading() as session:
        assert session.scalars(select(tables.AlertState)).all() == []
        (end,) = session.scalars(select(tables.AlertHistory))
        (notice,) = session.scalars(select(tables.AlertInbox))
    assert (end.kind, end.text) == ("resolved", "The rule was deleted by alice.")
    assert notice.title == "Resolved: Slow (service shop)"


def test_a_spec_of_another_form_is_read_with_what_it_has(records: Records, cast: Cast) -> None:
    rule = create(records, cast["alice"])
    with records.session() as session:
        row = session.get_one(tables.AlertRule, rule.id)
        spec = {k: v for k, v in row.spec.items() if k != "cooldown"}
        row.spec = {**spec, "retired": 1}
    assert store.find(records, scope(cast["alice"]), rule.id) == rule
