"""Integrity: what is odd about a trace, each oddity as the spans that show it.

The one idea: nothing is mended and nothing hidden; whoever reads a number can go to its spans.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from queries.fields import FUTURE, LATE
from queries.moments import micros
from queries.tree import NO_PARENT, Trace

MICROSECOND = timedelta(microseconds=1)

LATE_US = LATE // MICROSECOND
"""µs after its start from which on a span arrived late."""

FUTURE_US = FUTURE // MICROSECOND
"""µs by which clocks may differ before a span counts as dated in the future."""


@dataclass(frozen=True)
class Finding:
    """An oddity: its key, what one and several of its spans are called, why, and the spans."""

    key: str
    one: str
    many: str
    why: str
    spans: list[int]

    @property
    def words(self) -> str:
        return f"{len(self.spans):,} {self.one if len(self.spans) == 1 else self.many}"


def findings(trace: Trace) -> list[Finding]:
    """The oddities that the trace has, most telling first."""
    return trace.remember("findings", lambda: [f for f in _all(trace) if f.spans])


def finding(trace: Trace, key: str) -> Finding | None:
    return next((each for each in findings(trace) if each.key == key), None)


def _all(trace: Trace) -> Iterator[Finding]:
    yield Finding(
        "orphans", "orphan", "orphans", "Their parent is not in the trace.", _where(trace.orphan)
    )
    yield Finding(
        "roots",
        "further root",
        "further roots",
        "A trace should begin with one span; these have no parent either.",
        _roots(trace)[1:],
    )
    yield Finding(
        "cycles",
        "cycle",
        "cycles",
        "Following their parents leads back to themselves; cut at the earliest span.",
        _where(trace.cyclic),
    )
    yield Finding(
        "duplicates",
        "duplicate",
        "duplicates",
        "Another span of the same kind has the same id.",
        _duplicates(trace),
    )
    yield from _of_time(trace)


def _of_time(trace: Trace) -> Iterator[Finding]:
    early, outliving = _misfits(trace)
    yield Finding("early", "starts before its parent", "start before their parents", _CLOCKS, early)
    yield Finding("outliving", "outlives its parent", "outlive their parents", _CLOCKS, outliving)
    yield Finding(
        "untimed",
        "without a start",
        "without a start",
        "The sender gave no time; they are drawn at the beginning.",
        [i for i, start in enumerate(trace.columns["start_unix_ns"]) if not start],
    )
    yield Finding(
        "unended",
        "without an end",
        "without an end",
        "Still running, or their end was never sent.",
        [i for i, lasted in enumerate(trace.columns["duration_ns"]) if lasted is None],
    )
    yield Finding(
        "backwards",
        "ends before its start",
        "end before their start",
        "Their end is earlier than their start.",
        [i for i, lasted in enumerate(trace.columns["duration_ns"]) if lasted and lasted < 0],
    )
    late, future = _arrivals(trace)
    yield Finding("late", "late arrival", "late arrivals", "Came over an hour after start.", late)
    yield Finding(
        "future",
        "dated in the future",
        "dated in the future",
        "They start later than they arrived.",
        future,
    )


_CLOCKS = "Clocks differ between hosts, or the work went on without its parent."


def _where(flags: list[bool]) -> list[int]:
    return [index for index, flag in enumerate(flags) if flag]


def _roots(trace: Trace) -> list[int]:
    """Spans that say of themselves that they have no parent."""
    wanted = trace.columns["parent_span_id"]
    return [i for i, parent in enumerate(trace.parent) if parent == NO_PARENT and not wanted[i]]


def _duplicates(trace: Trace) -> list[int]:
    seen: set[tuple[str, str]] = set()
    repeats = []
    pairs = zip(trace.columns["span_id"], trace.columns["kind"], strict=True)
    for index, pair in enumerate(pairs):
        if pair in seen:
            repeats.append(index)
        seen.add(pair)
    return repeats


def _misfits(trace: Trace) -> tuple[list[int], list[int]]:
    """Spans that start before their parent, and those that end after it; by raw times."""
    starts, lasted = trace.columns["start_unix_ns"], trace.columns["duration_ns"]
    early, outliving = [], []
    for index, above in enumerate(trace.parent):
        if above == NO_PARENT or not starts[index] or not starts[above]:
            continue
        if starts[index] < starts[above]:
            early.append(index)
        if lasted[index] is None or lasted[above] is None:
            continue
        if starts[index] + lasted[index] > starts[above] + max(lasted[above], 0):
            outliving.append(index)
    return early, outliving


def _arrivals(trace: Trace) -> tuple[list[int], list[int]]:
    """Spans that arrived long after their start, and those that arrived before it."""
    if "ingest_time" not in trace.columns:
        return [], []
    late, future = [], []
    arrived = micros(trace.columns["ingest_time"])
    for index, start in enumerate(trace.columns["start_unix_ns"]):
        if not start:
            continue
        waited = arrived[index] - start // 1000
        if waited > LATE_US:
            late.append(index)
        elif waited < -FUTURE_US:
            future.append(index)
    return late, future
