"""Operations: the numbers of a trace by what was done, a service's spans of one name together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from queries.critical import CriticalPath
from queries.tree import Trace

Operation = tuple[str, str]
"""Service and name."""


@dataclass(frozen=True)
class Statistics:
    """What is known of an operation's spans in one trace. Times in ns; None where no span ended."""

    service: str
    name: str
    count: int
    errors: int
    total_ns: int
    self_ns: int
    p50_ns: float | None
    p95_ns: float | None
    max_ns: int | None
    critical_ns: int
    tokens: int
    cost_usd: float | None


def operations(trace: Trace) -> list[Operation]:
    """The operation of every span."""
    services, names = trace.columns["service_name"], trace.columns["name"]
    return [(service or "", name or "") for service, name in zip(services, names, strict=True)]


def statistics(trace: Trace, path: CriticalPath) -> list[Statistics]:
    """Every operation of the trace, most self time first."""
    keys = operations(trace)
    spans: dict[Operation, list[int]] = {}
    for index, key in enumerate(keys):
        spans.setdefault(key, []).append(index)
    critical = path.by(keys)
    found = [_of(trace, key, indexes, critical[key]) for key, indexes in spans.items()]
    return sorted(found, key=lambda one: (-one.self_ns, -one.count, one.service, one.name))


def _of(trace: Trace, key: Operation, indexes: list[int], critical_ns: int) -> Statistics:
    columns = trace.columns
    durations = ended(trace, indexes)
    tokens = (columns[name][i] or 0 for name in ("input_tokens", "output_tokens") for i in indexes)
    costs = [cost for i in indexes if (cost := columns["cost_usd"][i]) is not None]
    return Statistics(
        service=key[0],
        name=key[1],
        count=len(indexes),
        errors=sum(columns["status"][i] == "error" for i in indexes),
        total_ns=sum(durations),
        self_ns=sum(trace.self_ns[i] or 0 for i in indexes),
        p50_ns=percentile(durations, 0.50),
        p95_ns=percentile(durations, 0.95),
        max_ns=durations[-1] if durations else None,
        critical_ns=critical_ns,
        tokens=sum(tokens),
        cost_usd=sum(costs) if costs else None,
    )


def ended(trace: Trace, indexes: Sequence[int]) -> list[int]:
    """Durations of those spans that ended, and not before they began, shortest first."""
    durations = trace.columns["duration_ns"]
    return sorted(d for i in indexes if (d := durations[i]) is not None and d >= 0)


def percentile(ordered: Sequence[int], share: float) -> float | None:
    """The value below which `share` of them lie, between neighbours in proportion."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
