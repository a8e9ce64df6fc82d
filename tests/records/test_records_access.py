"""What access keeps in the records works on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from access import keys, people, sessions
from access.errors import BadValue, OrgDisabled, UnknownKey
from access.keys import KeyRing
from access.login import find_by_password
from access.people import Person
from records import models
from records.store import Records

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


@pytest.fixture
def sam(records: Records) -> Person:
    with records.session() as session:
        people.create_org(session, "acme", "Acme", "pro")
        sam = people.create_person(session, "Sam@alias.example", "Sam", PASSWORD, "alias_support")
        people.add_member(session, sam, "acme", "owner")
    return people.find_person(records, sam.id)


def open_session(records: Records, person: Person) -> str:
    with records.session() as session:
        return sessions.open_session(session, person.id, now=NOON, hours=1, user_agent="x" * 999)


def test_people_and_orgs_come_back(records: Records, sam: Person) -> None:
    assert people.find_person_by_email(records, "SAM@alias.example") == sam
    assert [member.role for member in sam.memberships] == ["owner"]
    assert [org.slug for org in people.orgs_visible_to(records, sam)] == ["acme"]


def test_a_refused_row_leaves_the_session_usable(records: Records, sam: Person) -> None:
    with records.session() as session:
        with pytest.raises(BadValue):
            people.create_org(session, "acme", "Again")
        people.create_org(session, "globex", "Globex")
    assert len(people.orgs_visible_to(records, sam)) == 2


def test_a_password_lets_in_its_person_only(records: Records, sam: Person) -> None:
    found = find_by_password(records, "sam@ALIAS.example", PASSWORD)
    assert found
    assert found.id == sam.id
    for email in ("nobody@alias.example", "sam@alias.example\x00"):
        assert find_by_password(records, email, PASSWORD) is None


def test_a_session_begins_is_seen_and_ends(records: Records, sam: Person) -> None:
    token = open_session(records, sam)
    later = NOON + timedelta(minutes=59)
    with records.session() as session:
        sessions.touch(session, sessions.id_of(token), later)
    with records.reading() as session:
        found = sessions.find(session, token, later)
        assert found
        assert found.last_seen_at == later
        assert sessions.find(session, token, NOON + timedelta(hours=1)) is None
    assert sessions.purge_expired(records, later) == 0
    assert sessions.purge_expired(records, NOON + timedelta(hours=1)) == 1


def test_of_many_questions_at_once_one_owns_the_visit(records: Records, sam: Person) -> None:
    session_id = sessions.id_of(open_session(records, sam))

    def enter(now: datetime) -> bool:
        with records.session() as session:
            return sessions.begin_visit(session, session_id, "acme", now)

    for now in (NOON, NOON + timedelta(hours=1)):
        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(enter, [now] * 6)) == 1


def test_a_visit_ends_with_its_session(records: Records, sam: Person) -> None:
    token = open_session(records, sam)
    with records.session() as session:
        sessions.begin_visit(session, sessions.id_of(token), "acme", NOON)
        sessions.close_session(session, token)
    with records.reading() as session:
        assert session.get(models.Visit, (sessions.id_of(token), "acme")) is None


def test_a_key_is_known_until_it_is_revoked_or_its_org_disabled(
    records: Records, sam: Person
) -> None:
    first, second = (keys.issue(records, "acme", "key", None) for _ in range(2))
    assert KeyRing(records).org_of(f"Bearer {first.secret}") == "acme"
    keys.revoke(records, first.id, sam)
    with pytest.raises(UnknownKey):
        KeyRing(records).org_of(f"Bearer {first.secret}")
    with records.session() as session:
        people.disable_org(session, "acme", NOON)
    with pytest.raises(OrgDisabled):
        KeyRing(records).org_of(f"Bearer {second.secret}")
