"""The inbox: who sees which notices, what the bell counts, and what is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cast import World
from outgoing import put, states

from alerts import deliveries, inbox
from records import alerts as tables

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def house(new_world: Callable[..., World]) -> World:
    world = new_world()
    with world.app.records.session() as session:
        for n in range(3):
            session.add(notice("acme", f"<b>acme {n}</b>"))
        session.add(notice("globex", "globex"))
    return world


def notice(org: str, title: str) -> tables.AlertInbox:
    return tables.AlertInbox(org=org, at=NOW, severity="critical", title=title, text="", link="")


def unread(house: World, who: str, org: str | None = None) -> int:
    return inbox.unread(house.app.records, house.person(who), house.scope(who, org))


def test_each_reads_for_themselves_and_reading_goes_forward_only(house: World) -> None:
    records, bob, scope = house.app.records, house.person("bob"), house.scope("bob")
    found = inbox.notices(records, bob, scope)
    assert [one.title for one in found] == [f"<b>acme {n}</b>" for n in (2, 1, 0)]
    assert all(one.unread for one in found)
    assert unread(house, "bob") == 3
    inbox.mark_read(records, bob, scope, found[1].id, NOW)
    inbox.mark_read(records, bob, scope, found[2].id, NOW)
    assert unread(house, "bob") == 1
    assert [one.unread for one in inbox.notices(records, bob, scope)] == [True, False, False]
    assert unread(house, "alice") == 3
    older = inbox.notices(records, bob, scope, before=found[0].id, most=1)
    assert [one.id for one in older] == [found[1].id]


def test_who_claims_to_have_read_the_future_still_hears_of_it(house: World) -> None:
    records, alice, scope = house.app.records, house.person("alice"), house.scope("alice")
    inbox.mark_read(records, alice, scope, 10**15, NOW)
    assert unread(house, "alice") == 0
    with records.session() as session:
        session.add(notice("acme", "new"))
    assert unread(house, "alice") == 1


def test_charlie_sees_nothing_of_acme_and_cannot_read_it_away(house: World) -> None:
    records, charlie, scope = house.app.records, house.person("charlie"), house.scope("charlie")
    assert [one.title for one in inbox.notices(records, charlie, scope)] == ["globex"]
    assert unread(house, "charlie") == 1
    before = unread(house, "sam", "acme")
    inbox.mark_read(records, charlie, scope, 10**15, NOW)
    assert unread(house, "sam", "acme") == before


def test_staff_see_every_org_with_its_name(house: World) -> None:
    found = inbox.notices(house.app.records, house.person("sam"), house.scope("sam", "all"))
    assert {one.org for one in found} == {"acme", "globex"}


def test_the_bell_counts_to_a_hundred(world: World) -> None:
    with world.app.records.session() as session:
        session.add_all(notice("acme", f"{n}") for n in range(120))
    assert unread(world, "bob") == inbox.MOST_COUNTED


def test_letters_that_are_over_are_forgotten_after_ninety_days(world: World) -> None:
    records = world.app.records
    old, new = NOW - deliveries.KEPT_FOR - timedelta(hours=1), NOW
    keys = {
        (state, at): put(records, "acme", "c", state=state, created_at=at)
        for state in ("waiting", "sent", "dead")
        for at in (old, new)
    }
    deliveries.forget(records, NOW)
    left = {place for place, key in keys.items() if key in states(records)}
    assert left == {("waiting", old), ("waiting", new), ("sent", new), ("dead", new)}
