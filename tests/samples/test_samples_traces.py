"""The real samples, replayed: every question that a tab can answer, answered to the digit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from samples_answers import answer, deepest, is_asked, largest, orphans
from samples_replay import ALL_TIME, EVERYTHING, TRACE_FILES, Samples, questions, truth

from access.errors import NotFound
from queries import code, errors, trace, traces
from queries.filters import TraceFilters
from queries.search import condition

pytestmark = pytest.mark.slow

ASKED = [q for q in questions() if is_asked(q["question"])]
ABOUT_SERIES = [q for q in ASKED if q["dataset"].startswith("metrics_")]
ABOUT_TRACES = [q for q in ASKED if not q["dataset"].startswith("metrics_")]
NOBODY_TO_ASK = "the samples have no questions here"


def cases(asked: list[dict[str, Any]]) -> Any:
    """One case a question; without samples a single one, so that the skip is seen."""
    found = [pytest.param(q, id=f"{q['dataset']}: {q['question']}"[:80]) for q in asked]
    return pytest.mark.parametrize("question", found or [pytest.param({}, id="no samples")])


def expected(question: dict[str, Any]) -> Any:
    """The answer to compare with; of two percentiles the linear one, which is ours."""
    right = question["answer"]
    if question["question"].startswith("p95 in ms of"):
        right = right[0]
    return rounded(right, question.get("relative_tolerance", 1e-9))


def rounded(value: Any, tolerance: float) -> Any:
    """`value` with its fractions, however deep, equal to what is near enough."""
    if isinstance(value, dict):
        return {key: rounded(inner, tolerance) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner, tolerance) for inner in value]
    return pytest.approx(value, rel=tolerance) if isinstance(value, float) else value


@cases(ABOUT_TRACES)
def test_traces_and_logs_answer(samples: Samples, question: dict[str, Any]) -> None:
    assert answer(samples, question["dataset"], question["question"]) == expected(question)


@cases(ABOUT_SERIES)
def test_readings_answer(series: Samples, question: dict[str, Any]) -> None:
    assert answer(series, question["dataset"], question["question"]) == expected(question)


@pytest.mark.skipif(not questions(), reason=NOBODY_TO_ASK)
def test_no_question_is_left_out_silently() -> None:
    """108 are answered, 18 are known not to be; a new one must be put on either side."""
    assert (len(ASKED), len(questions())) == (108, 126)


@pytest.mark.parametrize("dataset", TRACE_FILES or ["no samples"])
def test_every_delivery_is_accepted(samples: Samples, dataset: str) -> None:
    rows = truth(dataset)["truth"]["rows"]
    assert [said["spans"] for said in samples.said[dataset]] == [2 * rows, rows]
    assert all(set(said["status"]) == {"200"} for said in samples.said[dataset])


@pytest.mark.parametrize("dataset", TRACE_FILES or ["no samples"])
def test_operations_have_their_percentiles(samples: Samples, dataset: str) -> None:
    rows = code.functions(samples.orgs[dataset].scope, ALL_TIME)
    found = {(row["service_name"], row["function"]): row for row in rows}
    assert len(found) == truth(dataset)["truth"]["operations"]
    for right in truth(dataset)["truth"]["latency_by_operation_top25"]:
        row = found[tuple(right["key"])]
        assert row["calls"] == right["n"]
        assert row["quantiles_ns"] == pytest.approx([right[f"p{p}_ns"] for p in (50, 95, 99)])


def trees() -> Iterator[Any]:
    for dataset in TRACE_FILES:
        for name, rows in truth(dataset).get("trees", {}).get("traces", {}).items():
            yield pytest.param(dataset, name, rows, id=f"{dataset} {name}")


@pytest.mark.parametrize(("dataset", "name", "rows"), list(trees()))
def test_a_trace_is_drawn_as_its_tree(
    samples: Samples, dataset: str, name: str, rows: list[list[Any]]
) -> None:
    tree = samples.orgs[dataset].tree(name)
    assert [
        [
            tree.depth[i],
            tree.columns["span_id"][i],
            tree.columns["service_name"][i],
            tree.columns["name"][i],
            tree.offset_ns[i],
            tree.columns["duration_ns"][i],
            tree.children[i],
            tree.self_ns[i],
        ]
        for i in range(len(tree))
    ] == rows


@pytest.mark.parametrize("dataset", TRACE_FILES or ["no samples"])
def test_every_span_stands_once_in_its_tree(samples: Samples, dataset: str) -> None:
    org = samples.orgs[dataset]
    nodes = sum(len(org.tree(row["trace_id"])) for row in org.traces)
    assert nodes == traces.count(org.scope, EVERYTHING).spans


@pytest.mark.parametrize("dataset", TRACE_FILES or ["no samples"])
def test_the_search_finds_what_the_lists_count(samples: Samples, dataset: str) -> None:
    org = samples.orgs[dataset]

    def found(text: str) -> TraceFilters:
        return TraceFilters(ALL_TIME, condition(text))

    assert traces.count(org.scope, found("is:orphan")).spans == orphans(org)
    level, reached = deepest(org)
    assert traces.count_traces(org.scope, found(f"trace.depth>={level}")) == reached
    assert traces.count_traces(org.scope, found(f"trace.depth>{level}")) == 0
    _, spans = largest(org)
    assert traces.count_traces(org.scope, found(f"trace.spans>{spans}")) == 0
    assert traces.count_traces(org.scope, found(f"trace.spans={spans}")) >= 1


def test_charlie_sees_none_of_it(samples: Samples) -> None:
    charlie = samples.world.scope("charlie")
    assert traces.count(charlie, EVERYTHING).spans == 0
    assert code.functions(charlie, ALL_TIME).rows == []
    for org in samples.orgs.values():
        with pytest.raises(NotFound):
            samples.world.scope("charlie", org.slug)
        with pytest.raises(errors.NotFound):
            trace.spans(charlie, org.traces[0]["trace_id"])
