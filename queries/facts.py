"""Facts: what a trace is in a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from queries import calls, critical
from queries.filters import EPOCH
from queries.tree import NO_PARENT, Trace
from telemetry.semconv import MODEL_CALLS

AT_ONCE = 20_000
"""Spans of a trace whose critical path is worked out in no time worth mentioning."""

_PATH = "critical path"


@dataclass(frozen=True)
class Facts:
    """`root` is the span that the trace is about. Agents repeat the tokens of their model calls,
    so only those of model calls count; None where none of them says."""

    root: int
    started: datetime
    duration_ns: int
    spans: int
    services: int
    errors: int
    tokens: int | None
    cost_usd: float | None


@dataclass(frozen=True)
class Share:
    """The service that the trace waited for longest, and its part of the critical path."""

    service: str
    part: float


def facts(trace: Trace) -> Facts:
    return trace.remember("facts", lambda: _facts(trace))


def critical_path(trace: Trace) -> critical.CriticalPath:
    """The critical path, worked out once."""
    return trace.remember(_PATH, lambda: critical.path(trace))


def knows_critical_path(trace: Trace) -> bool:
    """Whether that takes no time any more, or none worth mentioning."""
    return len(trace) <= AT_ONCE or _PATH in trace.memo


def longest_wait(trace: Trace) -> Share | None:
    """Where most of the critical path lies; None when there is no path."""
    path = critical_path(trace)
    by_service = path.by(trace.columns["service_name"])
    if not path.length_ns or not by_service:
        return None
    service, ns = by_service.most_common(1)[0]
    return Share(service or "", ns / path.length_ns)


def _facts(trace: Trace) -> Facts:
    columns = trace.columns
    root = calls.main_root(trace)
    asked = [i for i, operation in enumerate(columns["operation"]) if operation in MODEL_CALLS]
    said = [*_said(columns["input_tokens"], asked), *_said(columns["output_tokens"], asked)]
    costs = _said(columns["cost_usd"], asked)
    return Facts(
        root=root if root != NO_PARENT else 0,
        started=EPOCH + timedelta(microseconds=trace.origin_ns // 1000),
        duration_ns=trace.length_ns,
        spans=len(trace),
        services=len(set(columns["service_name"])),
        errors=columns["status"].count("error"),
        tokens=int(sum(said)) if said else None,
        cost_usd=sum(costs) if costs else None,
    )


def _said(values: Sequence[float | None], indices: Sequence[int]) -> list[float]:
    return [value for i in indices if (value := values[i]) is not None]
