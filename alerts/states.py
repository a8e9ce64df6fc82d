"""States: the life of one alert, decided by pure functions from what was seen and the rule's times.

The one idea: an evaluation changes the state by `next_state` and by nothing else, and leaves
exactly one reason. An alert is one group of a rule; an incident lasts from firing to resolved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, get_args

Phase = Literal["inactive", "pending", "firing", "recovering", "no_data", "error"]
NoData = Literal["alert", "ok", "keep"]
Code = Literal[
    "fired",
    "still_firing",
    "pending",
    "below_threshold",
    "recovering",
    "resolved",
    "no_data",
    "no_data_kept",
    "error",
    "silenced",
    "snoozed",
    "cooldown",
    "acknowledged",
    "sent",
]
Kind = Literal[
    "pending",
    "cleared",
    "fired",
    "refired",
    "recovering",
    "resolved",
    "no_data",
    "error",
    "flapping",
]
Verdict = Literal["breached", "between", "recovered", "kept"]

PHASES: tuple[Phase, ...] = get_args(Phase)
CODES: tuple[Code, ...] = get_args(Code)
KINDS: tuple[Kind, ...] = get_args(Kind)

REMEMBERED = 20
"""Evaluations that flapping looks at."""

FLAPPING = 3
"""Crossings among them that are called flapping."""

KEPT = "No data; the state is kept"

FORGET_AFTER = timedelta(days=7)
"""How long a group that sends nothing is still expected; a rule as a whole always is."""


@dataclass(frozen=True)
class Seen:
    """A number was there. Neither breached nor recovered means: between limit and recovery."""

    breached: bool
    recovered: bool
    value: float | None = None
    text: str = ""


@dataclass(frozen=True)
class Missing:
    """No number for a group that is known."""


@dataclass(frozen=True)
class Failed:
    """The rule could not be measured; the sentence says why."""

    sentence: str


Observed = Seen | Missing | Failed


@dataclass(frozen=True)
class Policy:
    """What a rule says about time and about missing data."""

    every: timedelta
    for_: timedelta = timedelta(0)
    keep_firing_for: timedelta = timedelta(0)
    no_data: NoData = "keep"
    forget_after: timedelta | None = None

    @property
    def breaches_needed(self) -> int:
        """Breached evaluations in a row that fire; each stands for one `every`."""
        return _evaluations(self.for_, self.every)

    @property
    def recoveries_needed(self) -> int:
        """Recovered evaluations in a row that resolve."""
        return _evaluations(self.keep_firing_for, self.every)


@dataclass(frozen=True)
class State:
    """Where an alert stands after an evaluation.

    `count` counts breaches in a row before firing, and recoveries in a row while recovering.
    """

    phase: Phase = "inactive"
    since: datetime | None = None
    incident: datetime | None = None
    count: int = 0
    missing_since: datetime | None = None
    history: tuple[bool, ...] = ()
    value: float | None = None
    text: str = ""
    evaluated_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether an incident is going on."""
        return self.incident is not None

    @property
    def flapping(self) -> bool:
        """Whether the limit was crossed again and again lately."""
        return sum(a != b for a, b in pairwise(self.history)) >= FLAPPING


@dataclass(frozen=True)
class Reason:
    """Why an evaluation spoke or stayed silent."""

    code: Code
    text: str


@dataclass(frozen=True)
class Change:
    """A turn in the life of an alert: one row of its history."""

    kind: Kind
    at: datetime
    value: float | None
    text: str


@dataclass(frozen=True)
class Step:
    """One evaluation of one alert."""

    before: State
    after: State
    reason: Reason
    changes: tuple[Change, ...] = ()
    forgotten: bool = False

    @property
    def opened(self) -> bool:
        return self.after.open and not self.before.open

    @property
    def closed(self) -> bool:
        return self.before.open and not self.after.open

    @property
    def incident(self) -> datetime | None:
        """When the incident began that this evaluation is part of."""
        return self.after.incident or self.before.incident


def next_state(
    state: State, observed: Observed, policy: Policy, now: datetime
) -> tuple[State, Step]:
    """The state after the evaluation of the instant `now`, and what happened in it."""
    missing_since = (state.missing_since or now) if isinstance(observed, Missing) else None
    before = replace(state, missing_since=missing_since)
    if _forgotten(before, policy, now):
        return _closed(state, now, "Nothing came for so long that it is no longer expected.", True)
    verdict = _verdict(observed, policy)
    move = _while_open if state.open else _while_quiet
    moved, reason = move(before, verdict, observed, policy, now)
    after = replace(
        moved,
        since=moved.since if moved.phase == state.phase and moved.since else now,
        history=_remembered(state.history, verdict),
        value=observed.value if isinstance(observed, Seen) else state.value,
        text=_text(observed),
        evaluated_at=now,
    )
    return after, Step(state, after, reason, _changes(state, after, now))


def close(state: State, now: datetime, why: str) -> tuple[State, Step]:
    """End what is going on because the rule itself was changed or turned off."""
    return _closed(state, now, why, False)


def _evaluations(lasting: timedelta, every: timedelta) -> int:
    return max(1, -(-lasting // every))


def _forgotten(state: State, policy: Policy, now: datetime) -> bool:
    if policy.forget_after is None or state.missing_since is None:
        return False
    return now - state.missing_since >= policy.forget_after


def _verdict(observed: Observed, policy: Policy) -> Verdict:
    """What an observation counts as; the rule says it for those that are none."""
    match observed:
        case Seen(breached=True):
            return "breached"
        case Seen():
            return "recovered" if observed.recovered else "between"
        case Missing() if policy.no_data == "ok":
            return "recovered"
        case _:
            return "breached" if policy.no_data == "alert" else "kept"


def _while_quiet(
    state: State, verdict: Verdict, observed: Observed, policy: Policy, now: datetime
) -> tuple[State, Reason]:
    """From inactive or pending."""
    if verdict == "breached":
        return _breached(state, observed, policy, now)
    if isinstance(observed, Failed):
        return replace(state, phase="error"), Reason("error", observed.sentence)
    if verdict == "kept":
        return replace(state, phase=_beneath(state)), Reason("no_data_kept", KEPT)
    code: Code = "no_data" if isinstance(observed, Missing) else "below_threshold"
    quiet = replace(state, phase="inactive", count=0)
    return quiet, Reason(code, _text(observed))


def _breached(
    state: State, observed: Observed, policy: Policy, now: datetime
) -> tuple[State, Reason]:
    count, needed = state.count + 1, policy.breaches_needed
    said = _text(observed)
    if count >= needed:
        fired = replace(state, phase=_alarm(observed), count=0, incident=now)
        return fired, Reason("fired", said)
    if isinstance(observed, Failed):
        return replace(state, phase="error", count=count), Reason("error", said)
    return (
        replace(state, phase="pending", count=count),
        Reason("pending", _sentence(f"Pending {count} of {needed}", said)),
    )


def _while_open(
    state: State, verdict: Verdict, observed: Observed, policy: Policy, now: datetime
) -> tuple[State, Reason]:
    """From firing, recovering, no data or error, with an incident going on."""
    if verdict == "recovered":
        return _recovered(state, observed, policy)
    if isinstance(observed, Missing) and verdict == "kept":
        return replace(state, phase=_beneath(state)), Reason("no_data_kept", KEPT)
    phase = _alarm(observed)
    code: Code = "still_firing" if phase == "firing" else phase
    return replace(state, phase=phase, count=0), Reason(code, _text(observed))


def _recovered(state: State, observed: Observed, policy: Policy) -> tuple[State, Reason]:
    count = state.count + 1 if state.phase == "recovering" else 1
    needed = policy.recoveries_needed
    said = _text(observed)
    if count >= needed:
        return replace(state, phase="inactive", count=0, incident=None), Reason("resolved", said)
    return (
        replace(state, phase="recovering", count=count),
        Reason("recovering", _sentence(f"Recovering {count} of {needed}", said)),
    )


def _closed(state: State, now: datetime, why: str, forgotten: bool) -> tuple[State, Step]:
    after = State(since=now, value=state.value, text=why, evaluated_at=now)
    reason = Reason("no_data" if forgotten and not state.open else "resolved", why)
    return after, Step(state, after, reason, _changes(state, after, now), forgotten)


def _alarm(observed: Observed) -> Literal["firing", "no_data", "error"]:
    match observed:
        case Missing():
            return "no_data"
        case Failed():
            return "error"
        case _:
            return "firing"


def _beneath(state: State) -> Phase:
    """The phase that goes on once an error is over."""
    if state.phase != "error":
        return state.phase
    if state.open:
        return "firing"
    return "pending" if state.count else "inactive"


def _remembered(history: tuple[bool, ...], verdict: Verdict) -> tuple[bool, ...]:
    before = history[-1] if history else False
    crossed = {"breached": True, "recovered": False}.get(verdict, before)
    return (*history, crossed)[-REMEMBERED:]


def _changes(before: State, after: State, now: datetime) -> tuple[Change, ...]:
    kinds: list[Kind] = []
    if before.open and not after.open:
        kinds.append("resolved")
    elif after.open and not before.open:
        # what fired for want of data says so as well
        kinds += ["fired"] if after.phase == "firing" else ["fired", _turn(before, after)]
    elif before.phase != after.phase:
        kinds.append(_turn(before, after))
    if after.flapping and not before.flapping:
        kinds.append("flapping")
    return tuple(Change(kind, now, after.value, after.text) for kind in kinds)


def _turn(before: State, after: State) -> Kind:
    """The word for reaching another phase while an incident goes on, or while none does."""
    if after.phase == "inactive":
        return "cleared"
    return "refired" if after.phase == "firing" else after.phase


def _text(observed: Observed) -> str:
    match observed:
        case Seen():
            return observed.text
        case Failed():
            return observed.sentence
        case _:
            return "No data"


def _sentence(what: str, said: str) -> str:
    return f"{what}: {said}" if said else what
