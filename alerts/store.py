"""The rules of an org: made, changed and read, each change with its right, its check and its trace.

The one idea: a rule that is not there and one of another org look the same, NotFound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from access import audit
from access.errors import NotFound
from access.people import Person
from access.scope import Scope
from alerts import checks, ledger
from alerts.errors import Meanwhile, Problem, Refused
from alerts.rights import require
from alerts.rules import Rule, SqlQuery
from alerts.spec import rule_of, spec_of
from records.alerts import AlertChannel, AlertRule
from records.store import Records

MOST: Final = 1_000
"""Rules that one org may have."""

ABSENT: Final = "There is no such rule, or none that you may see."


# reading


def visible(records: Records, scope: Scope) -> list[Rule]:
    """The rules of the scope, by name."""
    with records.reading() as session:
        return [
            rule_from(row)
            for row in session.scalars(
                select(AlertRule)
                .where(AlertRule.org.in_(scope.orgs))
                .order_by(func.lower(AlertRule.name), AlertRule.id)
            )
        ]


def find(records: Records, scope: Scope, rule_id: str) -> Rule:
    """One rule of the scope. Raises NotFound."""
    with records.reading() as session:
        return rule_from(_row(session, scope, rule_id))


def rule_from(row: AlertRule) -> Rule:
    return rule_of(
        row.spec,
        id=row.id,
        org=row.org,
        name=row.name,
        enabled=row.enabled,
        revision=row.revision,
    )


# changing


def create(records: Records, person: Person, scope: Scope, rule: Rule, now: datetime) -> Rule:
    """Keep a new rule. Raises Refused with every problem that it has."""
    return create_all(records, person, scope, [rule], now)[0]


def create_all(
    records: Records, person: Person, scope: Scope, rules: Sequence[Rule], now: datetime
) -> list[Rule]:
    """Keep all of these new rules, or none of them."""
    require(person, scope, "edit")
    for rule in rules:
        _allow_sql(person, scope, rule, None)
        checks.refuse(scope, rule, now)
    return keep(records, person, scope, [replace(rule, id="") for rule in rules], now)


def keep(
    records: Records, person: Person, scope: Scope, rules: Sequence[Rule], now: datetime
) -> list[Rule]:
    """Keep all of these rules, whose checks are done, or none of them: those without an id are
    new, the others take the place of what has their id and revision."""
    org = require(person, scope, "edit")
    with records.session() as session:
        _refuse_too_many(session, org, sum(not rule.id for rule in rules))
        return [_kept(session, person, scope, replace(rule, org=org), now) for rule in rules]


def plant(session: Session, org: str, rules: Sequence[Rule], now: datetime) -> None:
    """Keep rules of our own making in a new org, where nobody has done so yet."""
    for rule in rules:
        made = replace(rule, id=uuid4().hex, org=org, revision=1)
        _insert(session, None, made, now)


def update_rule(records: Records, person: Person, scope: Scope, rule: Rule, now: datetime) -> Rule:
    """Change the rule with this id and revision to what `rule` says. Raises Meanwhile when it has
    another revision by now."""
    require(person, scope, "edit")
    before = find(records, scope, rule.id)
    _allow_sql(person, scope, rule, before)
    checks.refuse(scope, rule, now)
    return keep(records, person, scope, [rule], now)[0]


def set_enabled(
    records: Records, person: Person, scope: Scope, rule_id: str, enabled: bool, now: datetime
) -> Rule:
    """Turn a rule on or off; nothing happens when it is so already."""
    require(person, scope, "edit")
    with records.session() as session:
        before = rule_from(_row(session, scope, rule_id))
        if before.enabled == enabled:
            return before
        after = replace(before, enabled=enabled, revision=before.revision + 1)
        _write(session, person, before, after, now)
    return after


def delete(records: Records, person: Person, scope: Scope, rule_id: str, now: datetime) -> None:
    """Forget the rule. What it has going on ends, and whoever was told of it is told so."""
    require(person, scope, "edit")
    with records.session() as session:
        row = _row(session, scope, rule_id)
        rule = rule_from(row)
        why = f"The rule was deleted by {person.name}."
        ledger.write(session, [ledger.ending(session, rule, now, why)], ledger.Runs(), now)
        _record(session, person, rule, "alert_rule.deleted", before=_told(rule))
        session.delete(row)


def _kept(session: Session, person: Person, scope: Scope, rule: Rule, now: datetime) -> Rule:
    before = rule_from(_row(session, scope, rule.id)) if rule.id else None
    _allow_sql(person, scope, rule, before)
    made = replace(rule, id=rule.id or uuid4().hex, revision=rule.revision + 1 if before else 1)
    _refuse_strange_channels(session, made)
    if before:
        _write(session, person, before, made, now)
    else:
        _insert(session, person, made, now)
    return made


def _row(session: Session, scope: Scope, rule_id: str) -> AlertRule:
    row = session.scalar(
        select(AlertRule).where(AlertRule.id == rule_id, AlertRule.org.in_(scope.orgs))
    )
    if row is None:
        raise NotFound(ABSENT)
    return row


def _allow_sql(person: Person, scope: Scope, rule: Rule, before: Rule | None) -> None:
    """What an owner wrote in SQL an admin may name and time otherwise, but not write anew."""
    if not isinstance(rule.condition, SqlQuery):
        return
    kept = before is not None and isinstance(before.condition, SqlQuery)
    if not (kept and before and before.condition == rule.condition):
        require(person, scope, "write_sql")


def _refuse_too_many(session: Session, org: str, more: int) -> None:
    kept = session.scalar(select(func.count()).where(AlertRule.org == org)) or 0
    if kept + more > MOST:
        raise Refused([Problem("name", f"An org has at most {MOST:,} rules. Delete some first.")])


def _refuse_strange_channels(session: Session, rule: Rule) -> None:
    known = set(session.scalars(select(AlertChannel.id).where(AlertChannel.org == rule.org)))
    if not known.issuperset(rule.channels):
        raise Refused([Problem("channels", "A channel is gone. Choose among those of the list.")])


def _insert(session: Session, person: Person | None, rule: Rule, now: datetime) -> None:
    row = AlertRule(
        id=rule.id,
        org=rule.org,
        name=rule.name,
        spec=spec_of(rule),
        revision=rule.revision,
        enabled=rule.enabled,
        created_at=now,
        updated_at=now,
        updated_by=person.id if person else None,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise _taken(rule) from error
    _record(session, person, rule, "alert_rule.created", after=_told(rule))


def _write(session: Session, person: Person, before: Rule, after: Rule, now: datetime) -> None:
    """Whoever updates exactly one row owns the change."""
    change = (
        update(AlertRule)
        .where(AlertRule.id == after.id, AlertRule.revision == after.revision - 1)
        .values(
            name=after.name,
            spec=spec_of(after),
            enabled=after.enabled,
            revision=after.revision,
            updated_at=now,
            updated_by=person.id,
        )
        .execution_options(synchronize_session=False)
    )
    try:
        with session.begin_nested():
            changed = session.execute(change.returning(AlertRule.id)).all()
    except IntegrityError as error:
        raise _taken(after) from error
    if not changed:
        raise Meanwhile("Somebody changed this rule meanwhile. Open it again and repeat yours.")
    _record(session, person, after, "alert_rule.changed", **_changed(before, after))


def _taken(rule: Rule) -> Refused:
    return Refused(
        [Problem("name", f'There is a rule "{rule.name}" already. Choose another name.')]
    )


def _told(rule: Rule) -> dict[str, Any]:
    """A rule as the audit log keeps it."""
    return {"name": rule.name, "enabled": rule.enabled, **spec_of(rule)}


def _changed(before: Rule, after: Rule) -> dict[str, dict[str, Any]]:
    """Only what differs, as it was and as it is."""
    old, new = _told(before), _told(after)
    names = [name for name in new if old.get(name) != new[name]]
    return {
        "before": {name: old.get(name) for name in names},
        "after": {name: new[name] for name in names},
    }


def _record(
    session: Session, person: Person | None, rule: Rule, action: str, **details: Any
) -> None:
    audit.record(
        session,
        action,
        person=person.id if person else None,
        org=rule.org,
        subject=rule.name,
        details={"id": rule.id, **details},
    )
