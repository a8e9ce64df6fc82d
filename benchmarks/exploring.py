"""Exploring: what is asked around the list – over time, by latency, facets, residue, difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from access.scope import Scope
from benchmarks import table, timing
from benchmarks.reading import ERRORS, EVERYTHING
from benchmarks.stage import Stage
from benchmarks.table import Line
from queries import difference, explore
from queries.errors import TooSlow
from queries.filters import TraceFilters
from queries.search import condition

PER_MILLION_MS = {"panel": 100.0, "facets": 200.0, "difference": 2_000.0}
"""Milliseconds that one million spans may take; more spans may take more in proportion."""

SERVICE = TraceFilters(EVERYTHING.range, condition("service=service-3 status:error"))


@dataclass(frozen=True)
class Case:
    """One question and the kind of promise it keeps."""

    name: str
    ask: Callable[[Scope], object]
    kind: str = "panel"


CASES = (
    Case("Histogram", lambda scope: explore.histogram(scope, EVERYTHING)),
    Case("Histogram, errors only", lambda scope: explore.histogram(scope, ERRORS)),
    Case("Latency heatmap", lambda scope: explore.heatmap(scope, EVERYTHING)),
    Case("Facets", lambda scope: explore.facets(scope, EVERYTHING), "facets"),
    Case("Facets, two of them filtered", lambda scope: explore.facets(scope, SERVICE), "facets"),
    Case("Exact total of spans", lambda scope: explore.total(scope, EVERYTHING)),
    Case("Exact total of traces", lambda scope: explore.total(scope, EVERYTHING, "traces")),
    Case("Residue: total, orphans, late, future", lambda scope: explore.residue(scope, EVERYTHING)),
    Case(
        "What is different: errors",
        lambda scope: difference.difference(scope, EVERYTHING, "status:error"),
        "difference",
    ),
    Case(
        "What is different: slow spans",
        lambda scope: difference.difference(scope, EVERYTHING, "duration>100ms"),
        "difference",
    ),
)


def run(stage: Stage, cases: Iterable[Case], spans: int, rounds: int) -> Iterator[Line]:
    """Time the cases one by one."""
    for case in cases:
        try:
            yield _line(case, stage, max(1.0, spans / 1e6), rounds)
        except TooSlow:
            yield Line(what=case.name, ours="stopped at its deadline", met=table.verdict(False))


def _line(case: Case, stage: Stage, millions: float, rounds: int) -> Line:
    stage.cool()
    cold = timing.once(lambda: case.ask(stage.scope))
    warm = median(timing.once(lambda: case.ask(stage.scope)) for _ in range(rounds))
    target = PER_MILLION_MS[case.kind] * millions
    return Line(
        what=case.name,
        ours=table.milliseconds(warm),
        cold=table.milliseconds(cold),
        target=f"< {target:,.0f} ms",
        met=table.verdict(warm * 1000 < target),
    )
