"""The past: what happened to alerts, and why each evaluation spoke or stayed silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from json import dumps
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, or_, select
from sqlalchemy import cast as as_type

from access.scope import Scope
from records import models
from records.alerts import AlertEvaluation, AlertHistory, AlertRule
from records.store import Records

Cursor = tuple[datetime, int]
"""The time and number of the last row of a page."""


@dataclass(frozen=True)
class Event:
    """A row of the history."""

    id: int
    org: str
    at: datetime
    kind: str
    rule_id: str
    rule: str
    incident_id: str | None
    group_key: str
    group: dict[str, str]
    value: float | None
    text: str
    person: str


@dataclass(frozen=True)
class Evaluation:
    """Evaluations of an alert in a row that ended alike, and the one reason why."""

    id: int
    org: str
    rule_id: str
    rule: str
    group_key: str
    group: dict[str, str]
    first_at: datetime
    last_at: datetime
    evaluations: int
    value: float | None
    state: str
    reason: str
    text: str


@dataclass(frozen=True)
class Filters:
    """What of the history or the evaluations is wanted; what is empty asks for nothing.

    `kinds` are kinds of events or reasons of evaluations. `text` is looked for in the text and
    the labels.
    """

    rule_id: str = ""
    group_key: str = ""
    incident_id: str = ""
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


def history(
    records: Records,
    scope: Scope,
    filters: Filters,
    after: Cursor | None = None,
    rows: int = 100,
) -> tuple[list[Event], Cursor | None]:
    """A page of what happened, the newest first, and where the next page begins if there is one."""
    table = AlertHistory
    question = (
        select(table, AlertRule.name, models.Person.name)
        .outerjoin(AlertRule, AlertRule.id == table.rule_id)
        .outerjoin(models.Person, models.Person.id == table.person_id)
        .where(*_wanted(table, scope, filters), _older(table.at, table.id, after))
        .order_by(table.at.desc(), table.id.desc())
        .limit(rows + 1)
    )
    if filters.since:
        question = question.where(table.at >= filters.since)
    if filters.until:
        question = question.where(table.at < filters.until)
    if filters.incident_id:
        question = question.where(table.incident_id == filters.incident_id)
    if filters.kinds:
        question = question.where(table.kind.in_(filters.kinds))
    with records.reading() as session:
        found = [_event(*row) for row in session.execute(question)]
    return found[:rows], (found[rows - 1].at, found[rows - 1].id) if len(found) > rows else None


def evaluations(
    records: Records,
    scope: Scope,
    filters: Filters,
    after: Cursor | None = None,
    rows: int = 100,
) -> tuple[list[Evaluation], Cursor | None]:
    """A page of why alerts spoke or stayed silent, the newest first, and where the next begins."""
    table = AlertEvaluation
    question = (
        select(table, AlertRule.name)
        .outerjoin(AlertRule, AlertRule.id == table.rule_id)
        .where(*_wanted(table, scope, filters), _older(table.last_at, table.id, after))
        .order_by(table.last_at.desc(), table.id.desc())
        .limit(rows + 1)
    )
    if filters.since:
        question = question.where(table.last_at >= filters.since)
    if filters.until:
        question = question.where(table.first_at < filters.until)
    if filters.kinds:
        question = question.where(table.reason.in_(filters.kinds))
    if filters.states:
        question = question.where(table.state.in_(filters.states))
    with records.reading() as session:
        found = [_evaluation(*row) for row in session.execute(question)]
    more = len(found) > rows
    return found[:rows], (found[rows - 1].last_at, found[rows - 1].id) if more else None


def _wanted(
    table: type[AlertHistory | AlertEvaluation], scope: Scope, filters: Filters
) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [table.org.in_(scope.orgs)]
    if filters.rule_id:
        wanted.append(table.rule_id == filters.rule_id)
    if filters.group_key:
        wanted.append(table.group_key == filters.group_key)
    if filters.text:
        labels = as_type(table.labels, Text())
        # SQLite keeps labels as JSON in ASCII, PostgreSQL as JSON in Unicode
        wanted.append(
            or_(
                table.text.icontains(filters.text, autoescape=True),
                *(
                    labels.icontains(
                        dumps(filters.text, ensure_ascii=ascii_)[1:-1], autoescape=True
                    )
                    for ascii_ in (False, True)
                ),
                AlertRule.name.icontains(filters.text, autoescape=True),
            )
        )
    return wanted


def _older(at: Any, number: Any, cursor: Cursor | None) -> ColumnElement[bool]:
    if cursor is None:
        return number.is_not(None)  # type: ignore[no-any-return]
    when, last = cursor
    return and_(at <= when, or_(at < when, number < last))


def _event(row: AlertHistory, rule: str | None, person: str | None) -> Event:
    return Event(
        id=row.id,
        org=row.org,
        at=row.at,
        kind=row.kind,
        rule_id=row.rule_id,
        rule=rule or "",
        incident_id=row.incident_id,
        group_key=row.group_key,
        group=_texts(row.labels),
        value=row.value,
        text=row.text,
        person=person or "",
    )


def _evaluation(row: AlertEvaluation, rule: str | None) -> Evaluation:
    return Evaluation(
        id=row.id,
        org=row.org,
        rule_id=row.rule_id,
        rule=rule or "",
        group_key=row.group_key,
        group=_texts(row.labels),
        first_at=row.first_at,
        last_at=row.last_at,
        evaluations=row.evaluations,
        value=row.value,
        state=row.state,
        reason=row.reason,
        text=row.text,
    )


def _texts(labels: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in sorted(labels.items())}
