"""The life of an alert, against a second telling of it: a text of verdicts and two patterns."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.states import (
    CODES,
    FLAPPING,
    REMEMBERED,
    Failed,
    Missing,
    NoData,
    Observed,
    Policy,
    Seen,
    State,
    Step,
    close,
    next_state,
)

MINUTE = timedelta(minutes=1)
START = datetime(2026, 3, 10, 12, tzinfo=UTC)

OBSERVED: dict[str, Observed] = {
    "above": Seen(True, False, 9.0, "9, above 5"),
    "between": Seen(False, False, 4.5, "4.5, above 4"),
    "below": Seen(False, True, 1.0, "1, below 5"),
    "missing": Missing(),
    "failed": Failed("The rule could not be measured."),
}

LETTERS: dict[NoData, dict[str, str]] = {
    # b breached, r recovered, m between, k nothing new, e an error
    "alert": {"above": "b", "between": "m", "below": "r", "missing": "b", "failed": "b"},
    "ok": {"above": "b", "between": "m", "below": "r", "missing": "r", "failed": "e"},
    "keep": {"above": "b", "between": "m", "below": "r", "missing": "k", "failed": "e"},
}


class LifeOfAnAlert(RuleBasedStateMachine):
    """Whatever is seen in whatever order, the state is what the verdicts say."""

    @initialize(
        for_=st.integers(0, 4), keep=st.integers(0, 3), no_data=st.sampled_from(sorted(LETTERS))
    )
    def begin(self, for_: int, keep: int, no_data: NoData) -> None:
        self.policy = Policy(MINUTE, for_ * MINUTE, keep * MINUTE, no_data)
        self.state = State()
        self.now = START
        self.step: Step | None = None
        self.since_turn, self.open, self.everything = "", False, ""
        self.phase_told = "inactive"

    @rule(name=st.sampled_from(sorted(OBSERVED)), times=st.integers(1, 6))
    def see(self, name: str, times: int) -> None:
        for _ in range(times):
            self.now += MINUTE
            self.state, self.step = next_state(self.state, OBSERVED[name], self.policy, self.now)
            self.tell(LETTERS[self.policy.no_data][name])
            self.check()

    def tell(self, letter: str) -> None:
        """The second telling: trailing letters decide, counted in text."""
        self.since_turn += letter
        self.everything += letter
        breaches = max(1, self.policy.for_ // MINUTE)
        recoveries = max(1, self.policy.keep_firing_for // MINUTE)
        pattern = rf"(?:rk*){{{recoveries}}}$" if self.open else rf"(?:b[ke]*){{{breaches}}}$"
        if re.search(pattern, self.since_turn) and letter == ("r" if self.open else "b"):
            self.since_turn, self.open = "", not self.open

    def check(self) -> None:
        assert self.step is not None
        assert self.state.open is self.open
        assert self.step.opened == (self.open and self.state.incident == self.now)
        assert (self.state.phase in {"firing", "recovering"}) <= self.open
        assert (self.state.phase in {"inactive", "pending"}) <= (not self.open)
        assert self.step.after is self.state
        assert self.state.evaluated_at == self.now
        for change in self.step.changes:
            if change.kind != "flapping":
                self.phase_told = {
                    "fired": "firing",
                    "refired": "firing",
                    "resolved": "inactive",
                    "cleared": "inactive",
                }.get(change.kind, change.kind)

    @invariant()
    def it_has_one_reason(self) -> None:
        if self.step is not None:
            assert self.step.reason.code in CODES
            assert self.step.reason.text

    @invariant()
    def its_changes_tell_its_phase(self) -> None:
        if self.step is not None:
            assert self.phase_told == self.state.phase

    @invariant()
    def it_is_pending_for_as_long_as_it_says(self) -> None:
        if self.step is not None and self.state.phase == "pending":
            assert 0 < self.state.count < self.policy.breaches_needed

    @invariant()
    def it_remembers_crossings(self) -> None:
        if self.step is None:
            return
        levels, last = [], False
        for letter in self.everything:
            last = {"b": True, "r": False}.get(letter, last)
            levels.append(last)
        assert self.state.history == tuple(levels[-REMEMBERED:])
        crossings = sum(a != b for a, b in pairwise(levels[-REMEMBERED:]))
        assert self.state.flapping is (crossings >= FLAPPING)


LifeOfAnAlert.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestTheLifeOfAnAlert = LifeOfAnAlert.TestCase


def walked(policy: Policy, *names: str) -> list[Step]:
    state, steps = State(), []
    for i, name in enumerate(names):
        state, step = next_state(state, OBSERVED[name], policy, START + i * MINUTE)
        steps.append(step)
    return steps


def codes(steps: list[Step]) -> list[str]:
    return [step.reason.code for step in steps]


def test_it_fires_after_five_minutes_and_says_how_far_it_is() -> None:
    steps = walked(Policy(MINUTE, 5 * MINUTE), *["above"] * 6)
    assert [step.reason.text for step in steps] == [
        *(f"Pending {n} of 5: 9, above 5" for n in (1, 2, 3, 4)),
        "9, above 5",
        "9, above 5",
    ]
    assert codes(steps) == ["pending"] * 4 + ["fired", "still_firing"]
    assert [c.kind for step in steps for c in step.changes] == ["pending", "fired"]


def test_it_keeps_firing_until_it_has_recovered_for_long_enough() -> None:
    policy = Policy(MINUTE, keep_firing_for=3 * MINUTE)
    steps = walked(policy, "above", "below", "below", "between", *["below"] * 3)
    expected = "fired recovering recovering still_firing recovering recovering resolved"
    assert codes(steps) == expected.split()
    kinds = [c.kind for step in steps for c in step.changes]
    assert kinds == ["fired", "recovering", "refired", "recovering", "resolved"]


def test_between_limit_and_recovery_it_neither_fires_nor_resolves() -> None:
    steps = walked(Policy(MINUTE), "between", "above", "between", "below")
    assert codes(steps) == ["below_threshold", "fired", "still_firing", "resolved"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("alert", "fired no_data no_data still_firing"),
        ("ok", "fired resolved no_data fired"),
        ("keep", "fired no_data_kept no_data_kept still_firing"),
    ],
)
def test_missing_data_is_what_the_rule_says_it_is(mode: NoData, expected: str) -> None:
    steps = walked(Policy(MINUTE, no_data=mode), "above", "missing", "missing", "above")
    assert codes(steps) == expected.split()


def test_no_data_alone_fires_when_the_rule_wants_it() -> None:
    steps = walked(Policy(MINUTE, 2 * MINUTE, no_data="alert"), "missing", "missing", "below")
    assert codes(steps) == ["pending", "fired", "resolved"]
    assert steps[1].after.phase == "no_data"
    assert [c.kind for c in steps[1].changes] == ["fired", "no_data"]


def test_an_error_neither_ends_nor_hides_what_fires() -> None:
    steps = walked(Policy(MINUTE), "above", "failed", "below", "failed", "below")
    assert codes(steps) == ["fired", "error", "resolved", "error", "below_threshold"]
    assert steps[1].after.incident == START


def test_flapping_is_said_once() -> None:
    steps = walked(Policy(MINUTE), *["above", "below"] * 4)
    kinds = [c.kind for step in steps for c in step.changes]
    assert kinds.count("flapping") == 1
    assert steps[3].after.flapping


def test_a_group_that_sends_nothing_is_not_expected_for_ever() -> None:
    policy = Policy(MINUTE, no_data="keep", forget_after=3 * MINUTE)
    steps = walked(policy, "above", *["missing"] * 4)
    assert [step.forgotten for step in steps] == [False, False, False, False, True]
    assert steps[-1].closed
    assert codes(steps)[-1] == "resolved"


def test_closing_ends_what_goes_on() -> None:
    (fired,) = walked(Policy(MINUTE), "above")
    after, step = close(fired.after, START + MINUTE, "The rule was turned off.")
    assert step.closed
    assert after.phase == "inactive"
    assert [c.kind for c in step.changes] == ["resolved"]
