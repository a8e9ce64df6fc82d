"""Chosen: the one alert that the URL names, as it stands, or as it was in a past incident."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from access.errors import NotFound
from alerts import board, past
from alerts.board import Alert
from alerts.marks import ABSENT
from alerts.past import Evaluation, Event, Filters
from dashboards.alerts.sections import Asked
from queries.filters import TimeRange

MOST_EVENTS = 60
AROUND = timedelta(hours=1)
"""How much is shown before an incident, at least."""

LONGEST = timedelta(days=2)

_KEY = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})|([0-9a-f]{32})")


@dataclass(frozen=True)
class Chosen:
    """An alert with what happened in its incident, newest first. `alert` is None when its rule is
    gone, and `evaluation` when it was never evaluated."""

    rule_id: str
    group_key: str
    alert: Alert | None
    incident_id: str | None
    events: list[Event]
    evaluation: Evaluation | None

    @property
    def present(self) -> bool:
        """Whether it is about the alert as it stands now."""
        return self.alert is not None and self.alert.incident_id == self.incident_id

    @property
    def began(self) -> datetime | None:
        """When the incident began."""
        fired = [event.at for event in self.events if event.kind == "fired"]
        return min(fired, default=None)

    @property
    def ended(self) -> datetime | None:
        return next((event.at for event in self.events if event.kind == "resolved"), None)

    def stretch(self, now: datetime) -> TimeRange:
        """What the chart shows: the incident with what came before, or the last hours."""
        until = min(self.ended + AROUND / 2, now) if self.ended and not self.present else now
        began = self.began or until - 3 * AROUND
        before = max(AROUND, (until - began) / 4)
        return TimeRange(max(began - before, until - LONGEST), until)


def key_of(alert: Alert) -> str:
    """An alert as the URL names it."""
    return f"{alert.rule.id}.{alert.group_key}"


def find(about: Asked) -> Chosen:
    """The alert that the URL names. Raises NotFound."""
    named = _KEY.fullmatch(about.link.alert)
    if named is None:
        raise NotFound(ABSENT)
    return _standing(about, named[1], named[2]) if named[1] else _incident(about, named[3])


def _standing(about: Asked, rule_id: str, group_key: str) -> Chosen:
    """By rule and group: what goes on, or went on last."""
    alert = board.find(about.records, about.scope, rule_id, group_key, about.now)
    if alert is None:
        raise NotFound(ABSENT)
    incident = alert.incident_id
    filters = Filters(rule_id=rule_id, group_key=group_key, incident_id=incident or "")
    events = _events(about, filters)
    return Chosen(rule_id, group_key, alert, incident, events, _last(about, rule_id, group_key))


def _incident(about: Asked, incident_id: str) -> Chosen:
    events = _events(about, Filters(incident_id=incident_id))
    if not events:
        raise NotFound("There is no such incident, or none that you may see.")
    rule_id, group_key = events[0].rule_id, events[0].group_key
    alert = board.find(about.records, about.scope, rule_id, group_key, about.now)
    last = _last(about, rule_id, group_key)
    return Chosen(rule_id, group_key, alert, incident_id, events, last)


def _events(about: Asked, filters: Filters) -> list[Event]:
    found, _ = past.history(about.records, about.scope, filters, rows=MOST_EVENTS)
    return found


def _last(about: Asked, rule_id: str, group_key: str) -> Evaluation | None:
    """The last evaluation, with its one reason."""
    filters = Filters(rule_id=rule_id, group_key=group_key)
    found, _ = past.evaluations(about.records, about.scope, filters, rows=1)
    return found[0] if found else None
