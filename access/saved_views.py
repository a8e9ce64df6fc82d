"""Saved views: a place in the Trace Explorer under a name, private or for everybody in the org.

The one idea: a view that is not there and one that is not yours look the same, NotFound.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from access import audit
from access.clock import utc_now
from access.errors import BadValue, Forbidden, NotFound
from access.people import CONTROL, Person
from access.scope import Scope
from records import models
from records.store import Records

MOST = 200
"""Views that one person may keep in one org."""

LONGEST_NAME = 80
LONGEST_SEARCH = 8_000
READ_ONLY = "ALIAS support reads only: it saves, changes and deletes no views."
SHARED_NOWHERE = "Choose one org above to share a view; this one would belong to none."
FULL = f"You have {MOST} views here already. Delete one you no longer need."


@dataclass(frozen=True)
class SavedView:
    """A view as one person may see it; `mine` and `may_change` are about that person."""

    id: str
    name: str
    path: str
    search: str
    shared: bool
    owner: str
    mine: bool
    may_change: bool


def visible(records: Records, person: Person, scope: Scope) -> list[SavedView]:
    """Views of the scope: the person's own and those shared in the org, by name."""
    with records.reading() as session:
        found = session.execute(
            select(models.SavedView, models.Person.name)
            .join(models.Person, models.Person.id == models.SavedView.person_id)
            .where(_may_see(person, scope))
            .order_by(func.lower(models.SavedView.name), models.SavedView.id)
        )
        return [_seen(view, owner, person) for view, owner in found]


def save(
    records: Records,
    person: Person,
    scope: Scope,
    *,
    name: str,
    path: str,
    search: str,
    shared: bool = False,
) -> SavedView:
    """Keep a place under a name. Raises BadValue for a name that is empty, too long or taken."""
    _refuse_readers(person)
    if shared and scope.org is None:
        raise BadValue(SHARED_NOWHERE)
    now = utc_now()
    view = models.SavedView(
        id=uuid4().hex,
        person_id=person.id,
        org=scope.org,
        name=_clean(name),
        path=_place(path),
        search=_question(search),
        shared=shared,
        created_at=now,
        updated_at=now,
    )
    with records.session() as session:
        if _kept(session, person, scope) >= MOST:
            raise BadValue(FULL)
        _write(session, view)
        _record(session, person, view, "view.saved")
        return _seen(view, person.name, person)


def update(
    records: Records, person: Person, scope: Scope, view_id: str, *, path: str, search: str
) -> SavedView:
    """Let the view lead to another place from now on."""
    with records.session() as session:
        view, owner = _to_change(session, person, scope, view_id)
        view.path, view.search, view.updated_at = _place(path), _question(search), utc_now()
        _record(session, person, view, "view.updated")
        return _seen(view, owner, person)


def rename(records: Records, person: Person, scope: Scope, view_id: str, name: str) -> SavedView:
    """Call the view something else. Raises BadValue like `save`."""
    with records.session() as session:
        view, owner = _to_change(session, person, scope, view_id)
        view.name, view.updated_at = _clean(name), utc_now()
        _write(session, view)
        _record(session, person, view, "view.renamed")
        return _seen(view, owner, person)


def delete(records: Records, person: Person, scope: Scope, view_id: str) -> None:
    """Forget the view, for everybody who saw it."""
    with records.session() as session:
        view, _ = _to_change(session, person, scope, view_id)
        _record(session, person, view, "view.deleted")
        session.delete(view)


def _may_see(person: Person, scope: Scope) -> ColumnElement[bool]:
    """True of the scope's views that are the person's own or shared."""
    if scope.org is None:
        return and_(models.SavedView.org.is_(None), models.SavedView.person_id == person.id)
    return and_(
        models.SavedView.org == scope.org,
        or_(models.SavedView.person_id == person.id, models.SavedView.shared),
    )


def _to_change(
    session: Session, person: Person, scope: Scope, view_id: str
) -> tuple[models.SavedView, str]:
    """The view and its owner's name. Raises NotFound when it cannot be seen, Forbidden when it
    can be seen but not changed."""
    found = session.execute(
        select(models.SavedView, models.Person.name)
        .join(models.Person, models.Person.id == models.SavedView.person_id)
        .where(_may_see(person, scope), models.SavedView.id == view_id)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such view, or none that you may see.")
    view, owner = found
    _refuse_readers(person)
    if not _may_change(view, person):
        raise Forbidden(f"Only {owner} and the org's admins may change this view.")
    return view, owner


def _may_change(view: models.SavedView, person: Person) -> bool:
    if person.role == "alias_support":
        return False
    if view.person_id == person.id or person.role == "alias_admin":
        return True
    return any(m.org == view.org and m.role in {"owner", "admin"} for m in person.memberships)


def _refuse_readers(person: Person) -> None:
    if person.role == "alias_support":
        raise Forbidden(READ_ONLY)


def _kept(session: Session, person: Person, scope: Scope) -> int:
    org = models.SavedView.org
    here = org.is_(None) if scope.org is None else org == scope.org
    mine = models.SavedView.person_id == person.id
    return session.scalar(select(func.count()).select_from(models.SavedView).where(mine, here)) or 0


def _write(session: Session, view: models.SavedView) -> None:
    """Insert or update in a savepoint, so that a name that is taken ends in a sentence."""
    name = view.name
    try:
        with session.begin_nested():
            session.add(view)
    except IntegrityError as error:
        raise BadValue(f"There is a view {name!r} already. Choose another name.") from error


def _clean(name: str) -> str:
    cleaned = " ".join(CONTROL.sub(" ", name).split())
    if not cleaned:
        raise BadValue("Give the view a name.")
    if len(cleaned) > LONGEST_NAME:
        raise BadValue(f"A view's name has at most {LONGEST_NAME} characters.")
    return cleaned


def _place(path: str) -> str:
    """A page of ours, so that a view never leads elsewhere."""
    if not path.startswith("/") or path.startswith("//") or len(path) > models.NAME_LENGTH:
        raise BadValue("A view leads to a page of Observatory.")
    return path


def _question(search: str) -> str:
    if len(search) > LONGEST_SEARCH:
        raise BadValue("This view is too long to be saved. Use a shorter search.")
    return search


def _record(session: Session, person: Person, view: models.SavedView, action: str) -> None:
    audit.record(
        session,
        action,
        person=person.id,
        org=view.org,
        subject=view.name,
        details={"id": view.id, "shared": view.shared},
    )


def _seen(view: models.SavedView, owner: str, person: Person) -> SavedView:
    return SavedView(
        id=view.id,
        name=view.name,
        path=view.path,
        search=view.search,
        shared=view.shared,
        owner=owner,
        mine=view.person_id == person.id,
        may_change=_may_change(view, person),
    )
