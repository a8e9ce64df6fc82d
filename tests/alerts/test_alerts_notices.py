"""Notices: who is told what, and the one reason why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.notices import REMIND_AFTER, Decision, Mutes, decide
from alerts.states import Missing, Policy, Seen, State, next_state

MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 10, 12, tzinfo=UTC)
ABOVE, BELOW = Seen(True, False, 9.0, "9, above 5"), Seen(False, True, 1.0, "1, below 5")


def told(
    observed: list[Seen | Missing], mutes: list[Mutes], policy: Policy | None = None
) -> list[Decision]:
    """Evaluations a minute apart; what was told is carried on as the evaluator does."""
    state, notified, decisions = State(), None, []
    for i, (seen, mute) in enumerate(zip(observed, mutes, strict=True)):
        at = START + i * MINUTE
        state, step = next_state(state, seen, policy or Policy(MINUTE), at)
        decision = decide(step, replace(mute, notified_at=notified), at, at + MINUTE / 4)
        if decision.notice and decision.notice.kind != "resolved":
            notified = decision.notice.at
        decisions.append(decision)
    return decisions


def kinds(decisions: list[Decision]) -> list[str | None]:
    return [d.notice.kind if d.notice else None for d in decisions]


def codes(decisions: list[Decision]) -> list[str]:
    return [d.reason.code for d in decisions]


def test_firing_and_resolved_are_told_once_each() -> None:
    found = told([BELOW, ABOVE, ABOVE, BELOW, BELOW], [Mutes()] * 5)
    assert kinds(found) == [None, "firing", None, "resolved", None]
    expected = ["below_threshold", "fired", "still_firing", "resolved", "below_threshold"]
    assert codes(found) == expected


@pytest.mark.parametrize(
    ("mutes", "code", "words"),
    [
        (Mutes(silenced_by="“night work”"), "silenced", "Silenced by “night work”"),
        (Mutes(snoozed_until=START + 9 * MINUTE), "snoozed", "Snoozed until 2026-03-10 12:09:00"),
    ],
)
def test_what_is_muted_is_told_as_soon_as_it_is_not(mutes: Mutes, code: str, words: str) -> None:
    found = told([ABOVE, ABOVE, ABOVE], [mutes, mutes, Mutes()])
    assert codes(found) == [code, code, "sent"]
    assert found[0].reason.text.startswith(words)
    assert kinds(found) == [None, None, "firing"]


def test_an_end_is_told_even_when_muted_but_only_of_what_was_told() -> None:
    muted = Mutes(silenced_by="work")
    assert kinds(told([ABOVE, BELOW], [Mutes(), muted])) == ["firing", "resolved"]
    assert kinds(told([ABOVE, BELOW], [muted, Mutes()])) == [None, None]


def test_acknowledged_alerts_are_not_reminded_of() -> None:
    count = REMIND_AFTER // MINUTE + 2
    alone = told([ABOVE] * count, [Mutes()] * count)
    assert [i for i, kind in enumerate(kinds(alone)) if kind] == [0, REMIND_AFTER // MINUTE]
    assert alone[-2].notice is not None
    assert alone[-2].notice.kind == "reminder"
    mutes = [Mutes(), *[Mutes(acknowledged_at=START)] * (count - 1)]
    assert kinds(told([ABOVE] * count, mutes)) == ["firing", *[None] * (count - 1)]


def test_within_the_cooldown_a_new_incident_waits() -> None:
    cooling = [Mutes(cooldown=5 * MINUTE)] * 7
    found = told([ABOVE, BELOW, ABOVE, ABOVE, ABOVE, ABOVE, ABOVE], cooling)
    assert codes(found) == [
        "fired", "resolved", "cooldown", "cooldown", "cooldown", "sent", "still_firing",
    ]  # fmt: skip
    assert found[2].reason.text.startswith("Cooldown until 2026-03-10 12:05:00 UTC")


def test_missing_data_that_is_kept_tells_nothing() -> None:
    found = told([ABOVE, Missing(), ABOVE], [Mutes()] * 3)
    assert codes(found) == ["fired", "no_data_kept", "still_firing"]


SILENT = [Mutes(), Mutes(silenced_by="work"), Mutes(acknowledged_at=START)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([ABOVE, BELOW, Missing()]), st.sampled_from(SILENT)),
        min_size=1,
        max_size=40,
    ),
    st.integers(0, 6),
    st.integers(0, 3),
)
def test_each_incident_begins_once_ends_once_and_within_the_cooldown_one_begins(
    seen: list[tuple[Seen | Missing, Mutes]], cooldown: int, for_: int
) -> None:
    mutes = [replace(mute, cooldown=cooldown * MINUTE) for _, mute in seen]
    policy = Policy(MINUTE, for_ * MINUTE)
    notices = [d.notice for d in told([s for s, _ in seen], mutes, policy) if d.notice]
    firing = [n for n in notices if n.kind == "firing"]
    resolved = [n for n in notices if n.kind == "resolved"]
    assert len({n.incident for n in firing}) == len(firing)
    assert {n.incident for n in resolved} <= {n.incident for n in firing}
    assert len({n.incident for n in resolved}) == len(resolved)
    for earlier, later in pairwise(firing):
        assert later.at - earlier.at >= cooldown * MINUTE
    for end in resolved:
        assert [n.at for n in firing if n.incident == end.incident] < [end.at]
