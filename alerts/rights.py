"""Rights: who may do what with the alerts of an org. Asked here and nowhere else.

| who                    | read | mark | edit | write_sql |
|------------------------|------|------|------|-----------|
| member                 | yes  | yes  |      |           |
| admin                  | yes  | yes  | yes  |           |
| owner, alias_admin     | yes  | yes  | yes  | yes       |
| alias_support          | yes  |      |      |           |

To mark is to acknowledge, to snooze and to write notes; to edit, to change rules, silences and
channels.
"""

from __future__ import annotations

from typing import Final, Literal

from access.errors import BadValue, Forbidden
from access.people import Person
from access.scope import Scope

Verb = Literal["read", "mark", "edit", "write_sql"]

ALLOWED: Final[dict[str, frozenset[Verb]]] = {
    "member": frozenset({"read", "mark"}),
    "admin": frozenset({"read", "mark", "edit"}),
    "owner": frozenset({"read", "mark", "edit", "write_sql"}),
    "alias_admin": frozenset({"read", "mark", "edit", "write_sql"}),
    "alias_support": frozenset({"read"}),
}

ONE_ORG: Final = "Choose one organisation above: a rule belongs to exactly one."
REFUSALS: Final[dict[Verb, str]] = {
    "read": "You may not see the alerts of this organisation.",
    "mark": "Your role reads alerts only. A member of the organisation can acknowledge them.",
    "edit": "Your role reads and acknowledges alerts. Ask an admin or owner to change them.",
    "write_sql": "Only owners of the organisation may write a rule in SQL. Ask one of them.",
}
SUPPORT: Final = "ALIAS support reads only: it changes and acknowledges nothing."


def require(person: Person, scope: Scope, verb: Verb) -> str:
    """The one org of the scope in which `person` may do this. Raises Forbidden, or BadValue when
    the scope is of many orgs."""
    if scope.org is None:
        raise BadValue(ONE_ORG)
    if not may(person, scope, verb):
        raise Forbidden(SUPPORT if person.role == "alias_support" else REFUSALS[verb])
    return scope.org


def may(person: Person, scope: Scope, verb: Verb) -> bool:
    """Whether to offer it: the same answer as `require` gives."""
    return scope.org is not None and verb in ALLOWED.get(_role(person, scope), frozenset())


def _role(person: Person, scope: Scope) -> str:
    """The person's role in the scope's org. A scope that another person made gives none."""
    if scope.person_id != person.id:
        return ""
    # somebody of ALIAS has its rights, whatever else they are
    if person.role:
        return person.role
    return next((m.role for m in person.memberships if m.org == scope.org and not m.disabled), "")
