"""One trace in memory: read once, read again when it has grown, never given to anybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from cast import NOW, World, span

from queries import trace
from queries.errors import NotFound
from queries.kept import Kept, Stored
from queries.reader import use
from queries.tree import Trace, grow

TRACE = f"{1:032x}"


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions that reach the tables, in order."""
    questions: list[str] = []
    reader = world.app.reader
    run = reader._asked

    def note(scope: Any, question: str, *rest: Any) -> Any:
        questions.append(question)
        return run(scope, question, *rest)

    monkeypatch.setattr(reader, "_asked", note)
    return questions


def test_a_trace_is_read_once(world: World, asked: list[str]) -> None:
    world.send("acme", span("root"), span("child", number=2, parent=1, ago=59))
    alice = world.scope("alice")
    assert trace.spans(alice, TRACE) is trace.spans(alice, TRACE.upper())
    assert asked == ["trace.spans"]


def test_it_is_read_again_when_it_has_grown(world: World, asked: list[str]) -> None:
    alice = world.scope("alice")
    world.send("acme", span("root"))
    before = trace.spans(alice, TRACE)
    world.send("acme", span("other trace", trace=2, number=2))
    assert trace.spans(alice, TRACE) is before
    world.send("acme", span("late", number=3, parent=1))
    assert list(trace.spans(alice, TRACE).columns["name"]) == ["root", "late"]
    assert asked == ["trace.spans", "trace.stored", "trace.stored", "trace.spans"]


def test_a_page_keeps_the_version_it_opened(world: World, asked: list[str]) -> None:
    alice = world.scope("alice")
    world.send("acme", span("root"))
    opened = trace.spans(alice, TRACE)
    version = opened.answer.versions["spans"]
    world.send("acme", span("late", number=3, parent=1))
    assert len(trace.spans(alice, TRACE)) == 2
    assert trace.spans(alice, TRACE, version) is opened
    assert trace.stored(alice, TRACE).spans == 2


def test_many_at_once_read_it_once(world: World, asked: list[str]) -> None:
    world.send("acme", span("root"))
    alice, found = world.scope("alice"), []

    def ask() -> None:
        use(world.app.reader)
        found.append(trace.spans(alice, TRACE))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(each) for each in found}) == 1
    assert asked == ["trace.spans"]


def test_charlie_is_not_given_what_alice_has_read(world: World) -> None:
    world.send("acme", span("secret of acme"))
    world.send("globex", span("turbine", trace=2))
    assert len(trace.spans(world.scope("alice"), TRACE)) == 1
    charlie = world.scope("charlie")
    with pytest.raises(NotFound):
        trace.spans(charlie, TRACE)
    assert trace.stored(charlie, TRACE) == Stored(0, 0)


def test_one_trace_id_of_two_orgs_is_two_traces(world: World) -> None:
    world.send("acme", span("of acme"))
    world.send("globex", span("of globex"))
    assert list(trace.spans(world.scope("charlie"), TRACE).columns["name"]) == ["of globex"]
    everybodys = trace.spans(world.scope("sam"), TRACE)
    assert (everybodys.org_id, everybodys.also_in) == ("acme", ("globex",))
    assert list(everybodys.columns["name"]) == ["of acme"]


def test_another_lake_has_other_traces(world: World, new_world: Callable[..., World]) -> None:
    other = new_world()
    world.send("acme", span("of this lake"))
    other.send("acme", span("of the other"))
    for lake, name in ((world, "of this lake"), (other, "of the other")):
        assert list(trace.spans(lake.scope("alice"), TRACE).columns["name"]) == [name]


def test_times_and_ids_are_what_people_read(world: World) -> None:
    world.send("acme", span("root", ago=60), span("child", number=2, parent=1, ago=59))
    found = trace.spans(world.scope("alice"), TRACE)
    assert found.columns["start_time"][1] == NOW - timedelta(seconds=59)
    assert list(found.columns["start_time"][:1]) == [NOW - timedelta(seconds=60)]
    assert found.row(1)["parent_span_id"] == f"{1:016x}"
    assert (found.trace_id, found.org_id) == (TRACE, "acme")


def test_a_long_trace_is_cut_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "MAX_SPANS", 2)
    world.send("acme", *(span(f"s{i}", number=i, ago=60 - i) for i in range(1, 4)))
    alice = world.scope("alice")
    found = trace.spans(alice, TRACE)
    assert list(found.columns["name"]) == ["s1", "s2"]
    assert found.answer.truncated
    world.send("acme", span("other trace", trace=2, number=9))
    assert trace.spans(alice, TRACE) is found


def tree_of(spans: int) -> Trace:
    return grow(
        [
            {
                "trace_id": TRACE,
                "org_id": "acme",
                "span_id": f"{i:016x}",
                "parent_span_id": None,
                "kind": "internal",
                "start_unix_ns": i,
                "duration_ns": 1,
            }
            for i in range(1, spans + 1)
        ]
    )


def test_the_least_recently_seen_is_let_go(world: World) -> None:
    alice, kept = world.scope("alice"), Kept(most_spans=10)
    for version, spans in ((1, 4), (2, 4), (3, 1)):
        kept.keep(alice, tree_of(spans), version, Stored(spans, version))
    kept.at(alice, TRACE, 1)
    kept.keep(alice, tree_of(4), 4, Stored(4, 4))
    assert [v for v in range(5) if kept.at(alice, TRACE, v)] == [1, 3, 4]


def test_what_did_not_change_is_held_once(world: World) -> None:
    alice, kept = world.scope("alice"), Kept(most_spans=5)
    tree = tree_of(4)
    kept.keep(alice, tree, 1, Stored(4, 1))
    for version in range(2, 9):
        assert kept.unchanged(alice, TRACE, version, Stored(4, 1)) is tree
    assert kept.unchanged(alice, TRACE, 9, Stored(5, 1)) is None
    assert kept.at(alice, TRACE, 1) is tree
