"""Who exists in the demo: three organisations, the people who look at them, and their keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from access import keys, people
from access.errors import NotFound
from demo.acme import ACME
from demo.globex import GLOBEX
from demo.initech import INITECH
from demo.shapes import Org
from records import models
from records.models import Role, StaffRole
from records.store import Records

ORGS: Final = {org.slug: org for org in (ACME, GLOBEX, INITECH)}

PASSWORD: Final = "observatory"  # noqa: S105 - printed at start, for demo accounts only
"""The password of all demo accounts."""

KEY_NAME: Final = "demo telemetry"
"""Name of the ingest keys that the demo makes and replaces."""


@dataclass(frozen=True)
class DemoPerson:
    """A demo account: of ALIAS staff, or a member of one org."""

    email: str
    name: str
    staff_role: StaffRole | None = None
    org: str | None = None
    role: Role = "member"

    @property
    def what(self) -> str:
        """What the account is for, in a few words."""
        if self.staff_role:
            return f"ALIAS {self.staff_role.removeprefix('alias_')}, sees all organisations"
        return f"{self.role} of {ORGS[self.org].name}" if self.org else "no organisation"


PEOPLE: Final = (
    DemoPerson("ada@alias.example", "Ada Okafor", staff_role="alias_admin"),
    DemoPerson("sam@alias.example", "Sam Lindqvist", staff_role="alias_support"),
    DemoPerson("alice@acme.example", "Alice Moreau", org="acme", role="owner"),
    DemoPerson("bob@acme.example", "Bob Tanaka", org="acme"),
    DemoPerson("charlie@globex.example", "Charlie Nwosu", org="globex"),
)


def settle(records: Records) -> dict[str, str]:
    """Create the orgs and people that are missing; a fresh ingest key for each org.

    Returns org → key. Keys of an earlier start are revoked, because only hashes of them are kept.
    """
    for org in ORGS.values():
        _settle_org(records, org)
    for person in PEOPLE:
        _settle_person(records, person)
    return {slug: _replace_key(records, slug) for slug in ORGS}


def _settle_org(records: Records, org: Org) -> None:
    with records.session() as session:
        if session.get(models.Org, org.slug) is None:
            people.create_org(session, org.slug, org.name, org.plan)


def _settle_person(records: Records, person: DemoPerson) -> None:
    """A person who exists is left as they are: somebody may have changed their role."""
    with records.session() as session:
        if session.scalar(select(models.Person.id).where(models.Person.email == person.email)):
            return
        row = people.create_person(
            session, person.email, person.name, PASSWORD, staff_role=person.staff_role
        )
        if person.org:
            people.add_member(session, row, person.org, person.role)


def _replace_key(records: Records, org: str) -> str:
    _revoke_keys(records, org)
    return keys.issue(records, org, KEY_NAME, made_by=None).secret


def _revoke_keys(records: Records, org: str) -> None:
    try:
        admin = people.find_person_by_email(records, PEOPLE[0].email)
    except NotFound:  # somebody disabled the demo's admin; then the keys are theirs to manage
        return
    for key_id in _live_keys(records, org):
        keys.revoke(records, key_id, by=admin)


def _live_keys(records: Records, org: str) -> list[str]:
    with records.session() as session:
        return list(
            session.scalars(
                select(models.IngestKey.id).where(
                    models.IngestKey.org == org,
                    models.IngestKey.name == KEY_NAME,
                    models.IngestKey.revoked_at.is_(None),
                )
            )
        )
