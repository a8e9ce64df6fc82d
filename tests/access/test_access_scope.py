"""Whose telemetry a person may read: every role against every kind of wish."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from access_cast import Cast

from access import people
from access.clock import utc_now
from access.errors import AccessError, NotFound, OrgDisabled
from access.people import Person
from access.scope import Scope, scope_for
from records.store import Records

ROOT = Path(__file__).parents[2]
EVERY_ORG = {"aaa-empty", "acme", "globex"}


@pytest.mark.parametrize(
    ("who", "wanted", "org", "orgs"),
    [
        ("alice", None, "acme", {"acme"}),
        ("alice", "", "acme", {"acme"}),
        ("alice", "acme", "acme", {"acme"}),
        ("bob", None, "acme", {"acme"}),
        ("bob", "acme", "acme", {"acme"}),
        ("charlie", None, "globex", {"globex"}),
        ("charlie", "globex", "globex", {"globex"}),
        ("dana", None, "acme", {"acme"}),
        ("dana", "acme", "acme", {"acme"}),
        ("dana", "globex", "globex", {"globex"}),
        ("sam", None, None, EVERY_ORG),
        ("sam", "", None, EVERY_ORG),
        ("sam", "all", None, EVERY_ORG),
        ("sam", "acme", "acme", {"acme"}),
        ("ada", None, None, EVERY_ORG),
        ("ada", "all", None, EVERY_ORG),
        ("ada", "globex", "globex", {"globex"}),
    ],
)
def test_each_role_reads_what_is_theirs(
    cast: Cast, who: str, wanted: str | None, org: str | None, orgs: set[str]
) -> None:
    person: Person = getattr(cast, who)
    assert scope_for(person, wanted) == Scope(person.id, frozenset(orgs), org)


@pytest.mark.parametrize("who", ["alice", "bob", "charlie", "dana", "sam", "ada"])
@pytest.mark.parametrize("wanted", ["initech", "ACME", "acme ", "../acme", "%", "acme\x00", "All"])
def test_what_does_not_exist_is_not_found(cast: Cast, who: str, wanted: str) -> None:
    with pytest.raises(NotFound):
        scope_for(getattr(cast, who), wanted)


@pytest.mark.parametrize(
    ("who", "wanted"),
    [("alice", "globex"), ("bob", "globex"), ("charlie", "acme"), ("dana", "aaa-empty")],
)
def test_a_foreign_org_is_the_same_as_an_absent_one(cast: Cast, who: str, wanted: str) -> None:
    person: Person = getattr(cast, who)
    foreign, absent = refusal(person, wanted), refusal(person, "initech")
    assert type(foreign) is type(absent) is NotFound
    assert str(foreign) == str(absent)


@pytest.mark.parametrize("who", ["alice", "bob", "charlie", "dana"])
def test_all_orgs_is_for_staff_only(cast: Cast, who: str) -> None:
    with pytest.raises(NotFound):
        scope_for(getattr(cast, who), "all")


def test_a_disabled_org_is_closed_to_its_members_and_open_to_staff(
    records: Records, cast: Cast
) -> None:
    with records.session() as session:
        people.disable_org(session, "acme", utc_now())
    alice, dana, sam = (
        people.find_person(records, person.id) for person in (cast.alice, cast.dana, cast.sam)
    )
    for wanted in (None, "acme"):
        with pytest.raises(OrgDisabled):
            scope_for(alice, wanted)
    assert scope_for(dana, None).org == "globex"
    assert scope_for(sam, "acme").orgs == {"acme"}
    assert scope_for(sam, None).orgs == {"aaa-empty", "globex"}
    assert type(refusal(cast.charlie, "acme")) is NotFound


def test_somebody_without_an_org_reads_nothing(records: Records) -> None:
    with records.session() as session:
        people.create_person(session, "eve@nowhere.example", "Eve")
    eve = people.find_person_by_email(records, "eve@nowhere.example")
    for wanted in (None, "acme", "all"):
        with pytest.raises(NotFound):
            scope_for(eve, wanted)


def test_a_scope_cannot_be_widened(cast: Cast) -> None:
    scope = scope_for(cast.charlie, None)
    with pytest.raises(AttributeError):
        scope.orgs = frozenset(EVERY_ORG)  # type: ignore[misc]


def test_only_the_scope_module_makes_scopes() -> None:
    makers = {path.relative_to(ROOT).as_posix() for path in our_modules() if makes_scope(path)}
    assert makers == {"access/scope.py"}


def refusal(person: Person, wanted: str) -> AccessError:
    with pytest.raises(AccessError) as refused:
        scope_for(person, wanted)
    return refused.value


def our_modules() -> list[Path]:
    folders = ("access", "alerts", "dashboards", "demo", "queries", "records", "telemetry")
    inside = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return inside + list(ROOT.glob("*.py"))


def makes_scope(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    names = (call.attr if isinstance(call, ast.Attribute) else ast.unparse(call) for call in calls)
    return "Scope" in names
