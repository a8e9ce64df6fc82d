"""One function in numbers, each of them counted again in Python over every span that was sent."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import floor, log10
from statistics import fmean, quantiles
from typing import Any

import pytest
from cast import NOW, World, request_of, span

from access.scope import Scope
from queries import code, traces
from queries.code import Function
from queries.filters import EPOCH, TimeRange, TraceFilters
from queries.search import condition

HOUR = timedelta(hours=1)
RANGE = TimeRange(NOW - 6 * HOUR, NOW)
LONG_AGO = TimeRange(NOW - 900 * HOUR, NOW - 800 * HOUR)
MS = 1_000_000
SERVICES = ("shop", "billing")
RELEASES = (("1.0", "aaaaaaaa", 12.0), ("1.1", "bbbbbbbb", 3.0), ("1.2", None, 1.0))
"""Version, revision, and until how many hours before NOW it ran."""


@dataclass(frozen=True)
class Sent:
    """What was sent of a span, as far as the numbers depend on it."""

    number: int
    trace: int
    parent: int | None
    service: str
    name: str
    function: str | None
    ago: float
    ms: float
    error: bool
    memory: int | None
    version: str
    revision: str | None
    line: int | None

    @property
    def called(self) -> str:
        return self.function or self.name

    @property
    def start(self) -> datetime:
        """To the microsecond, as `cast.span` makes it of a floating second."""
        ns = int((NOW - timedelta(seconds=self.ago)).timestamp() * 1e9)
        return EPOCH + timedelta(microseconds=ns // 1000)

    @property
    def ns(self) -> int:
        return int(self.ms * 1e6)


def made() -> list[Sent]:
    """Traces of a root, two calls and calls of these, over the range and the period before it."""
    rng = random.Random(4)
    found: list[Sent] = []
    for trace in range(1, 121):
        ago = rng.uniform(10, 12 * 3600 - 60)
        version, revision, _ = next(r for r in reversed(RELEASES) if ago / 3600 <= r[2])

        def add(
            parent: int | None, service: str, name: str, at: float, ms: float, named: bool
        ) -> int:
            number = len(found) + 1
            found.append(
                Sent(
                    number=number,
                    trace=trace,  # noqa: B023
                    parent=parent,
                    service=service,
                    name=name,
                    function=f"shop.{name}" if named else None,
                    ago=round(ago - at, 3),  # noqa: B023
                    ms=round(ms),
                    error=rng.random() < 0.15,
                    memory=rng.randint(-4096, 65536) if named and rng.random() < 0.7 else None,
                    version=version,  # noqa: B023
                    revision=revision,  # noqa: B023
                    line=rng.choice([10, 20]) if named else None,
                )
            )
            return number

        root = add(None, "shop", "visit", 0, 3000, rng.random() < 0.5)
        for call in range(2):
            long = rng.lognormvariate(5, 0.8)
            paid = add(root, "billing", "pay", 0.4 * call, long, True)
            # siblings overlap
            add(paid, "billing", "ask bank", 0.4 * call, 0.7 * long, False)
            add(paid, "shop", "pay", 0.4 * call + 0.3 * long / 1000, 0.5 * long, True)
    return found


ALL = made()


def as_span(sent: Sent) -> Any:
    told: dict[str, Any] = {}
    if sent.function:
        told = {"code__function__name": sent.function, "code__file__path": "shop/pay.py"}
    if sent.line:
        told["code__line__number"] = sent.line
    if sent.memory is not None:
        told["aeos__memory__delta_bytes"] = sent.memory
    return span(
        sent.name,
        trace=sent.trace,
        number=sent.number,
        parent=sent.parent,
        ago=sent.ago,
        ms=sent.ms,
        error="BankError" if sent.error else None,
        **told,
    )


@pytest.fixture(scope="module")
def lake(new_world: Callable[..., World]) -> World:
    world = new_world()
    blocks: dict[tuple[str, str, str | None], list[Sent]] = defaultdict(list)
    for sent in ALL:
        blocks[sent.service, sent.version, sent.revision].append(sent)
    for (service, version, revision), spans in blocks.items():
        resource = {"service.version": version}
        if revision:
            resource["vcs.ref.head.revision"] = revision
        world.post("acme", request_of(*map(as_span, spans), service=service, **resource))
    others = [as_span(sent) for sent in ALL[:50]]
    world.post("globex", request_of(*others, service="billing"))
    world.settle()
    return world


@pytest.fixture
def alice(lake: World) -> Scope:
    return lake.scope("alice")


PAY = Function("shop.pay", "billing")
EVERY = sorted({(sent.service, sent.called) for sent in ALL})


def of(function: Function, present: bool = True) -> list[Sent]:
    """The calls of a function in the range, or in the period before."""
    until = RANGE.until if present else RANGE.since
    return [
        sent
        for sent in ALL
        if sent.called == function.name
        and function.service in (None, sent.service)
        and until - RANGE.length <= sent.start < until
    ]


def cuts(spans: list[Sent]) -> list[float]:
    found = quantiles([sent.ns for sent in spans], n=100, method="inclusive")
    return [found[49], found[94], found[98]]


# the list


@pytest.mark.parametrize(("service", "name"), EVERY)
def test_a_row_of_the_list_equals_a_count(alice: Scope, service: str, name: str) -> None:
    (row,) = [
        r
        for r in code.functions(alice, RANGE)
        if (r["service_name"], r["function"]) == (service, name)
    ]
    spans = of(Function(name, service))
    memory = [sent.memory for sent in spans if sent.memory is not None]
    assert (row["calls"], row["errors"]) == (len(spans), sum(sent.error for sent in spans))
    assert row["quantiles_ns"] == pytest.approx(cuts(spans))
    assert row["total_ns"] == sum(sent.ns for sent in spans)
    assert row["memory_bytes"] == (pytest.approx(fmean(memory)) if memory else None)
    assert row["newest"] == max(sent.start for sent in spans)
    assert row["functions"] == len(EVERY)
    assert row["exact"]


def test_the_list_from_rollups_is_the_same_within_a_hundredth(
    alice: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = code.functions(alice, RANGE)
    monkeypatch.setattr(code, "MOST_EXACT", 0)
    rolled = code.functions(alice, RANGE)
    (*_, last) = exact
    within = code.functions(alice, RANGE, service=last["service_name"])
    assert {row["service_name"] for row in within} == {last["service_name"]}
    assert rolled.source.startswith("rollups")
    assert len(rolled) == len(exact)
    for one, other in zip(exact, rolled, strict=True):
        assert other["exact"] is False
        same = ("service_name", "function", "file", "calls", "errors", "newest", "functions")
        assert [other[name] for name in same] == [one[name] for name in same]
        assert other["total_ns"] == one["total_ns"]
        assert other["memory_bytes"] == pytest.approx(one["memory_bytes"])
        assert other["quantiles_ns"] == pytest.approx(one["quantiles_ns"], rel=0.0101)


@pytest.mark.parametrize(("search", "found"), [("PAY", 2), ("bank", 1), ("visit", 2), ("%", 0)])
def test_rollups_are_searched_the_same(alice: Scope, search: str, found: int) -> None:
    for question in (code.functions, code.functions_rolled):
        assert len(question(alice, RANGE, search)) == found


def test_the_period_before_is_as_long_and_ends_where_the_range_begins() -> None:
    assert code.before(RANGE) == TimeRange(RANGE.since - 6 * HOUR, RANGE.since)
    beginning = datetime(1, 1, 2, tzinfo=NOW.tzinfo)
    assert code.before(TimeRange(beginning, NOW)) is None


# own time


def covered(parent: Sent, children: list[Sent]) -> float:
    """How much of a span's time its children cover together, in ns."""
    ends = sorted(
        (
            max(c.start, parent.start),
            min(
                c.start + timedelta(microseconds=c.ns / 1000),
                parent.start + timedelta(microseconds=parent.ns / 1000),
            ),
        )
        for c in children
    )
    total, reached = timedelta(), parent.start
    for since, until in ends:
        total += max(until - max(since, reached), timedelta())
        reached = max(reached, until)
    return total / timedelta(microseconds=1) * 1000


def test_own_time_is_what_no_child_covers(alice: Scope) -> None:
    found = code.own(alice, RANGE)
    assert found.whole
    inside = [sent for sent in ALL if RANGE.since <= sent.start < RANGE.until]
    children: dict[int | None, list[Sent]] = defaultdict(list)
    for sent in inside:
        children[sent.parent].append(sent)
    own: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    for sent in inside:
        key = (sent.service, sent.called)
        total[key] += sent.ns
        own[key] += sent.ns - covered(sent, children[sent.number])  # type: ignore[assignment]
    assert found.shares.keys() == total.keys()
    for key, share in found.shares.items():
        assert share == pytest.approx(own[key] / total[key], abs=1e-4), key
    assert 0 < found.shares["billing", "shop.pay"] < 0.3


def test_of_too_many_spans_the_newest_tell_the_own_time(
    alice: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "MOST_OWN", 100)
    found = code.own(alice, RANGE)
    assert not found.whole
    assert RANGE.since < found.range.since < found.range.until == RANGE.until
    seen = {(s.service, s.called) for s in ALL if s.start >= found.range.since}
    assert found.shares.keys() == seen


# one function


@pytest.mark.parametrize(
    "function",
    [PAY, Function("shop.pay"), Function("visit", "shop"), Function("ask bank", "billing")],
)
def test_numbers_equal_a_count(alice: Scope, function: Function) -> None:
    row = code.numbers(alice, RANGE, function).one
    now, before = of(function), of(function, present=False)
    assert row["calls"] == len(now) > 10
    assert row["calls_before"] == len(before) > 10
    assert row["errors"] == sum(sent.error for sent in now)
    assert row["errors_before"] == sum(sent.error for sent in before)
    assert (row["named"], row["unnamed"]) == (
        sum(sent.function is not None for sent in now),
        sum(sent.function is None for sent in now),
    )
    assert row["average_ns"] == pytest.approx(fmean(sent.ns for sent in now))
    assert row["quantiles_ns"] == pytest.approx(cuts(now))
    assert row["quantiles_before_ns"] == pytest.approx(cuts(before))
    memory = [sent.memory for sent in now if sent.memory is not None]
    assert row["measured"] == len(memory)
    assert row["memory_bytes"] == (pytest.approx(fmean(memory)) if memory else None)


def test_history_adds_up_to_the_numbers(alice: Scope) -> None:
    found = code.history(alice, RANGE, PAY)
    spans = of(PAY)
    assert len(found.calls) == len(found.errors) == len(found.p95_ns) == len(found.buckets)
    counted = Counter(found.buckets.of(sent.start) for sent in spans)
    assert found.calls == [counted[i] for i in range(len(found.buckets))]
    failed = Counter(found.buckets.of(sent.start) for sent in spans if sent.error)
    assert found.errors == [failed[i] for i in range(len(found.buckets))]
    fullest = max(counted, key=lambda i: counted[i])
    inside = [sent.ns for sent in spans if found.buckets.of(sent.start) == fullest]
    expected = quantiles(inside, n=100, method="inclusive")[94]
    assert found.p95_ns[fullest] == pytest.approx(expected)
    assert all(
        (p95 is None) == (not calls) for p95, calls in zip(found.p95_ns, found.calls, strict=True)
    )


def test_durations_hold_every_call_once(alice: Scope) -> None:
    found = code.durations(alice, RANGE, PAY)
    spans = of(PAY)
    counted = Counter(floor(8 * log10(sent.ns)) for sent in spans)
    assert {row["bucket"]: row["calls"] for row in found} == counted
    assert sum(row["errors"] for row in found) == sum(sent.error for sent in spans)
    assert found.rows[0]["shortest_ns"] == min(sent.ns for sent in spans)
    assert found.rows[-1]["longest_ns"] == max(sent.ns for sent in spans)


def test_callers_are_the_spans_above(alice: Scope) -> None:
    by_number = {sent.number: sent for sent in ALL}
    above = [by_number.get(sent.parent or 0) for sent in of(PAY)]
    expected = Counter((up.service, up.called) for up in above if up)
    found = code.callers(alice, RANGE, PAY)
    assert {(r["service_name"], r["function"]): r["calls"] for r in found} == expected
    (row,) = [r for r in found if r["function"] == "visit"]
    mine = [sent.ns for sent, up in zip(of(PAY), above, strict=True) if up and up.called == "visit"]
    assert row["p95_ns"] == pytest.approx(quantiles(mine, n=100, method="inclusive")[94])
    (root,) = code.callers(alice, RANGE, Function("visit", "shop"))
    assert (root["root"], root["function"]) == (True, None)


def test_callees_are_the_spans_below(alice: Scope) -> None:
    mine = {sent.number for sent in of(PAY)}
    below = [sent for sent in ALL if sent.parent in mine]
    expected = Counter((sent.service, sent.called) for sent in below)
    found = code.callees(alice, RANGE, PAY)
    assert {(r["service_name"], r["function"]): r["calls"] for r in found} == expected
    assert sum(r["errors"] for r in found) == sum(sent.error for sent in below)
    totals = [r["total_ns"] for r in found]
    assert totals == sorted(totals, reverse=True)
    assert code.callees(alice, RANGE, Function("ask bank", "billing")).rows == []


def test_a_caller_outside_the_range_is_still_found(world: World) -> None:
    ago = RANGE.length.total_seconds()
    world.send(
        "acme",
        span("above", number=1, ago=ago + 30, ms=60_000),
        span("called", number=2, parent=1, ago=ago - 5),
        span("lost", number=3, parent=99, ago=ago - 5),
    )
    scope = world.scope("alice")
    (row,) = code.callers(scope, RANGE, Function("called"))
    assert row["function"] == "above"
    (row,) = code.callers(scope, RANGE, Function("lost"))
    assert (row["function"], row["root"]) == (None, False)
    begun = TimeRange(RANGE.since - HOUR, RANGE.since)
    (row,) = code.callees(scope, begun, Function("above"))
    assert row["function"] == "called"


def test_the_slowest_and_the_latest_failing_traces(alice: Scope) -> None:
    spans = of(PAY)
    longest: dict[int, Sent] = {}
    for sent in sorted(spans, key=lambda sent: sent.ns):
        longest[sent.trace] = sent
    slow = sorted(longest.values(), key=lambda sent: -sent.ns)[:8]
    found = code.slowest(alice, RANGE, PAY)
    assert [int(r["trace_id"], 16) for r in found] == [sent.trace for sent in slow]
    assert [int(r["span_id"], 16) for r in found] == [sent.number for sent in slow]
    latest: dict[int, Sent] = {}
    for sent in sorted((s for s in spans if s.error), key=lambda sent: sent.start):
        latest[sent.trace] = sent
    bad = sorted(latest.values(), key=lambda sent: sent.start, reverse=True)[:8]
    failing = code.failing(alice, RANGE, PAY)
    assert [int(r["trace_id"], 16) for r in failing] == [sent.trace for sent in bad]
    assert {r["failure"] for r in failing} == {"BankError"}


def test_exceptions_are_counted_by_type_and_frames(world: World) -> None:
    def failed(number: int, line: int, words: str) -> Any:
        made = span("pay", number=number, error="BankError", code__function__name="shop.pay")
        trace = (
            f'Traceback:\n  File "shop/pay.py", line {line}, in pay\n    ask()\nBankError: {words}'
        )
        key = made.events[0].attributes.add()
        key.key, key.value.string_value = "exception.stacktrace", trace
        return made

    spans = [failed(number, 10 + number % 2, f"at 12:{number}") for number in range(1, 8)]
    world.send("acme", *spans, span("pay", number=9, error="Other"))
    found = code.exceptions(world.scope("alice"), RANGE, Function("shop.pay", "checkout"))
    assert [(r["exception_type"], r["calls"]) for r in found] == [
        ("BankError", 4),
        ("BankError", 3),
    ]
    assert found.rows[0]["frames"] == ['  File "shop/pay.py", line 11, in pay']


def test_revisions_tell_releases_apart(alice: Scope) -> None:
    found = code.revisions(alice, RANGE, PAY)
    both = of(PAY) + of(PAY, present=False)
    assert [(r["revision"], r["by_revision"]) for r in found] == [
        ("1.2", False),
        ("bbbbbbbb", True),
        ("aaaaaaaa", True),
    ]
    for row in found:
        name, version = row["revision"], row["version"]
        spans = [sent for sent in of(PAY) if (sent.revision or sent.version) == name]
        assert {sent.version for sent in spans} == {version}
        assert row["calls"] == len(spans) == row["named"]
        assert row["errors"] == sum(sent.error for sent in spans)
        assert row["quantiles_ns"] == pytest.approx(cuts(spans))
        known = [sent.start for sent in both if (sent.revision or sent.version) == name]
        assert (row["oldest"], row["newest"]) == (min(known), max(known))


@pytest.mark.parametrize("revision", [None, "bbbbbbbb", "nothing"])
def test_lines_are_those_that_spans_name(alice: Scope, revision: str | None) -> None:
    found = code.lines(alice, RANGE, "billing", "shop/pay.py", revision)
    spans = [sent for sent in of(PAY) if revision in (None, sent.revision)]
    assert {row["line"]: row["calls"] for row in found} == Counter(sent.line for sent in spans)
    for row in found:
        here = [sent for sent in spans if sent.line == row["line"]]
        memory = [sent.memory for sent in here if sent.memory is not None]
        assert row["errors"] == sum(sent.error for sent in here)
        assert row["p95_ns"] == pytest.approx(cuts(here)[1])
        assert row["memory_bytes"] == pytest.approx(fmean(memory))


# the search that means the same spans


@pytest.mark.parametrize(("service", "name"), [*EVERY, (None, "shop.pay"), (None, "visit")])
def test_the_search_finds_exactly_the_calls(alice: Scope, service: str | None, name: str) -> None:
    function = Function(name, service)
    row = code.numbers(alice, RANGE, function).one
    text = code.spans_of(function, row["named"], row["unnamed"])
    assert traces.count(alice, TraceFilters(RANGE, condition(text))).spans == row["calls"] > 0


def test_a_name_that_is_both_function_and_operation_is_found_as_both(world: World) -> None:
    hostile = 'a"b\\c *\x00\u202e<b>'
    world.send(
        "acme",
        span(hostile, number=1),
        span(hostile, number=2, code__function__name="other"),
        span("x", number=3, code__function__name=hostile),
    )
    scope = world.scope("alice")
    (_, row) = sorted(code.functions(scope, RANGE), key=lambda row: row["calls"])
    function = Function(row["function"], "checkout")
    found = code.numbers(scope, RANGE, function).one
    assert (found["named"], found["unnamed"], found["calls"]) == (1, 1, 2)
    text = code.spans_of(function, 1, 1)
    assert traces.count(scope, TraceFilters(RANGE, condition(text))).spans == 2


# whose data, and nothing at all


def _rows_of(question: str, scope: Scope, range_: TimeRange) -> int:
    return len(getattr(code, question)(scope, range_, PAY))


QUESTIONS: dict[str, Callable[[Scope, TimeRange], Any]] = {
    "history": lambda scope, range_: sum(code.history(scope, range_, PAY).calls),
    "numbers": lambda scope, range_: code.numbers(scope, range_, PAY).one["calls"],
    "own": lambda scope, range_: len(code.own(scope, range_).shares),
    "lines": lambda scope, range_: len(code.lines(scope, range_, "billing", "shop/pay.py")),
    "functions_rolled": lambda scope, range_: len(code.functions_rolled(scope, range_)),
    **{
        name: partial(_rows_of, name)
        for name in (
            "durations",
            "exceptions",
            "callers",
            "callees",
            "slowest",
            "failing",
            "revisions",
        )
    },
}


@pytest.fixture(scope="module")
def apart(new_world: Callable[..., World]) -> World:
    """Only acme has anything."""
    world = new_world()
    world.post("acme", request_of(*map(as_span, ALL), service="billing"))
    world.settle()
    return world


@pytest.mark.parametrize("question", QUESTIONS)
def test_charlie_sees_nothing_of_acme(apart: World, question: str) -> None:
    ask = QUESTIONS[question]
    assert ask(apart.scope("alice"), RANGE)
    assert not ask(apart.scope("charlie"), RANGE)
    assert ask(apart.scope("sam"), RANGE) == ask(apart.scope("sam", "acme"), RANGE)


@pytest.mark.parametrize("question", QUESTIONS)
def test_other_times_hold_nothing(apart: World, question: str) -> None:
    assert not QUESTIONS[question](apart.scope("alice"), LONG_AGO)


def test_one_call_alone_has_all_its_numbers(world: World) -> None:
    world.send("acme", span("once", ms=8, error="E"))
    scope, once = world.scope("alice"), Function("once", "checkout")
    row = code.numbers(scope, RANGE, once).one
    assert (row["calls"], row["errors"], row["quantiles_ns"]) == (1, 1, [8 * MS] * 3)
    assert len(code.durations(scope, RANGE, once)) == 1
    assert sum(code.history(scope, RANGE, once).calls) == 1
    assert code.own(scope, RANGE).shares == {("checkout", "once"): 1.0}
