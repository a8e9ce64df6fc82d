"""People and their orgs. A Person is read once per request and carries every org they may see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, get_args
from uuid import uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from access import audit, passwords
from access.clock import utc_now
from access.errors import BadValue, NotFound
from records import models
from records.models import Plan, Role, StaffRole
from records.store import Records

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# The word in a URL that means every org at once.
ALL_ORGS = "all"

Word = TypeVar("Word", bound=str)


@dataclass(frozen=True)
class Membership:
    """A person's role in an org."""

    org: str
    org_name: str
    role: Role
    disabled: bool = False


@dataclass(frozen=True)
class OrgChoice:
    """An org as the org switch shows it."""

    slug: str
    name: str
    plan: Plan
    disabled: bool


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in. `orgs` is every org they may see: all of them for ALIAS staff."""

    id: str
    email: str
    name: str
    role: StaffRole | None
    memberships: tuple[Membership, ...]
    orgs: tuple[OrgChoice, ...] = ()

    @property
    def is_staff(self) -> bool:
        return self.role is not None


def create_org(session: Session, slug: str, name: str, plan: Plan = "free") -> models.Org:
    """A new org. Raises BadValue for a slug that is malformed, reserved or taken."""
    if not SLUG.fullmatch(slug) or slug == ALL_ORGS:
        raise BadValue(
            f"{slug!r} cannot name an organisation: use 1 to 63 of a–z, 0–9 and -, "
            f"not starting with -, and not the word {ALL_ORGS}."
        )
    org = models.Org(
        slug=slug,
        name=_clean_name(name),
        plan=_word(plan, Plan, "plan"),
        settings={},
        created_at=utc_now(),
    )
    _insert(session, org, f"There is an organisation {slug!r} already.")
    audit.record(session, "org.created", org=slug, subject=slug, details={"plan": plan})
    return org


def disable_org(session: Session, slug: str, now: datetime) -> None:
    """Switch an org off: its keys are refused and its members see nothing, the data stays."""
    org = session.get(models.Org, slug)
    if org is None:
        raise NotFound
    org.disabled_at = org.disabled_at or now
    audit.record(session, "org.disabled", org=slug, subject=slug, at=now)


def create_person(
    session: Session,
    email: str,
    name: str,
    password: str | None = None,
    staff_role: StaffRole | None = None,
) -> models.Person:
    """A new person; without a password they cannot sign in with one."""
    address = normal_email(email)
    if address is None:
        raise BadValue(f"{email!r} is not an e-mail address.")
    person = models.Person(
        id=uuid4().hex,
        email=address,
        name=_clean_name(name),
        password_hash=None if password is None else passwords.hash_of(password),
        staff_role=None if staff_role is None else _word(staff_role, StaffRole, "role"),
        created_at=utc_now(),
    )
    _insert(session, person, f"There is a person with the e-mail {address} already.")
    audit.record(session, "person.created", subject=address, details={"staff_role": staff_role})
    return person


def add_member(
    session: Session, person: models.Person | Person, org_slug: str, role: Role
) -> models.Membership:
    """Make `person` a member of an org. Raises NotFound when there is no such org."""
    if session.get(models.Org, org_slug) is None:
        raise NotFound(f"There is no organisation {org_slug!r}.")
    member = models.Membership(
        person_id=person.id,
        org=org_slug,
        role=_word(role, Role, "role"),
        created_at=utc_now(),
    )
    _insert(session, member, f"{person.name} is a member of {org_slug} already.")
    audit.record(
        session, "member.added", org=org_slug, subject=person.email, details={"role": role}
    )
    return member


def find_person(records: Records, person_id: str) -> Person:
    """The person with this id. Raises NotFound when absent or disabled."""
    with records.reading() as session:
        return _found(session, models.Person.id == person_id)


def find_person_by_email(records: Records, email: str) -> Person:
    """The person with this e-mail, in any case. Raises NotFound when absent or disabled."""
    with records.reading() as session:
        return _found(session, models.Person.email == normal_email(email))


def orgs_visible_to(records: Records, person: Person) -> list[OrgChoice]:
    """The orgs `person` may see, by name, read afresh."""
    with records.reading() as session:
        return _orgs_of(session, person.id, staff=person.is_staff)


def load(session: Session, row: models.Person) -> Person:
    """A person with everything they may see, in two questions."""
    return Person(
        id=row.id,
        email=row.email,
        name=row.name,
        role=row.staff_role,
        memberships=_memberships_of(session, row.id),
        orgs=tuple(_orgs_of(session, row.id, staff=row.staff_role is not None)),
    )


def normal_email(email: str) -> str | None:
    """The e-mail as it is kept and compared; None when it cannot be one."""
    address = email.strip().lower()
    fits = len(address) <= models.EMAIL_LENGTH and EMAIL.fullmatch(address)
    return address if fits else None


def _found(session: Session, which: ColumnElement[bool]) -> Person:
    row = session.scalar(select(models.Person).where(which, models.Person.disabled_at.is_(None)))
    if row is None:
        raise NotFound
    return load(session, row)


def _memberships_of(session: Session, person_id: str) -> tuple[Membership, ...]:
    rows = session.execute(
        select(models.Membership.role, models.Org)
        .join(models.Org, models.Org.slug == models.Membership.org)
        .where(models.Membership.person_id == person_id)
        .order_by(models.Org.name, models.Org.slug)
    )
    return tuple(
        Membership(org.slug, org.name, role, org.disabled_at is not None) for role, org in rows
    )


def _orgs_of(session: Session, person_id: str, *, staff: bool) -> list[OrgChoice]:
    question = select(models.Org).order_by(models.Org.name, models.Org.slug)
    if not staff:
        question = question.join(models.Membership, models.Membership.org == models.Org.slug).where(
            models.Membership.person_id == person_id
        )
    return [
        OrgChoice(org.slug, org.name, org.plan, org.disabled_at is not None)
        for org in session.scalars(question)
    ]


def _insert(session: Session, row: models.Base, taken: str) -> None:
    """Insert in a savepoint, so that the caller's session survives a row that is there already."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise BadValue(taken) from error


def _clean_name(name: str) -> str:
    cleaned = CONTROL.sub(" ", name).strip()
    if not 0 < len(cleaned) <= models.NAME_LENGTH:
        raise BadValue(f"A name has 1 to {models.NAME_LENGTH} characters.")
    return cleaned


def _word(word: Word, choices: object, what: str) -> Word:
    if word not in get_args(choices):
        raise BadValue(f"{word!r} is not a {what}: use {', '.join(get_args(choices))}.")
    return word
