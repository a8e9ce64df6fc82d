"""People, orgs and memberships, and what is refused."""

from __future__ import annotations

import pytest
from access_cast import Cast, audited

from access import people
from access.errors import BadValue, NotFound
from access.people import Membership, OrgChoice
from records import models
from records.store import Records


def test_a_person_carries_their_memberships_and_orgs(cast: Cast) -> None:
    assert cast.dana.memberships == (
        Membership("acme", "Acme Robotics", "member"),
        Membership("globex", "Globex", "admin"),
    )
    assert cast.dana.orgs == (
        OrgChoice("acme", "Acme Robotics", "pro", disabled=False),
        OrgChoice("globex", "Globex", "free", disabled=False),
    )
    assert not cast.dana.is_staff


def test_staff_see_every_org_and_belong_to_none(cast: Cast, records: Records) -> None:
    assert cast.ada.is_staff
    assert cast.ada.memberships == ()
    visible = people.orgs_visible_to(records, cast.ada)
    assert [org.name for org in visible] == ["Acme Robotics", "Empty", "Globex"]


def test_charlie_sees_globex_only(cast: Cast, records: Records) -> None:
    assert [org.slug for org in people.orgs_visible_to(records, cast.charlie)] == ["globex"]


def test_an_org_made_later_is_visible_without_signing_in_again(
    cast: Cast, records: Records
) -> None:
    with records.session() as session:
        people.create_org(session, "initech", "Initech")
    assert "initech" in {org.slug for org in people.orgs_visible_to(records, cast.sam)}


@pytest.mark.parametrize(
    "slug", ["", "-acme", "Acme", "a b", "a_b", "ä", "a" * 64, "all", "acme\n", "../x", "acme"]
)
def test_a_slug_that_cannot_be_filed_under_is_refused(records: Records, slug: str) -> None:
    with pytest.raises(BadValue), records.session() as session:
        people.create_org(session, slug, "Name", "free")


@pytest.mark.parametrize("slug", ["a", "0", "a-", "all-in", "a" * 63])
def test_a_plain_slug_is_taken(records: Records, slug: str) -> None:
    with records.session() as session:
        assert people.create_org(session, slug, "Name", "free").slug == slug


@pytest.mark.parametrize(
    "email", ["", "alice", "@", "a@", "a b@c", "a@b@c", "a@b\x00", "x" * 250 + "@acme.example"]
)
def test_an_email_that_is_none_is_refused(records: Records, email: str) -> None:
    with pytest.raises(BadValue, match="is not an e-mail address"), records.session() as session:
        people.create_person(session, email, "Name")


def test_an_email_is_taken_once_in_any_case(records: Records) -> None:
    with pytest.raises(BadValue, match="already"), records.session() as session:
        people.create_person(session, "ALICE@acme.example", "Other Alice")


@pytest.mark.parametrize("password", ["", "short", "x" * 1025])
def test_a_password_too_short_or_too_long_is_refused(records: Records, password: str) -> None:
    with pytest.raises(BadValue, match="8 to 1024"), records.session() as session:
        people.create_person(session, "eve@acme.example", "Eve", password)


def test_words_outside_the_vocabulary_are_refused(records: Records, cast: Cast) -> None:
    with pytest.raises(BadValue, match="not a plan"), records.session() as session:
        people.create_org(session, "initech", "Initech", "gold")  # type: ignore[arg-type]
    with pytest.raises(BadValue, match="not a role"), records.session() as session:
        people.add_member(session, cast.bob, "globex", "king")  # type: ignore[arg-type]
    with pytest.raises(BadValue, match="not a role"), records.session() as session:
        people.create_person(session, "e@x", "E", staff_role="root")  # type: ignore[arg-type]


def test_nobody_joins_twice_or_where_nothing_is(records: Records, cast: Cast) -> None:
    with pytest.raises(BadValue, match="already"), records.session() as session:
        people.add_member(session, cast.bob, "acme", "admin")
    with pytest.raises(NotFound), records.session() as session:
        people.add_member(session, cast.bob, "initech", "admin")


def test_a_refusal_leaves_the_callers_session_usable(records: Records) -> None:
    with records.session() as session:
        with pytest.raises(BadValue):
            people.create_org(session, "acme", "Again")
        people.create_org(session, "initech", "Initech")
    with records.reading() as session:
        assert session.get(models.Org, "initech")


def test_somebody_unknown_is_not_found(records: Records) -> None:
    with pytest.raises(NotFound):
        people.find_person(records, "nobody")
    for email in ("nobody@acme.example", "not an e-mail"):
        with pytest.raises(NotFound):
            people.find_person_by_email(records, email)


def test_making_things_is_audited(records: Records) -> None:
    assert audited(records, "org.created")[0] == (None, "acme")
    assert len(audited(records, "person.created")) == 6
    assert len(audited(records, "member.added")) == 5
