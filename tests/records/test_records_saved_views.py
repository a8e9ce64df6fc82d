"""Saved views and preferences on both databases: who sees them, who may change them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from access import people, preferences, saved_views
from access.errors import AccessError, BadValue, Forbidden, NotFound
from access.people import Person
from access.saved_views import SavedView
from access.scope import Scope, scope_for
from records import models
from records.store import Records

CAST: dict[str, tuple[Any, str | None, Any]] = {
    "alice": (None, "acme", "owner"),
    "bob": (None, "acme", "member"),
    "beth": (None, "acme", "member"),
    "charlie": (None, "globex", "owner"),
    "sam": ("alias_support", None, None),
    "ada": ("alias_admin", None, None),
}
PLACE: dict[str, Any] = {"path": "/traces", "search": "?q=status%3Aerror"}

Cast = dict[str, Person]


@pytest.fixture
def cast(records: Records) -> Cast:
    with records.session() as session:
        for slug in ("acme", "globex"):
            people.create_org(session, slug, slug)
        for name, (staff, org, role) in CAST.items():
            made = people.create_person(session, f"{name}@x.example", name, None, staff)
            if org and role:
                people.add_member(session, made, org, role)
    return {name: people.find_person_by_email(records, f"{name}@x.example") for name in CAST}


def scope(person: Person, org: str | None = None) -> Scope:
    return scope_for(person, org)


def save(records: Records, who: Person, name: str, *, shared: bool = False) -> SavedView:
    return saved_views.save(records, who, scope(who), name=name, shared=shared, **PLACE)


def seen(records: Records, who: Person, org: str | None = None) -> list[str]:
    return [view.name for view in saved_views.visible(records, who, scope(who, org))]


def test_a_private_view_is_its_owners_alone(records: Records, cast: Cast) -> None:
    save(records, cast["bob"], "mine")
    assert seen(records, cast["bob"]) == ["mine"]
    for name in ("alice", "beth", "charlie"):
        assert seen(records, cast[name]) == []
    for name in ("sam", "ada"):
        assert seen(records, cast[name], "acme") == []


def test_a_shared_view_is_the_orgs_and_no_other_orgs(records: Records, cast: Cast) -> None:
    save(records, cast["bob"], "ours", shared=True)
    for name in ("alice", "bob", "beth"):
        assert seen(records, cast[name]) == ["ours"]
    assert seen(records, cast["charlie"]) == []
    assert seen(records, cast["sam"], "acme") == ["ours"]
    assert seen(records, cast["sam"], "globex") == []
    assert seen(records, cast["sam"]) == []


def test_a_view_comes_back_as_it_was_saved(records: Records, cast: Cast) -> None:
    save(records, cast["bob"], "  slow\n  agents ", shared=True)
    (view,) = saved_views.visible(records, cast["beth"], scope(cast["beth"]))
    assert (view.name, view.path, view.search) == ("slow agents", "/traces", PLACE["search"])
    assert (view.owner, view.mine, view.may_change, view.shared) == ("bob", False, False, True)


@pytest.mark.parametrize("verb", ["update", "rename", "delete"])
@pytest.mark.parametrize(
    ("name", "shared", "refusal"),
    [
        ("bob", False, None),
        ("alice", False, NotFound),
        ("beth", False, NotFound),
        ("charlie", False, NotFound),
        ("bob", True, None),
        ("alice", True, None),
        ("ada", True, None),
        ("beth", True, Forbidden),
        ("charlie", True, NotFound),
        ("sam", True, Forbidden),
    ],
)
def test_who_may_change_a_view_of_bobs(
    records: Records,
    cast: Cast,
    verb: str,
    name: str,
    shared: bool,
    refusal: type[AccessError] | None,
) -> None:
    view = save(records, cast["bob"], "view", shared=shared)
    who = cast[name]
    where = scope(who, None if who.memberships else "acme")
    more: dict[str, dict[str, str]] = {
        "update": {"path": "/traces", "search": "?q=x"},
        "rename": {"name": "other"},
        "delete": {},
    }
    change = getattr(saved_views, verb)
    if refusal:
        with pytest.raises(refusal):
            change(records, who, where, view.id, **more[verb])
        assert saved_views.visible(records, cast["bob"], scope(cast["bob"])) == [view]
    else:
        change(records, who, where, view.id, **more[verb])
        left = saved_views.visible(records, cast["bob"], scope(cast["bob"]))
        shown = [(view.name, view.search) for view in left]
        assert (
            shown
            == {
                "update": [("view", "?q=x")],
                "rename": [("other", PLACE["search"])],
                "delete": [],
            }[verb]
        )


def test_support_saves_nothing(records: Records, cast: Cast) -> None:
    for org in (None, "acme"):
        with pytest.raises(Forbidden, match="reads only"):
            saved_views.save(records, cast["sam"], scope(cast["sam"], org), name="x", **PLACE)


def test_views_of_all_orgs_are_private(records: Records, cast: Cast) -> None:
    ada = cast["ada"]
    save(records, ada, "everything")
    assert seen(records, ada) == ["everything"]
    assert seen(records, ada, "acme") == []
    assert seen(records, cast["sam"]) == []
    with pytest.raises(BadValue, match="Choose one org"):
        save(records, ada, "for whom?", shared=True)
    with pytest.raises(BadValue, match="already"):
        save(records, ada, "everything")


def test_a_name_is_taken_once_per_person_and_org(records: Records, cast: Cast) -> None:
    save(records, cast["bob"], "slow")
    other = save(records, cast["bob"], "other")
    save(records, cast["beth"], "slow", shared=True)
    with pytest.raises(BadValue, match="There is a view 'slow' already"):
        save(records, cast["bob"], "slow")
    with pytest.raises(BadValue, match="already"):
        saved_views.rename(records, cast["bob"], scope(cast["bob"]), other.id, "slow")
    assert seen(records, cast["bob"]) == ["other", "slow", "slow"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": " \n\x00"}, "Give the view a name"),
        ({"name": "x" * 81}, "at most 80"),
        ({"path": "https://evil.example"}, "page of Observatory"),
        ({"path": "//evil.example"}, "page of Observatory"),
        ({"search": "?" + "x" * 9000}, "too long"),
    ],
)
def test_what_cannot_be_saved_is_told_in_a_sentence(
    records: Records, cast: Cast, change: dict[str, Any], sentence: str
) -> None:
    bob = cast["bob"]
    with pytest.raises(BadValue, match=sentence):
        saved_views.save(records, bob, scope(bob), **{"name": "fine", **PLACE, **change})
    assert seen(records, bob) == []


def test_there_is_a_limit_for_each_person_and_org(
    records: Records, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_views, "MOST", 2)
    save(records, cast["bob"], "1")
    save(records, cast["bob"], "2")
    with pytest.raises(BadValue, match="Delete one"):
        save(records, cast["bob"], "3")
    save(records, cast["beth"], "3")


def test_every_change_of_a_view_is_in_the_audit_log(records: Records, cast: Cast) -> None:
    bob = cast["bob"]
    view = save(records, bob, "one", shared=True)
    saved_views.update(records, bob, scope(bob), view.id, path="/traces", search="")
    saved_views.rename(records, cast["alice"], scope(cast["alice"]), view.id, "two")
    saved_views.delete(records, bob, scope(bob), view.id)
    with records.reading() as session:
        rows = session.scalars(
            select(models.AuditEntry)
            .where(models.AuditEntry.action.startswith("view."))
            .order_by(models.AuditEntry.id)
        ).all()
    assert [(row.action, row.subject, row.person_id, row.org) for row in rows] == [
        ("view.saved", "one", bob.id, "acme"),
        ("view.updated", "one", bob.id, "acme"),
        ("view.renamed", "two", cast["alice"].id, "acme"),
        ("view.deleted", "two", bob.id, "acme"),
    ]


def test_a_preference_is_found_again_by_its_person_alone(records: Records, cast: Cast) -> None:
    preferences.choose(records, cast["bob"], "columns.spans", {"cols": "process"})
    preferences.choose(records, cast["bob"], "columns.spans", {"cols": "process,data"})
    assert preferences.chosen(records, cast["bob"], "columns.spans") == {"cols": "process,data"}
    assert preferences.chosen(records, cast["bob"], "columns.traces") is None
    assert preferences.chosen(records, cast["beth"], "columns.spans") is None
    preferences.forget(records, cast["bob"], "columns.spans")
    assert preferences.chosen(records, cast["bob"], "columns.spans") is None


def test_two_windows_that_choose_at_once_both_succeed(records: Records, cast: Cast) -> None:
    def choose(n: int) -> None:
        preferences.choose(records, cast["bob"], "columns.spans", {"n": n})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(choose, range(6)))
    kept = preferences.chosen(records, cast["bob"], "columns.spans")
    assert kept
    assert kept["n"] in range(6)


@pytest.mark.parametrize(("name", "value"), [("../x", {}), ("columns", {"cols": "x" * 9000})])
def test_a_preference_that_cannot_be_kept_is_refused(
    records: Records, cast: Cast, name: str, value: dict[str, str]
) -> None:
    with pytest.raises(BadValue):
        preferences.choose(records, cast["bob"], name, value)
