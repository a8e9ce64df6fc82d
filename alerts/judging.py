"""Judging: from what was measured at an instant to what becomes of every alert of a rule.

The one idea: the evaluator and the time machine walk over the instants with this one function, so
what a replay shows is what would have happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from math import isfinite
from uuid import NAMESPACE_URL, uuid5

from access.scope import Scope
from alerts.errors import MeasureError
from alerts.notices import Mutes, Notice, decide
from alerts.readings import Reading
from alerts.rules import Labels, Rule, group_key, labels_of
from alerts.states import (
    FORGET_AFTER,
    Failed,
    Missing,
    Observed,
    Policy,
    Reason,
    Seen,
    State,
    Step,
    close,
    next_state,
)

WHOLE: Labels = ()
"""The group of a rule that has none, or none yet."""

MOST_GROUPS = 1_000
"""Groups that one rule may have."""

GROWN = "The rule has groups"

Measuring = Callable[[Scope, Rule, Sequence[datetime]], Iterable[tuple[datetime, list[Reading]]]]
Muting = Callable[[dict[str, str], datetime], str]
"""The name of the silence that mutes these labels at this time, or ""."""

Found = list[Reading] | MeasureError


@dataclass(frozen=True)
class Standing:
    """An alert between two evaluations."""

    state: State = field(default_factory=State)
    snoozed_until: datetime | None = None
    acknowledged_at: datetime | None = None
    notified_at: datetime | None = None


@dataclass(frozen=True)
class Judged:
    """What one evaluation made of one alert."""

    labels: Labels
    at: datetime
    step: Step
    reason: Reason
    notice: Notice | None
    standing: Standing
    forgotten: bool = False

    @property
    def state(self) -> State:
        return self.standing.state


Standings = dict[Labels, Standing]


def nobody_muted(labels: dict[str, str], at: datetime) -> str:
    return ""


def walk(
    scope: Scope,
    rule: Rule,
    instants: Sequence[datetime],
    standings: Standings,
    measure: Measuring,
    muting: Muting,
    lag: timedelta,
) -> Iterator[Judged]:
    """Evaluate the instants in order. `standings` is carried forward in place."""
    for at, found in _measured(scope, rule, instants, measure):
        for judged in judge(rule, standings, at, found, muting, lag):
            if judged.forgotten:
                standings.pop(judged.labels, None)
            else:
                standings[judged.labels] = judged.standing
            yield judged


def judge(
    rule: Rule,
    standings: Standings,
    at: datetime,
    found: Found,
    muting: Muting,
    lag: timedelta,
) -> list[Judged]:
    """What becomes of each alert of a rule at the instant `at`."""
    return [
        _judged(rule, labels, standings.get(labels, Standing()), seen, at, muting, lag)
        for labels, seen in _observed(standings, found).items()
    ]


def ended(rule: Rule, labels: Labels, standing: Standing, at: datetime, why: str) -> Judged:
    """The alert's end because its rule was changed or turned off; whoever was told is told so."""
    state, step = close(standing.state, at, why)
    decision = decide(step, _mutes(rule, standing, ""), at, at)
    after = replace(standing, state=state, acknowledged_at=None)
    return Judged(labels, at, step, decision.reason, decision.notice, after, forgotten=True)


def incident_id(rule: Rule, labels: Labels, opened: datetime) -> str:
    """The same id for the same incident, in whatever process it is found."""
    return uuid5(NAMESPACE_URL, f"{rule.id}/{group_key(labels)}/{opened.isoformat()}").hex


def mark(rule: Rule) -> str:
    """A mark of what a rule asks; it differs when alerts of before no longer mean the same."""
    asked = (rule.condition, rule.search, rule.every, rule.window)
    return sha256(repr(asked).encode()).hexdigest()


def _measured(
    scope: Scope, rule: Rule, instants: Sequence[datetime], measure: Measuring
) -> Iterator[tuple[datetime, Found]]:
    """What was found at each instant; from where measuring failed on, why it did."""
    done = 0
    try:
        for at, readings in measure(scope, rule, instants):
            yield at, readings
            done += 1
    except MeasureError as error:
        for at in instants[done:]:
            yield at, error


def _observed(standings: Standings, found: Found) -> dict[Labels, Observed]:
    """What was seen of every group that is known or new."""
    known: list[Labels] = list(standings) or [WHOLE]
    if not isinstance(found, MeasureError) and len(found) > MOST_GROUPS:
        found = MeasureError(
            f"The rule has {len(found):,} groups, at most {MOST_GROUPS:,} can be watched. "
            "Narrow its search or group by less."
        )
    if isinstance(found, MeasureError):
        return dict.fromkeys(known, Failed(str(found)))
    seen: dict[Labels, Observed] = {_plain(reading.labels): _seen(reading) for reading in found}
    if not seen:
        return dict.fromkeys(known, Missing())
    gone: Observed = Missing()
    for labels in standings:
        # what stood for the rule while there were no groups ends when there are some
        grown = labels == WHOLE and labels not in seen
        seen.setdefault(labels, Seen(False, True, None, GROWN) if grown else gone)
    return seen


def _seen(reading: Reading) -> Seen:
    value = reading.value if reading.value is not None and isfinite(reading.value) else None
    return Seen(reading.breached, reading.recovered, value, reading.text)


def _plain(labels: Labels) -> Labels:
    """Labels in one order, of characters that every database keeps."""
    return tuple(sorted((name, value.replace("\0", "\ufffd")) for name, value in labels))


def _judged(
    rule: Rule,
    labels: Labels,
    standing: Standing,
    seen: Observed,
    at: datetime,
    muting: Muting,
    lag: timedelta,
) -> Judged:
    state, step = next_state(standing.state, seen, _policy(rule, labels), at)
    silenced = muting(labels_of(rule, labels), at + lag) if state.open else ""
    decision = decide(step, _mutes(rule, standing, silenced), at, at + lag)
    after = replace(
        standing,
        state=state,
        # an acknowledgement ends with the alert
        acknowledged_at=standing.acknowledged_at if state.open and not step.opened else None,
        notified_at=_notified(decision.notice, standing),
    )
    outgrown = labels == WHOLE and isinstance(seen, Seen) and seen.text == GROWN
    forgotten = step.forgotten or (outgrown and not state.open)
    return Judged(labels, at, step, decision.reason, decision.notice, after, forgotten)


def _policy(rule: Rule, labels: Labels) -> Policy:
    forget_after = None if labels == WHOLE else FORGET_AFTER
    return Policy(rule.every, rule.for_, rule.keep_firing, rule.no_data, forget_after)


def _mutes(rule: Rule, standing: Standing, silenced: str) -> Mutes:
    return Mutes(
        silenced_by=silenced,
        snoozed_until=standing.snoozed_until,
        # what a person said of the last incident says nothing of the next
        acknowledged_at=standing.acknowledged_at if standing.state.open else None,
        notified_at=standing.notified_at,
        cooldown=rule.cooldown,
    )


def _notified(notice: Notice | None, standing: Standing) -> datetime | None:
    return notice.at if notice and notice.kind != "resolved" else standing.notified_at


# runs: evaluations in a row that ended alike


@dataclass(frozen=True)
class Run:
    """Evaluations of an alert in a row with the same state and the same reason."""

    labels: Labels
    state: str
    reason: str
    first_at: datetime
    last_at: datetime
    evaluations: int
    value: float | None
    text: str


def run_of(judged: Judged) -> Run:
    """The run that one evaluation begins."""
    state, reason = judged.state, judged.reason
    return Run(
        judged.labels, state.phase, reason.code, judged.at, judged.at, 1, state.value, reason.text
    )


def continued(run: Run | None, judged: Judged) -> Run | None:
    """The run with one evaluation more, or None when that one ended otherwise."""
    if run is None or (run.state, run.reason) != (judged.state.phase, judged.reason.code):
        return None
    return replace(
        run,
        last_at=judged.at,
        evaluations=run.evaluations + 1,
        value=judged.state.value,
        text=judged.reason.text,
    )


def in_runs(judged: Iterable[Judged]) -> list[Run]:
    """Evaluations by run, in the order in which the runs began."""
    runs: list[Run] = []
    last: dict[Labels, int] = {}
    for one in judged:
        place = last.get(one.labels)
        longer = None if place is None else continued(runs[place], one)
        if longer is None:
            last[one.labels] = len(runs)
            runs.append(run_of(one))
        elif place is not None:
            runs[place] = longer
    return runs
