"""The demo's alerts come from its telemetry, once, and belong to their org."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from cast import NOW, World
from fired import LAG, broken

from access.scope import scope_of_org
from alerts import board, measures, store, written
from alerts.past import Filters, history
from demo import alerts
from demo.world import settle as settle_people


def make(world: World) -> int:
    app = world.app
    return alerts.settle(app.records, app.channels, measures.measure, LAG, NOW)


@pytest.fixture(scope="module")
def world(new_world: Callable[..., World]) -> World:
    world = new_world()
    settle_people(world.app.records)
    broken(world, "acme", "checkout", spans=40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alerts, "PAST", timedelta(hours=3))
        assert make(world) > 0
    return world


def test_each_org_has_its_rules_and_no_more_the_second_time(world: World) -> None:
    names = [rule.name for rule in written.load(alerts.RULES).rules]
    for org in alerts.ORGS:
        rules = store.visible(world.app.records, scope_of_org(org))
        assert sorted(rule.name for rule in rules) == sorted(names)
        assert all(rule.enabled for rule in rules)
    assert store.visible(world.app.records, scope_of_org(alerts.NEW))
    assert make(world) == 0


def test_what_failed_has_its_past_in_its_own_org_alone(world: World) -> None:
    records = world.app.records
    fired = [e for e in history(records, world.scope("alice"), Filters())[0] if e.kind == "fired"]
    assert any(event.group.get("service") == "checkout" for event in fired)
    assert {event.org for event in fired} == {"acme"}
    strangers, _ = history(records, world.scope("charlie"), Filters())
    assert not any(event.group.get("service") == "checkout" for event in strangers)
    assert board.present(records, world.scope("alice"), NOW).alerts
