"""The cast of the tests of alerting's records: acme's three, charlie of globex, two of ALIAS."""

from __future__ import annotations

from typing import Any

from access import people
from access.people import Person
from access.scope import Scope, scope_for
from records.store import Records

CAST: dict[str, tuple[Any, str | None, Any]] = {
    "alice": (None, "acme", "owner"),
    "adam": (None, "acme", "admin"),
    "bob": (None, "acme", "member"),
    "charlie": (None, "globex", "owner"),
    "sam": ("alias_support", None, None),
    "ada": ("alias_admin", None, None),
}

Cast = dict[str, Person]


def make_cast(records: Records) -> Cast:
    with records.session() as session:
        for slug in ("acme", "globex"):
            people.create_org(session, slug, slug)
        for name, (staff, org, role) in CAST.items():
            made = people.create_person(session, f"{name}@x.example", name, None, staff)
            if org and role:
                people.add_member(session, made, org, role)
    return {name: people.find_person_by_email(records, f"{name}@x.example") for name in CAST}


def scope(person: Person) -> Scope:
    return scope_for(person, None if person.memberships else "acme")
