"""The starter set: rules worth having from the first day, in the form that people write them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from access.people import Person
from access.scope import Scope
from alerts import store, written
from alerts.rules import Rule
from records.store import Records

RULES: Final = """\
rules:
  - name: Errors
    description: More than one span in twenty fails, counted service by service.
    condition: error_rate > 5%
    by: [service]
    recovery: 4%
    duration: 2m
    severity: critical
  - name: Failed traces
    description: One trace in five fails as a whole; what people ask for does not work.
    condition: failure_rate > 20%
    duration: 5m
    severity: critical
  - name: Slow
    description: One span in twenty takes longer than half a second.
    condition: duration.p95 > 500ms
    recovery: 400ms
    duration: 5m
    severity: warning
  - name: Long queue
    description: More waits than is worked off.
    condition: queue size > 100
    duration: 10m
    severity: warning
  - name: Unsure agents
    description: Agents say themselves that they are not sure.
    condition: avg confidence < 0.6
    duration: 15m
    severity: warning
  - name: Memory
    description: What runs is about to be ended for want of memory.
    condition: memory > 90%
    duration: 3m
    severity: critical
  - name: Stuck variables
    description: A watched variable gave the same value again and again.
    condition:
      type: staleness
      kind: frozen
      more_than: 5
    window: 1h
    severity: warning
  - name: Silent services
    description: A service that used to send has sent nothing for a while.
    condition:
      type: heartbeat
      of: service
      silent_for: 15m
    window: 15m
    severity: warning
  - name: Failing in a row
    description: A service failed three times in a row.
    condition:
      type: failures
      in_a_row: 3
    severity: warning
  - name: Unusual traffic
    description: Far more or fewer spans than usual at this hour of the week.
    condition:
      type: anomaly
      metric: throughput.spans
    window: 15m
    duration: 15m
    severity: info
"""


def give(session: Session, org: str, now: datetime) -> None:
    """Let a new org begin with the starter set."""
    store.plant(session, org, written.load(RULES).rules, now)


def add(records: Records, person: Person, scope: Scope, now: datetime) -> list[Rule]:
    """Add what the org lacks of the starter set; rules of the same names stay as they are."""
    kept = {rule.name for rule in store.visible(records, scope)}
    missing = [rule for rule in written.load(RULES).rules if rule.name not in kept]
    return store.create_all(records, person, scope, missing, now)
