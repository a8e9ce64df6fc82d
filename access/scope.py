"""Scope: whose telemetry may be read right now; here is the only place that makes one."""

from __future__ import annotations

from dataclasses import dataclass

from access.errors import NotFound, OrgDisabled
from access.people import ALL_ORGS, OrgChoice, Person


@dataclass(frozen=True)
class Scope:
    """The orgs one question may read: exactly one, or every active org when staff chose all."""

    person_id: str
    orgs: frozenset[str]
    org: str | None


def scope_for(person: Person, wanted: str | None) -> Scope:
    """The scope of `person`. `wanted` is only a hint: a slug, "all" or nothing.

    A foreign org raises the same NotFound as one that does not exist.
    """
    if person.is_staff and wanted in {None, "", ALL_ORGS}:
        active = frozenset(org.slug for org in person.orgs if not org.disabled)
        return Scope(person.id, active, None)
    org = _chosen(person.orgs, wanted) if wanted else _first(person.orgs)
    # Staff may look into a disabled org to see why; its members may not.
    if org.disabled and not person.is_staff:
        raise OrgDisabled
    return Scope(person.id, frozenset({org.slug}), org.slug)


def scope_of_org(org: str) -> Scope:
    """The scope of the program itself when it works for one org, such as on its alert rules."""
    return Scope("", frozenset({org}), org)


def _chosen(orgs: tuple[OrgChoice, ...], wanted: str) -> OrgChoice:
    for org in orgs:
        if org.slug == wanted:
            return org
    raise NotFound


def _first(orgs: tuple[OrgChoice, ...]) -> OrgChoice:
    """The first org by name, an active one when there is one."""
    if not orgs:
        raise NotFound("You do not belong to an organisation yet. Ask an owner to add you.")
    return next((org for org in orgs if not org.disabled), orgs[0])
