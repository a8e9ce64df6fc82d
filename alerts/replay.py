"""The time machine: what a rule would have done over a stretch of the past, event for event.

The one idea: it is the evaluator without its records. Data that came late is there already, so a
replay knows what the evaluator did not know yet at the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from access.scope import Scope
from alerts import measures
from alerts.judging import (
    Judged,
    Measuring,
    Muting,
    Run,
    Standings,
    in_runs,
    incident_id,
    nobody_muted,
    walk,
)
from alerts.notices import NoticeKind
from alerts.rules import Labels, Rule
from alerts.states import Change

LAG = timedelta(seconds=15)


@dataclass(frozen=True)
class Turn:
    """A change of an alert's state."""

    labels: Labels
    incident_id: str | None
    change: Change


@dataclass(frozen=True)
class Told:
    """A notice that would have been sent, to each of the rule's channels and the inbox."""

    labels: Labels
    incident_id: str
    kind: NoticeKind
    at: datetime
    value: float | None
    text: str


@dataclass(frozen=True)
class Replay:
    """All that a rule would have done: its evaluations by run, its changes, its notices."""

    evaluations: list[Run]
    changes: list[Turn]
    notices: list[Told]
    instants: int


def replay(
    scope: Scope,
    rule: Rule,
    since: datetime,
    until: datetime,
    muting: Muting = nobody_muted,
    *,
    measure: Measuring = measures.measure,
    lag: timedelta = LAG,
) -> Replay:
    """What `rule` would have done at its instants in [since, until), beginning as a new rule."""
    instants = measures.instants(rule, since, until)
    changes: list[Turn] = []
    notices: list[Told] = []
    standings: Standings = {}
    walked = walk(scope, rule, instants, standings, measure, muting, lag)
    runs = in_runs(_noted(rule, walked, changes, notices))
    return Replay(runs, changes, notices, len(instants))


def _noted(
    rule: Rule, walked: Iterable[Judged], changes: list[Turn], notices: list[Told]
) -> Iterator[Judged]:
    """The same evaluations; what they changed and told is put into the lists on the way."""
    for judged in walked:
        changes.extend(turns(rule, judged))
        notices.extend(told(rule, judged))
        yield judged


def turns(rule: Rule, judged: Judged) -> list[Turn]:
    """What an evaluation changed."""
    opened = judged.step.incident
    incident = incident_id(rule, judged.labels, opened) if opened else None
    return [Turn(judged.labels, incident, change) for change in judged.step.changes]


def told(rule: Rule, judged: Judged) -> list[Told]:
    """What an evaluation told, if it did."""
    notice = judged.notice
    if notice is None:
        return []
    incident = incident_id(rule, judged.labels, notice.incident)
    text = judged.reason.text
    return [Told(judged.labels, incident, notice.kind, notice.at, judged.state.value, text)]
