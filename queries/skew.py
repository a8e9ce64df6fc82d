"""Clock skew: how far the clocks of a trace's services seem to be apart.

The rule is that of Jaeger's clock skew adjuster: a called span that does not fit into its caller
is moved so that it stands in the caller's middle, as if the network took as long both ways; one
that is longer than its caller is only moved so as not to begin before it. Jaeger moves each call by
itself; here a service has one clock: the median over its calls, so a few calls that were left to
run on move nothing. Raw times always remain; these are a second opinion beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median_low
from typing import Literal

from queries.calls import callers
from queries.handoffs import services
from queries.tree import NO_PARENT, Trace

Why = Literal["first", "uncalled", "fits", "moved"]
"""`first`: the others are told in this clock. `uncalled`: nobody in the trace waits for its spans,
so nothing is known. `fits`: most of its calls fit. `moved`: most do not."""

LATER = frozenset({"producer", "consumer"})
"""Kinds whose work is done when it is done: a message lies as long as it lies."""


@dataclass(frozen=True)
class Skew:
    """A service's clock: what to add to its times, seen from those that called it."""

    service: str
    why: Why
    offset_ns: int = 0
    calls: int = 0
    misfits: int = 0
    givers: tuple[str, ...] = ()


def skews(trace: Trace) -> list[Skew]:
    """Every service in the order of its first span; its callers come before it."""
    owners = services(trace)
    calls = _calls(trace, owners)
    found: dict[str, Skew] = {}
    for service in dict.fromkeys(owners):
        known = [pair for pair in calls.get(service, []) if owners[pair[0]] in found]
        found[service] = _skew(trace, service, known, owners, found)
    return list(found.values())


def corrected(trace: Trace) -> list[int]:
    """Starts of the spans as `trace.offset_ns` has them, with every service's offset added."""
    added = {skew.service: skew.offset_ns for skew in skews(trace)}
    pairs = zip(trace.offset_ns, services(trace), strict=True)
    return [offset + added[service] for offset, service in pairs]


def _calls(trace: Trace, owners: list[str]) -> dict[str, list[tuple[int, int]]]:
    """Service → (caller, called) of its calls by other services that waited for it."""
    kinds, durations = trace.columns["kind"], trace.columns["duration_ns"]
    found: dict[str, list[tuple[int, int]]] = {}
    for index, caller in enumerate(callers(trace)):
        if caller == NO_PARENT or owners[caller] == owners[index]:
            continue
        ended = _ended(durations[index]) and _ended(durations[caller])
        if ended and not {kinds[index], kinds[caller]} & LATER:
            found.setdefault(owners[index], []).append((caller, index))
    return found


def _ended(duration_ns: int | None) -> bool:
    return duration_ns is not None and duration_ns >= 0


def _skew(
    trace: Trace,
    service: str,
    calls: list[tuple[int, int]],
    owners: list[str],
    found: dict[str, Skew],
) -> Skew:
    if not calls:
        return Skew(service, "uncalled" if found else "first")
    durations = trace.columns["duration_ns"]
    moves = []
    for caller, called in calls:
        begins = trace.offset_ns[caller] + found[owners[caller]].offset_ns
        late = trace.offset_ns[called] - begins
        moves.append(move(late, durations[called], durations[caller]))
    offset = median_low(moves)
    return Skew(
        service,
        "moved" if offset else "fits",
        offset_ns=offset,
        calls=len(calls),
        misfits=sum(ns != 0 for ns in moves),
        givers=tuple(dict.fromkeys(owners[caller] for caller, _ in calls)),
    )


def move(late_ns: int, called_ns: int, caller_ns: int) -> int:
    """What to add to a called span's start, `late_ns` after its caller's, so that it fits."""
    if called_ns > caller_ns:
        return max(-late_ns, 0)
    if 0 <= late_ns <= caller_ns - called_ns:
        return 0
    return (caller_ns - called_ns) // 2 - late_ns
