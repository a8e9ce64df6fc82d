"""Statistics by operation: the same numbers as the statistics module and a plain count give."""

from __future__ import annotations

import statistics as reference
from collections import Counter

import pytest
from grown import span, trace, traces
from hypothesis import given
from hypothesis import strategies as st

from queries import critical
from queries.operations import operations, percentile, statistics
from queries.tree import Trace


def test_an_operation_is_a_service_and_a_name() -> None:
    found = trace(
        span("root", ns=100),
        span("1", "root", 0, 10, name="chat", input_tokens=7, output_tokens=3, cost_usd=0.5),
        span("2", "root", 20, 30, name="chat", status="error", input_tokens=1, cost_usd=0.25),
        span("3", "root", 60, 5, name="chat", service_name="other"),
    )
    root, chat, other = statistics(found, critical.path(found))
    assert (root.name, root.self_ns, root.tokens, root.cost_usd) == ("root", 55, 0, None)
    assert (chat.count, chat.errors, chat.total_ns, chat.self_ns) == (2, 1, 40, 40)
    assert (chat.p50_ns, chat.p95_ns, chat.max_ns) == (20, 29, 30)
    assert (chat.tokens, chat.cost_usd, chat.critical_ns) == (11, 0.75, 40)
    assert (other.service, other.count, other.critical_ns) == ("other", 1, 5)


def test_spans_that_did_not_end_count_but_take_no_time() -> None:
    found = trace(span("1", ns=None, name="run"), span("2", ns=-4, name="run"))
    (run,) = statistics(found, critical.path(found))
    assert (run.count, run.total_ns, run.p50_ns, run.max_ns) == (2, 0, None, None)


@given(st.lists(st.integers(0, 10**12), min_size=2), st.integers(1, 99))
def test_percentiles_are_those_of_the_statistics_module(values: list[int], part: int) -> None:
    expected = reference.quantiles(values, n=100, method="inclusive")[part - 1]
    assert percentile(sorted(values), part / 100) == pytest.approx(expected)


def test_percentiles_of_little() -> None:
    assert percentile([], 0.5) is None
    assert percentile([7], 0.95) == 7


@given(traces())
def test_all_operations_together_are_the_trace(of: Trace) -> None:
    path = critical.path(of)
    found = statistics(of, path)
    assert Counter({(s.service, s.name): s.count for s in found}) == Counter(operations(of))
    assert sum(s.self_ns for s in found) == sum(ns or 0 for ns in of.self_ns)
    assert sum(s.critical_ns for s in found) == path.length_ns
    assert sum(s.errors for s in found) == list(of.columns["status"]).count("error")
