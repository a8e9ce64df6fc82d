"""Exchange: the rules of an org to YAML and from it, with the rights and checks of the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from access.people import Person
from access.scope import Scope
from alerts import checks, store, written
from alerts.errors import Problem
from alerts.rights import require
from alerts.rules import Rule
from alerts.written import Loaded, Target
from records.alerts import AlertChannel
from records.store import Records


def export(records: Records, scope: Scope) -> str:
    """The rules of the scope as YAML, by name."""
    return written.dump(store.visible(records, scope), _targets(records, scope))


def load(
    records: Records,
    person: Person,
    scope: Scope,
    text: str,
    now: datetime,
    *,
    replacing: bool = False,
) -> Loaded:
    """Keep the rules of a YAML text, all or none. With `replacing`, a rule takes the place of the
    one of its name. Raises Miswritten, which names lines and keys."""
    require(person, scope, "edit")
    loaded = read(records, scope, text, now, replacing=replacing)
    kept = {rule.name: rule for rule in store.visible(records, scope)}
    wanted = [_in_place_of(kept.get(rule.name), rule) for rule in loaded.rules]
    return replace(loaded, rules=tuple(store.keep(records, person, scope, wanted, now)))


def read(
    records: Records, scope: Scope, text: str, now: datetime, *, replacing: bool = False
) -> Loaded:
    """What `load` would keep, without keeping it."""
    taken = set() if replacing else {rule.name for rule in store.visible(records, scope)}
    refusal = checks.in_org(scope, now)

    def check(rule: Rule) -> Iterator[Problem]:
        if rule.name in taken:
            yield Problem("name", "There is a rule of this name already. Replace it, or rename.")
        found = list(checks.problems(rule))
        yield from found or checks.unknown(rule, refusal)

    return written.load(text, _targets(records, scope), check)


def _in_place_of(before: Rule | None, rule: Rule) -> Rule:
    return replace(rule, id=before.id, revision=before.revision) if before else rule


def _targets(records: Records, scope: Scope) -> list[Target]:
    channel = AlertChannel
    with records.reading() as session:
        rows = session.execute(
            select(channel.id, channel.name, channel.kind)
            .where(channel.org.in_(scope.orgs))
            .order_by(channel.name, channel.id)
        )
        return [Target(*row) for row in rows]
