"""Settling in: orgs, people and keys are made once, by the same doors everybody uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from access import people
from access.errors import UnknownKey
from access.keys import KeyRing
from access.passwords import matches
from demo.world import ORGS, PASSWORD, PEOPLE, settle
from records import models
from records.store import Records


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    store = Records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    store.migrate()
    yield store
    store.close()


def counts(records: Records) -> dict[str, int]:
    with records.session() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table))
            for table in (models.Org, models.Person, models.Membership)
        }


def org_of(records: Records, key: str) -> str:
    return KeyRing(records).org_of(f"Bearer {key}")


def test_it_makes_three_orgs_five_people_and_a_key_for_each_org(records: Records) -> None:
    made = settle(records)
    assert counts(records) == {"orgs": 3, "people": 5, "memberships": 3}
    assert {slug: org_of(records, key) for slug, key in made.items()} == {
        slug: slug for slug in ORGS
    }


def test_settling_again_makes_nothing_twice_and_replaces_the_keys(records: Records) -> None:
    before = settle(records)
    after = settle(records)
    assert counts(records) == {"orgs": 3, "people": 5, "memberships": 3}
    for slug in ORGS:
        assert org_of(records, after[slug]) == slug
        with pytest.raises(UnknownKey):
            org_of(records, before[slug])


def test_it_leaves_a_changed_person_alone(records: Records) -> None:
    settle(records)
    with records.session() as session:
        bob = session.scalar(select(models.Person).where(models.Person.email == "bob@acme.example"))
        bob.name = "Robert Tanaka"
    settle(records)
    assert people.find_person_by_email(records, "bob@acme.example").name == "Robert Tanaka"


def test_everybody_has_the_role_they_are_announced_with(records: Records) -> None:
    settle(records)
    for person in PEOPLE:
        found = people.find_person_by_email(records, person.email)
        assert found.role == person.staff_role
        assert [(m.org, m.role) for m in found.memberships] == (
            [(person.org, person.role)] if person.org else []
        )


def test_the_announced_password_signs_in(records: Records) -> None:
    settle(records)
    with records.session() as session:
        kept = session.scalar(
            select(models.Person.password_hash).where(models.Person.email == PEOPLE[2].email)
        )
    assert matches(kept, PASSWORD)
