"""Integrity: what is odd about a trace is said, with the spans that show it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cast import NOW, World, span

from queries import facts, integrity, trace
from queries.filters import EPOCH
from queries.reader import Row
from queries.tree import Trace, grow

MS = 1_000_000
EPOCH_NS = 1_700_000_000 * 10**9


def row(
    number: str, parent: str | None = None, *, start: float = 0, ms: float | None = 10, **more: Any
) -> Row:
    begun = EPOCH_NS + int(start * MS)
    return {
        "span_id": number,
        "parent_span_id": parent,
        "kind": "internal",
        "start_unix_ns": begun,
        "duration_ns": None if ms is None else int(ms * MS),
        "ingest_time": EPOCH + timedelta(microseconds=begun // 1000 + 1_000_000),
        **more,
    }


def odd(*spans: Row) -> dict[str, list[str]]:
    """Oddities by key, each with the ids of its spans."""
    tree: Trace = grow(list(spans))
    ids = tree.columns["span_id"]
    return {each.key: [ids[i] for i in each.spans] for each in integrity.findings(tree)}


def test_a_sound_trace_has_nothing_odd() -> None:
    assert odd(row("root"), row("child", "root", start=1, ms=5)) == {}


def test_orphans_cycles_and_further_roots() -> None:
    assert odd(
        row("root"),
        row("other root", start=1),
        row("orphan", "gone", start=2),
        row("self", "self", start=3),
    ) == {"orphans": ["orphan"], "roots": ["other root"], "cycles": ["self"]}


def test_equal_ids_are_duplicates_unless_they_are_halves_of_a_call() -> None:
    call = [row("call", kind="client"), row("call", kind="server", start=1, ms=8)]
    assert "duplicates" not in odd(*call)
    assert odd(*call, row("call", kind="server", start=2, ms=1))["duplicates"] == ["call"]


def test_spans_that_do_not_fit_into_their_parents() -> None:
    assert odd(
        row("root", ms=100),
        row("early", "root", start=-5, ms=1),
        row("long", "root", start=50, ms=51),
        row("exact", "root", start=50, ms=50),
        row("running", "root", start=60, ms=None),
    ) == {"early": ["early"], "outliving": ["long"], "unended": ["running"]}


def test_times_that_make_no_sense() -> None:
    hour = timedelta(hours=1)
    assert odd(
        row("root", ms=100),
        row("never", start_unix_ns=0),
        row("back", "root", start=1, ms=-1),
        row(
            "late", "root", start=2, ingest_time=EPOCH + timedelta(seconds=1_700_000_000) + 2 * hour
        ),
        row("future", "root", start=3, ingest_time=EPOCH + timedelta(seconds=1_700_000_000) - hour),
    ) == {
        "roots": ["root"],
        "untimed": ["never"],
        "backwards": ["back"],
        "late": ["late"],
        "future": ["future"],
    }


def test_a_finding_is_told_in_words() -> None:
    tree = grow([row("root"), row("a", "gone"), row("b", "gone")])
    (orphans,) = integrity.findings(tree)
    assert (orphans.words, integrity.finding(tree, "orphans")) == ("2 orphans", orphans)
    assert integrity.finding(tree, "cycles") is None


def test_late_arrivals_are_known_from_the_lake(world: World) -> None:
    world.send("acme", span("old", ago=7_200, ms=10), span("new", number=2, parent=1, ago=60))
    found = trace.spans(world.scope("alice"), f"{1:032x}")
    late = integrity.finding(found, "late")
    assert late
    assert [found.columns["name"][i] for i in late.spans] == ["old"]


def test_facts_count_the_tokens_of_model_calls_only(world: World) -> None:
    tokens = {"gen_ai__usage__input_tokens": 100, "gen_ai__usage__output_tokens": 20}
    world.send(
        "acme",
        span("agent", ago=60, ms=5_000, gen_ai__operation__name="invoke_agent", **tokens),
        span("chat", number=2, parent=1, ago=59, gen_ai__operation__name="chat", **tokens),
        span("tool", number=3, parent=1, ago=58, ms=20, error="ValueError"),
    )
    found = trace.spans(world.scope("alice"), f"{1:032x}")
    known = facts.facts(found)
    assert (known.spans, known.services, known.errors, known.tokens) == (3, 1, 1, 120)
    assert known.started == NOW - timedelta(seconds=60)
    assert known.duration_ns == 5_000 * MS
    assert known.cost_usd is None
    assert found.columns["name"][known.root] == "agent"
    assert facts.longest_wait(found) == facts.Share("checkout", 1.0)
