"""Clock skew: a clock that was put wrong on purpose is found, and nothing else is moved."""

from __future__ import annotations

from typing import Any

import pytest
from grown import span, trace, traces
from hypothesis import given
from hypothesis import strategies as st

from queries.skew import corrected, move, skews
from queries.tree import Trace


@pytest.mark.parametrize(
    ("late", "called", "caller", "expected"),
    [
        # it fits, at either edge too
        (0, 10, 10, 0),
        (0, 4, 10, 0),
        (6, 4, 10, 0),
        # it does not: into the middle
        (7, 4, 10, -4),
        (-1, 4, 10, 4),
        (500, 4, 10, -497),
        # longer than its caller: not before it, and else as it is
        (-5, 20, 10, 5),
        (3, 20, 10, 0),
    ],
)
def test_a_call_moves_by_jaegers_rule(late: int, called: int, caller: int, expected: int) -> None:
    assert move(late, called, caller) == expected


def call(number: int, start: int, skew: int = 0) -> list[dict[str, Any]]:
    """A call of web to bank, which took 4 of its 10 ns and has a clock of its own."""
    client = span(f"c{number}", "root", start, 10, kind="client", service_name="web")
    server = span(f"s{number}", f"c{number}", start + 3 + skew, 4, kind="server")
    return [client, server | {"service_name": "bank"}]


def web(*spans: dict[str, Any]) -> Trace:
    return trace(span("root", ns=1_000, service_name="web"), *spans)


def test_clocks_that_agree_are_left_alone() -> None:
    of = web(*call(1, 10), *call(2, 40))
    assert [(s.service, s.why, s.offset_ns, s.calls, s.misfits) for s in skews(of)] == [
        ("web", "first", 0, 0, 0),
        ("bank", "fits", 0, 2, 0),
    ]
    assert corrected(of) == of.offset_ns


@pytest.mark.parametrize("skew", [500, -500, 10**12])
def test_a_clock_that_is_wrong_is_found(skew: int) -> None:
    of = web(*call(1, 10, skew), *call(2, 40, skew))
    _, bank = sorted(skews(of), key=lambda s: s.service != "web")
    assert (bank.why, bank.offset_ns, bank.misfits, bank.givers) == ("moved", -skew, 2, ("web",))
    true = web(*call(1, 10), *call(2, 40))
    moved = dict(zip(of.columns["span_id"], corrected(of), strict=True))
    shift = moved["root"]
    expected = dict(zip(true.columns["span_id"], true.offset_ns, strict=True))
    assert {name: at - shift for name, at in moved.items()} == expected


def test_a_few_calls_left_to_run_on_move_nothing() -> None:
    late = span("late", "root", 5_000, 7, service_name="bank", kind="server")
    found = skews(web(*call(1, 10), *call(2, 40), *call(3, 80), late))
    assert [(s.service, s.offset_ns, s.misfits) for s in found][1] == ("bank", 0, 1)


def test_the_callers_own_offset_is_counted_in() -> None:
    far = span("far", "s1", 1_004, 2, kind="server", service_name="vault")
    of = web(*call(1, 10, 500), far)
    assert {s.service: s.offset_ns for s in skews(of)} == {"web": 0, "bank": -500, "vault": -990}


def test_a_message_may_lie_as_long_as_it_lies() -> None:
    sent = span("sent", "root", 10, 2, kind="producer", service_name="web")
    taken = span("taken", "sent", 90_000, 5, kind="consumer", service_name="worker")
    found = skews(web(sent, taken))
    assert [(s.service, s.why) for s in found] == [("web", "first"), ("worker", "uncalled")]


def test_spans_that_did_not_end_say_nothing() -> None:
    running = span("s", "root", 5_000, None, kind="server", service_name="bank")
    assert [s.why for s in skews(web(running))] == ["first", "uncalled"]


@given(traces())
def test_every_service_has_one_clock(of: Trace) -> None:
    offsets = {s.service: s.offset_ns for s in skews(of)}
    services = [name or "" for name in of.columns["service_name"]]
    moved = [now - raw for now, raw in zip(corrected(of), of.offset_ns, strict=True)]
    assert moved == [offsets[name] for name in services]


@given(st.integers(-(10**6), 10**6), st.integers(0, 10**4), st.integers(0, 10**4))
def test_what_was_moved_fits(late: int, called: int, caller: int) -> None:
    begins = late + move(late, called, caller)
    assert begins >= 0
    if called <= caller:
        assert begins + called <= caller
        assert move(begins, called, caller) == 0
