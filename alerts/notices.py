"""Notices: whether an evaluation tells somebody, or the one reason why it does not.

The one idea: an incident that nobody was told of yet is told as soon as nothing holds it back any
more; one that was told is told again only after hours, and its end always.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from alerts.states import Reason, Step

NoticeKind = Literal["firing", "resolved", "reminder"]

REMIND_AFTER = timedelta(hours=4)
"""How long after the last notice somebody is reminded; a longer cooldown of the rule wins."""

_TELLING = {"fired", "still_firing", "no_data", "error"}


@dataclass(frozen=True)
class Mutes:
    """What may hold a notice back.

    `silenced_by` names the silence that is active, or is ""; `notified_at` is the instant of the
    last notice that was no end.
    """

    silenced_by: str = ""
    snoozed_until: datetime | None = None
    acknowledged_at: datetime | None = None
    notified_at: datetime | None = None
    cooldown: timedelta = timedelta(0)


@dataclass(frozen=True)
class Notice:
    """Something to tell about the incident that began at `incident`."""

    kind: NoticeKind
    incident: datetime
    at: datetime


@dataclass(frozen=True)
class Decision:
    """A notice to send or none, and the one reason of the evaluation."""

    notice: Notice | None
    reason: Reason


def decide(step: Step, mutes: Mutes, at: datetime, now: datetime) -> Decision:
    """What `step`, the evaluation of the instant `at`, tells when it is decided at `now`."""
    incident = step.incident
    if incident is None:
        return Decision(None, step.reason)
    told = mutes.notified_at is not None and mutes.notified_at >= incident
    if step.closed:
        # whoever was told that it fires is told that it ended, whatever was muted since
        return Decision(Notice("resolved", incident, at) if told else None, step.reason)
    if step.reason.code not in _TELLING:
        return Decision(None, step.reason)
    held = _held_back(step, mutes, told, at, now)
    if held:
        return Decision(None, held)
    if told and at < _reminded_at(mutes):
        return Decision(None, step.reason)
    kind: NoticeKind = "reminder" if told else "firing"
    return Decision(Notice(kind, incident, at), _spoken(step, told))


def _held_back(step: Step, mutes: Mutes, told: bool, at: datetime, now: datetime) -> Reason | None:
    """Why nobody is told now. What stands first is what a person would have to lift first."""
    said = step.reason.text
    if mutes.silenced_by:
        return Reason("silenced", f"Silenced by {mutes.silenced_by}: {said}")
    if mutes.snoozed_until and now < mutes.snoozed_until:
        return Reason("snoozed", f"Snoozed until {_shown(mutes.snoozed_until)}: {said}")
    if mutes.acknowledged_at:
        return Reason("acknowledged", f"Acknowledged at {_shown(mutes.acknowledged_at)}: {said}")
    if not told and mutes.notified_at and at < mutes.notified_at + mutes.cooldown:
        until = _shown(mutes.notified_at + mutes.cooldown)
        return Reason("cooldown", f"Cooldown until {until}: {said}")
    return None


def _reminded_at(mutes: Mutes) -> datetime:
    assert mutes.notified_at is not None  # noqa: S101 - only asked of what was told
    return mutes.notified_at + max(mutes.cooldown, REMIND_AFTER)


def _spoken(step: Step, told: bool) -> Reason:
    if step.opened:
        return step.reason
    what = "Reminded" if told else "Told now that nothing holds it back"
    return Reason("sent", f"{what}: {step.reason.text}")


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
