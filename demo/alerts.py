"""Alerts of the demo: rules, channels and a silence, and what became of the rules over the history.

The one idea: no alert is made up. The rules are evaluated over the demo's telemetry, instant after
instant of the past days, by what evaluates them live.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from itertools import groupby
from typing import Final

from access.people import Person, find_person_by_email
from access.scope import Scope, scope_for, scope_of_org
from alerts import board, inbox, ledger, marks, measures, past, silences, starter, store, written
from alerts.channel_store import ChannelStore
from alerts.judging import Judged, Measuring, Muting, walk
from alerts.past import Filters
from alerts.rules import Rule
from alerts.silences import DAYS, Silence, Weekly
from demo.world import PEOPLE
from records.store import Records

PAST: Final = timedelta(days=3)
"""How far back the rules are evaluated."""

ORGS: Final = ("acme", "globex")
NEW: Final = "initech"
"""The org that begins as any other does."""

UNREAD: Final = 4
TOGETHER: Final = timedelta(minutes=30)
"""Instants that are written at once, so that notices lie in the order of time."""

RULES: Final = """\
rules:
  - name: Agent runs fail
    description: Runs that fail as a whole. Look at the newest release first.
    condition: failure_rate > 20%
    duration: 10m
    every: 5m
    window: 1h
    severity: critical
  - name: Errors by service
    description: More spans of a service fail than usual.
    condition: error_rate > 10%
    by: [service]
    recovery: 8%
    duration: 15m
    every: 5m
    window: 1h
    severity: warning
  - name: Slow services
    description: One span in twenty takes longer than a person waits.
    condition: duration.p95 > 12s
    by: [service]
    recovery: 10s
    duration: 15m
    every: 5m
    window: 1h
    severity: warning
  - name: Stuck sensors
    description: A sensor that repeats itself is more often broken than idle.
    condition:
      type: staleness
      kind: frozen
      more_than: 5
      lasting: 30m
    every: 10m
    window: 6h
    severity: warning
  - name: Agents silent
    description: Every agent gives a sign of life with each tick of the scheduler.
    condition:
      type: heartbeat
      of: agent
      silent_for: 2h
    every: 10m
    window: 2h
    severity: critical
  - name: Model spending
    description: What the models of a day may cost.
    condition:
      type: budget
      measure: cost
      period: day
      limit: $60
    every: 10m
    severity: info
"""


def settle(
    records: Records, channels: ChannelStore, measure: Measuring, lag: timedelta, now: datetime
) -> int:
    """Make it all for orgs that have no rules yet, or give them the starter set as any new org; how
    many rules it were."""
    made = 0
    for org in (*ORGS, NEW):
        person = _admin(records, org)
        scope = scope_for(person, org)
        if store.visible(records, scope):
            continue
        made += len(
            starter.add(records, person, scope, now)
            if org == NEW
            else _make(records, channels, measure, lag, now, person, scope)
        )
    return made


def _admin(records: Records, org: str) -> Person:
    """Who may change the alerts of an org: its owner, or the admin of ALIAS."""
    owners = (p for p in PEOPLE if p.org == org and p.role == "owner")
    return find_person_by_email(records, next(owners, PEOPLE[0]).email)


def _make(
    records: Records,
    channels: ChannelStore,
    measure: Measuring,
    lag: timedelta,
    now: datetime,
    person: Person,
    scope: Scope,
) -> list[Rule]:
    """Rules stay off until their past is written, or they would be evaluated twice."""
    silence = silences.create(records, person, scope, _night(now), now)
    # what it mutes at night it muted in the past nights as well
    muting = silences.muting([replace(silence, starts_at=now - PAST)])
    wanted = [replace(rule, enabled=False) for rule in written.load(RULES).rules]
    rules = store.create_all(records, person, scope, wanted, now)
    runs = ledger.Runs()
    for judged in _in_time(rules, measure, muting, lag, now):
        with records.session() as session:
            ledger.write(session, judged, runs, judged[-1].judged[-1].at + lag)
    _answer(records, person, scope, now)
    _read(records, person, scope, now)
    made = tuple(_channels(channels, person, scope))
    return [store.update_rule(records, person, scope, _on(rule, made), now) for rule in rules]


def _on(rule: Rule, channels: tuple[str, ...]) -> Rule:
    """The most severe rules also tell the channels; the inbox is told by all."""
    return replace(rule, enabled=True, channels=channels if rule.severity == "critical" else ())


def _night(now: datetime) -> Silence:
    """Nobody is woken for what is only a note."""
    return Silence(
        matchers=silences.parsed("severity=info"),
        starts_at=now,
        ends_at=now + timedelta(days=90),
        weekly=Weekly(tuple(range(len(DAYS))), time(22), time(6), "Europe/Berlin"),
        comment="Quiet nights: notes can wait until morning",
    )


def _channels(channels: ChannelStore, person: Person, scope: Scope) -> Iterator[str]:
    """A webhook and an e-mail channel. They are off: a demo writes to nobody, and needs no network
    to make them."""
    outward = replace(channels.ways.outward, resolve=lambda host, port: ["93.184.215.14"])
    mail = replace(channels.ways.mail, host=channels.ways.mail.host or "localhost")
    offline = replace(channels, ways=replace(channels.ways, outward=outward, mail=mail))
    for kind, name, given in (
        ("webhook", "Operations webhook", {"url": "https://hooks.example.com/observatory"}),
        ("email", "On call", {"to": f"oncall@{scope.org}.example"}),
    ):
        made = offline.create(person, scope, kind, name, given).channel
        offline.switch(person, scope, made.id, False)
        yield made.id


# the past


def _in_time(
    rules: Sequence[Rule], measure: Measuring, muting: Muting, lag: timedelta, now: datetime
) -> Iterator[list[ledger.Evaluated]]:
    """What the evaluator would have written, all rules side by side, the earliest first."""
    walks = [_walked(rule, measure, muting, lag, now) for rule in rules]
    merged = heapq.merge(*walks, key=lambda item: item[0])
    for _, together in groupby(merged, key=lambda item: item[0].timestamp() // _SECONDS):
        yield _by_rule((rule, judged) for _, rule, judged in together)


_SECONDS = TOGETHER.total_seconds()


def _walked(
    rule: Rule, measure: Measuring, muting: Muting, lag: timedelta, now: datetime
) -> Iterator[tuple[datetime, Rule, Judged]]:
    instants = measures.instants(rule, now - PAST, now - lag)
    for judged in walk(scope_of_org(rule.org), rule, instants, {}, measure, muting, lag):
        yield judged.at, rule, judged


def _by_rule(judged: Iterable[tuple[Rule, Judged]]) -> list[ledger.Evaluated]:
    found: dict[str, ledger.Evaluated] = {}
    for rule, one in judged:
        found.setdefault(rule.id, ledger.Evaluated(rule, [])).judged.append(one)
    return list(found.values())


# what people did


def _read(records: Records, person: Person, scope: Scope, now: datetime) -> None:
    """All but the newest notices."""
    found = inbox.notices(records, person, scope, most=UNREAD + 1)
    if len(found) > UNREAD:
        inbox.mark_read(records, person, scope, found[UNREAD].id, now)


def _answer(records: Records, person: Person, scope: Scope, now: datetime) -> None:
    """Somebody looks after the most urgent alert, one can wait, and an old one was explained."""
    urgent = [alert for alert in board.present(records, scope, now).alerts if alert.incident_id]
    doing = partial(marks.acknowledge, note="I am on it; more in ten minutes.", now=now)
    for alert in urgent[:1]:
        doing(records, person, scope, alert.rule.id, alert.group_key)
    for alert in urgent[2:3]:
        until = now + timedelta(hours=8)
        marks.snooze(records, person, scope, alert.rule.id, alert.group_key, until, now)
    ended, _ = past.history(records, scope, Filters(kinds=("resolved",)), rows=1)
    for event in ended:
        if event.incident_id:
            text = "Over since the load went down. Nothing to mend."
            marks.note(records, person, scope, event.incident_id, text, now)
