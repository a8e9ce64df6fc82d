"""Rules to YAML and from it on both databases, and the starter set of an org."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from alert_cast import Cast, make_cast, scope
from sqlalchemy import func, select

from access.errors import Forbidden
from alerts import checks, exchange, starter, store
from alerts.errors import Miswritten
from records import alerts as tables
from records import models
from records.store import Records

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT = """
- name: Slow
  condition: p95 > 500ms for 5m
  actions: [Ops, email]
- name: Memory
  condition: memory > 90% for 3m
"""


@pytest.fixture
def cast(records: Records) -> Cast:
    made = make_cast(records)
    with records.session() as session:
        for org in ("acme", "globex"):
            session.add(
                tables.AlertChannel(
                    id=f"ops-of-{org}", org=org, kind="slack", name="Ops",
                    created_at=NOW, updated_at=NOW,
                )
            )  # fmt: skip
    return made


def test_rules_go_out_and_come_back_the_same(records: Records, cast: Cast) -> None:
    alice, charlie = cast["alice"], cast["charlie"]
    loaded = exchange.load(records, alice, scope(alice), TEXT, NOW)
    assert [rule.channels for rule in loaded.rules] == [("ops-of-acme",), ()]
    assert len(loaded.notes) == 1
    text = exchange.export(records, scope(cast["bob"]))
    assert exchange.export(records, scope(charlie)) == "rules: []\n"
    exchange.load(records, charlie, scope(charlie), text, NOW)
    ours, theirs = (store.visible(records, scope(who)) for who in (alice, charlie))
    assert [rule.channels for rule in theirs] == [(), ("ops-of-globex",)]
    assert [replace(rule, id="", org="", channels=()) for rule in theirs] == [
        replace(rule, id="", org="", channels=()) for rule in ours
    ]


def test_a_rule_takes_the_place_of_its_name_only_when_told_to(records: Records, cast: Cast) -> None:
    adam = cast["adam"]
    before = exchange.load(records, adam, scope(adam), TEXT, NOW).rules
    changed = TEXT.replace("500ms", "800ms") + "- condition: cost > $5\n"
    with pytest.raises(Miswritten, match="Line 2, name: There is a rule of this name already"):
        exchange.load(records, adam, scope(adam), changed, NOW)
    assert len(store.visible(records, scope(adam))) == 2
    after = exchange.load(records, adam, scope(adam), changed, NOW, replacing=True).rules
    assert [rule.id for rule in after[:2]] == [rule.id for rule in before]
    assert [rule.revision for rule in after] == [2, 2, 1]
    assert store.find(records, scope(adam), before[0].id) == after[0]


def test_only_who_may_edit_rules_may_load_them(records: Records, cast: Cast) -> None:
    for name in ("bob", "sam"):
        who = cast[name]
        with pytest.raises(Forbidden):
            exchange.load(records, who, scope(who), TEXT, NOW)
        with pytest.raises(Forbidden):
            starter.add(records, who, scope(who), NOW)
    sql = "name: x\ncondition: {type: sql_query, sql: select 1, comparator: '>', limit: 1}\n"
    adam, alice = cast["adam"], cast["alice"]
    with pytest.raises(Forbidden, match="Only owners"):
        exchange.load(records, adam, scope(adam), sql, NOW)
    exchange.load(records, alice, scope(alice), sql, NOW)


def test_a_new_org_begins_with_the_starter_set(records: Records, cast: Cast) -> None:
    alice = cast["alice"]
    with records.session() as session:
        starter.give(session, "acme", NOW)
    given = store.visible(records, scope(alice))
    assert len(given) == 10
    assert all(not list(checks.problems(rule)) for rule in given)
    store.delete(records, alice, scope(alice), given[0].id, NOW)
    store.set_enabled(records, alice, scope(alice), given[1].id, False, NOW)
    (added,) = starter.add(records, alice, scope(alice), NOW)
    assert added.name == given[0].name
    assert not store.find(records, scope(alice), given[1].id).enabled
    with records.reading() as session:
        made = select(func.count()).where(
            models.AuditEntry.action == "alert_rule.created", models.AuditEntry.person_id.is_(None)
        )
        assert session.scalar(made) == 10
