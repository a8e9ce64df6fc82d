"""One run against its cohort: exact, counted again in Python, and never of another org."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from statistics import median

import pytest
from cast import NOW, World, request_of, span
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from queries import cohort, trace
from queries.cohort import Cohort, Operation
from queries.compare import ABSENT
from queries.filters import TimeRange
from queries.reader import Row
from queries.tree import Trace
from queries.unusual import Step, Verdict, ranked

HOUR = 3600.0
RUNS = 24
MINE = 500
WEEK = TimeRange(NOW - timedelta(days=7), NOW)


def run(number: int, ago: float, *, odd: bool = False) -> list[Span]:
    """A run of triage: two turns of chat and tools, a check that some leave out."""
    rng = random.Random(number)
    base, spans = number * 100, []

    def add(name: str, parent: int | None, at: float, ms: float, **more: object) -> int:
        spans.append(
            span(
                name,
                trace=number,
                number=base + len(spans) + 1,
                parent=parent,
                ago=ago - at / 1000,
                ms=ms,
                **more,  # type: ignore[arg-type]
            )
        )
        return base + len(spans)

    slow = 250 if odd else 0
    root = add("triage", None, 0, 900 + slow, error="Bad" if number % 9 == 4 else None)
    for turn in range(2):
        above = add("turn", root, 400 * turn, 380 + slow * turn)
        add("chat", above, 400 * turn + 5, rng.uniform(20, 60) + slow * turn)
        for call in range(rng.choice([1, 1, 2]) + 4 * odd):
            # siblings may overlap: their common time is covered once
            add("tool", above, 400 * turn + 60 + 10 * call, rng.uniform(5, 25))
    if not odd:
        checked = add("check", root, 800, 20)
        add("policy", checked, 801, rng.uniform(1, 15))
    else:
        new = add("escalate", root, 805, 60)
        add("page human", new, 806, 50)
    call = add("call", root, 850, 40, kind=Span.SPAN_KIND_CLIENT)
    half = span(
        "call",
        trace=number,
        number=call,
        parent=root,
        ago=ago - 0.851,
        ms=30,
        kind=Span.SPAN_KIND_SERVER,
    )
    spans.append(half)
    add("inside", call, 852, rng.uniform(1, 20))
    return spans


@pytest.fixture(scope="module")
def lake(new_world: Callable[..., World]) -> World:
    world = new_world()
    for number in range(1, RUNS + 1):
        world.post("acme", request_of(*run(number, HOUR * (1 + number * 5))))
    world.post("acme", request_of(*run(MINE, HOUR, odd=True)))
    # nobody of the cohort: another operation, too long ago, later, below another root, another org
    world.post("acme", request_of(span("other", trace=901, number=90101, ago=2 * HOUR)))
    world.post("acme", request_of(span("triage", trace=902, number=90201, ago=24 * 8 * HOUR)))
    world.post("acme", request_of(span("triage", trace=903, number=90301, ago=60)))
    world.post(
        "acme",
        request_of(
            *[
                span("above", trace=904, number=90401, ago=2 * HOUR),
                span("triage", trace=904, number=90402, parent=90401, ago=2 * HOUR - 1),
            ]
        ),
    )
    for number in range(RUNS + 1, RUNS + 6):
        world.post("globex", request_of(*run(number, HOUR * 3)))
    world.settle()
    return world


def asked(world: World, name: str = "alice", number: int = MINE) -> tuple[Trace, Cohort]:
    scope = world.scope(name)
    mine = trace.spans(scope, f"{number:032x}")
    return mine, cohort.of(scope, mine, cohort.before(mine, 7))


def judged(world: World) -> list[Step]:
    mine, found = asked(world)
    rows = cohort.paths(world.scope("alice"), mine, found).rows
    return ranked(rows, len(found.runs), mine.length_ns)


def step(world: World, *names: str) -> Step:
    (found,) = [s for s in judged(world) if s.names == ("triage", *names)]
    return found


# who is in the cohort


def test_the_cohort_is_the_same_operation_in_the_days_before(lake: World) -> None:
    _, found = asked(lake)
    assert [int(r.trace_id, 16) for r in found.runs] == list(range(1, RUNS + 1))
    assert found.operation == Operation("acme", "checkout", "triage", rootless=False)
    assert not found.capped


@pytest.mark.parametrize(("days", "runs"), [(1, 4), (7, RUNS), (14, RUNS + 1)])
def test_the_days_can_be_chosen(lake: World, days: int, runs: int) -> None:
    scope = lake.scope("alice")
    mine = trace.spans(scope, f"{MINE:032x}")
    assert len(cohort.of(scope, mine, cohort.before(mine, days)).runs) == runs


def test_runs_tell_how_their_whole_trace_went(lake: World) -> None:
    scope = lake.scope("alice")
    _, found = asked(lake)
    for each in found.runs:
        whole = trace.spans(scope, each.trace_id)
        assert each.duration_ns == whole.length_ns
        assert each.spans == len(whole)
        assert each.errors == sum(s == "error" for s in whole.columns["status"])


def test_the_fastest_the_slowest_the_median_and_the_latest(lake: World) -> None:
    _, found = asked(lake)
    lengths = sorted(r.duration_ns for r in found.runs)
    picked = found.fastest, found.median, found.slowest
    middle = lengths[(RUNS - 1) // 2]
    assert [r and r.duration_ns for r in picked] == [lengths[0], middle, lengths[-1]]
    latest = found.latest_failed, found.latest_ok
    assert [r and int(r.trace_id, 16) for r in latest] == [4, 1]
    assert found.quicker(lengths[5]) == sum(length < lengths[5] for length in lengths)


def test_too_many_runs_are_capped_and_it_says_so(
    lake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohort, "MAX_RUNS", 5)
    _, found = asked(lake)
    assert [int(r.trace_id, 16) for r in found.runs] == [1, 2, 3, 4, 5]
    assert found.capped


def test_too_many_spans_are_capped_and_it_says_so(
    lake: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, found = asked(lake)
    most = len(mine) + found.runs[0].spans + found.runs[1].spans
    monkeypatch.setattr(cohort, "MAX_SPANS", most)
    _, cut = asked(lake)
    assert cut.runs == found.runs[:2]
    assert cut.capped


def test_a_trace_without_a_root_has_others_without_a_root(world: World) -> None:
    for number in (1, 2, 3):
        parent = None if number == 3 else 77
        world.send(
            "acme",
            span("lost", trace=number, number=number * 10, parent=parent, ago=100 - number),
            span("child", trace=number, number=number * 10 + 1, parent=number * 10, ago=90),
        )
    _, found = asked(world, number=2)
    assert found.operation.rootless
    assert [int(r.trace_id, 16) for r in found.runs] == [1]


def test_nobody_in_the_cohort_is_no_error(lake: World) -> None:
    mine, found = asked(lake, number=901)
    assert found.runs == ()
    assert found.median is None
    (row,) = cohort.paths(lake.scope("alice"), mine, found).rows
    (only,) = ranked([row], 0, mine.length_ns)
    assert only.seen == 0.0
    assert only.slower_than is None


# numbers, counted again


def by_path(found: Trace) -> dict[tuple[str, ...], list[int]]:
    paths: dict[tuple[str, ...], list[int]] = defaultdict(list)
    names: list[tuple[str, ...]] = []
    for i in range(len(found)):
        above = names[found.parent[i]] if found.parent[i] != ABSENT else ()
        names.append((*above, found.columns["name"][i]))
        paths[names[i]].append(i)
    return paths


def test_every_number_equals_a_count_in_python(lake: World) -> None:
    scope = lake.scope("alice")
    mine, found = asked(lake)
    others = [trace.spans(scope, r.trace_id) for r in found.runs]
    sides = [(t, by_path(t)) for t in others]
    my_paths = by_path(mine)
    rows = cohort.paths(scope, mine, found).rows
    names: dict[int, tuple[str, ...]] = {}
    for row in rows:
        names[row["path"]] = (*names.get(row["path_above"], ()), row["name"])
    most = {p for _, paths in sides for p in paths}
    usual = {p for p in most if sum(p in paths for _, paths in sides) > RUNS / 2}
    assert sorted(names.values()) == sorted(my_paths.keys() | usual)
    for row in rows:
        path = names[row["path"]]
        did = [(t, paths[path]) for t, paths in sides if path in paths]
        assert row["runs"] == len(did)
        check_mine(row, mine, my_paths.get(path, []))
        if did:
            check_usual(row, did)
        if row["my_calls"]:
            check_ranks(row, did)


def total(t: Trace, spans: list[int]) -> int:
    return sum(t.columns["duration_ns"][i] for i in spans)


def own(t: Trace, spans: list[int]) -> int:
    return sum(t.self_ns[i] or 0 for i in spans)


def check_mine(row: Row, mine: Trace, spans: list[int]) -> None:
    assert (row["my_calls"] or 0) == len(spans)
    if spans:
        assert row["my_total_ns"] == total(mine, spans)
        assert row["my_own_ns"] == own(mine, spans)
        assert row["my_longest_ns"] == max(mine.columns["duration_ns"][i] for i in spans)


def check_usual(row: Row, did: list[tuple[Trace, list[int]]]) -> None:
    failed = sum(any(t.columns["status"][i] == "error" for i in s) for t, s in did)
    assert row["failed_runs"] == failed
    assert row["cohort_calls"] == sum(len(s) for _, s in did)
    assert row["calls"][0] == median(len(s) for _, s in did)
    assert row["total_ns"][0] == pytest.approx(median(total(t, s) for t, s in did))
    assert row["own_ns"][0] == pytest.approx(median(own(t, s) for t, s in did))


def check_ranks(row: Row, did: list[tuple[Trace, list[int]]]) -> None:
    longest = row["my_longest_ns"]
    shorter = sum(t.columns["duration_ns"][i] < longest for t, s in did for i in s)
    assert row["shorter_calls"] == shorter
    assert row["quicker_runs"] == sum(total(t, s) < row["my_total_ns"] for t, s in did)
    assert row["quicker_own"] == sum(own(t, s) < row["my_own_ns"] for t, s in did)
    assert row["fewer_calls"] == sum(len(s) < row["my_calls"] for _, s in did)


# verdicts


def test_what_most_runs_do_and_this_one_does_not_is_skipped(lake: World) -> None:
    found = step(lake, "check")
    assert found.verdict is Verdict.SKIPPED
    assert found.seen == 1.0
    assert found.below == 1
    assert ("triage", "check", "policy") not in {s.names for s in judged(lake)}


def test_what_nobody_else_does_is_new(lake: World) -> None:
    found = step(lake, "escalate")
    assert found.verdict is Verdict.NEW
    assert found.below == 1
    assert found.score_ns == 60e6


def test_what_is_done_more_often_than_by_nearly_all_is_repeated(lake: World) -> None:
    found = step(lake, "turn", "tool")
    assert found.verdict is Verdict.REPEATED
    assert found.row["my_calls"] > 2 * found.row["calls"][0]


def test_the_step_with_the_time_is_slower_not_the_one_above_it(lake: World) -> None:
    assert step(lake, "turn", "chat").verdict is Verdict.SLOWER
    assert step(lake, "turn", "chat").slower_than == 1.0
    assert judged(lake)[0].names == ("triage", "turn", "chat")


def test_a_failure_that_is_rare_outranks_its_time(world: World) -> None:
    for number in range(1, 21):
        world.post(
            "acme",
            request_of(
                *[
                    span("job", trace=number, number=number * 10, ago=HOUR * number, ms=100),
                    span(
                        "write",
                        trace=number,
                        number=number * 10 + 1,
                        parent=number * 10,
                        ago=HOUR * number,
                        ms=5,
                        error="Full" if number == 1 else None,
                    ),
                ]
            ),
        )
    world.settle()
    scope = world.scope("alice")
    mine, found = asked(world, number=1)
    steps = ranked(cohort.paths(scope, mine, found).rows, len(found.runs), mine.length_ns)
    assert (steps[0].names, steps[0].verdict) == (("job", "write"), Verdict.FAILED)


# whose data


def test_it_hides_another_orgs_runs(lake: World) -> None:
    charlie = lake.scope("charlie")
    mine = trace.spans(charlie, f"{RUNS + 1:032x}")
    found = cohort.of(charlie, mine, WEEK)
    assert sorted(int(r.trace_id, 16) for r in found.runs) == list(range(RUNS + 2, RUNS + 6))
    rows = cohort.paths(charlie, mine, found).rows
    assert max(row["runs"] for row in rows) == 4


def test_naming_another_org_or_its_trace_gives_charlie_nothing(lake: World) -> None:
    mine, found = asked(lake)
    charlie = lake.scope("charlie")
    assert cohort.runs(charlie, found.operation, "00" * 16, WEEK).rows == []
    assert cohort.paths(charlie, mine, found).rows == []


def test_staff_looking_at_all_orgs_get_the_cohort_of_the_traces_own(lake: World) -> None:
    _, found = asked(lake, "sam")
    assert [int(r.trace_id, 16) for r in found.runs] == list(range(1, RUNS + 1))
