"""Admission: which items of a request are taken, which are rejected and why.

The one idea: all that can be wrong with an item is decided here, before it is acknowledged, so
that the writer never has to refuse anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from settings import Settings
from telemetry import otlp, wire
from telemetry.errors import TooLarge
from telemetry.limits import Limits
from telemetry.otlp import Signal

DAY_NS: Final = 86_400 * 10**9
MOST_DAYS: Final = 100
"""Days are folders: each further one in a request makes one more file."""

MOST_REPEATED_BYTES: Final = 512 * 1024 * 1024
"""A resource is stored with each of its rows; this bounds what one small request becomes."""

PARTS: Final[dict[str, tuple[str, ...]]] = {
    "traces": ("events", "links"),
    "logs": (),
    "metrics": ("quantile_values",),
}
"""What an item of a signal may hold many of."""

NO_TRACE: Final = bytes(16)
NO_SPAN: Final = bytes(8)

Problem = str | None


@dataclass(frozen=True)
class Admitted:
    """The request in protobuf with the taken items only, and what the sender is to be told.

    `problems` says why items were rejected, and how many for each reason.
    """

    body: bytes
    items: int
    rejected: int
    notice: str
    problems: Mapping[str, int] = field(default_factory=dict)


def admit(signal: Signal, body: bytes, content_type: str, settings: Settings) -> Admitted:
    """Decode and check a request. Raises Malformed or TooLarge when it is refused as a whole."""
    request, body, longest = _decoded(signal, body, content_type, settings.otlp_max_items)
    limits = Limits(settings.otlp_max_attributes, settings.otlp_max_value_bytes)
    gate = _Gate(*_CHECKS[signal.name])
    items = 0
    for shared in signal.shared(request):
        limits.apply_shared(shared)
    _refuse_if_too_many_parts(signal, request, settings.otlp_max_items)
    for group in signal.groups(request):
        gate.keep_sound(group.items)
        limits.apply(group, longest)
        items += len(group.items)
    _refuse_if_repeated_too_often(signal, request)
    rejected = gate.problems.total()
    changed = rejected or limits.cut or limits.dropped
    return Admitted(
        body=request.SerializeToString() if changed else body,
        items=items,
        rejected=rejected,
        notice=" ".join(filter(None, [gate.sentence(signal.noun), limits.sentence()])),
        problems=gate.problems,
    )


def _decoded(signal: Signal, body: bytes, content_type: str, most: int) -> tuple[Any, bytes, int]:
    """The request, its protobuf bytes, and the length of its longest item.

    Protobuf is counted before it is decoded.
    """
    request = None
    if content_type == otlp.JSON:
        request = otlp.read_json(signal, body)
        body = request.SerializeToString()
    longest = wire.count_items(body, signal.path, most).longest
    return request or otlp.read_protobuf(signal, body), body, longest


@dataclass
class _Gate:
    """Lets sound items through and remembers why others stay out."""

    problem_of: Callable[[Any], Problem]
    time_of: Callable[[Any], int]
    problems: Counter[str] = field(default_factory=Counter)
    days: set[int] = field(default_factory=set)

    def keep_sound(self, items: Any) -> None:
        """Leave in `items` only those without a problem."""
        sound = []
        for item in items:
            problem = self.problem_of(item) or self._day_problem(item)
            if problem:
                self.problems[problem] += 1
            else:
                sound.append(item)
        if len(sound) < len(items):
            del items[:]
            items.extend(sound)

    def sentence(self, noun: str) -> str:
        """Why items stay out, for the sender; empty when none does."""
        return " ".join(f"{n} {noun} rejected: {why}." for why, n in self.problems.items())

    def _day_problem(self, item: Any) -> Problem:
        day = self.time_of(item) // DAY_NS
        if day in self.days:
            return None
        if len(self.days) == MOST_DAYS:
            return f"the request already spans {MOST_DAYS} days"
        self.days.add(day)
        return None


def _span_problem(span: Any) -> Problem:
    trace_id, span_id = span.trace_id, span.span_id
    if len(trace_id) != 16 or trace_id == NO_TRACE:
        return "the trace id is not 16 bytes, or all zeros"
    if len(span_id) != 8 or span_id == NO_SPAN:
        return "the span id is not 8 bytes, or all zeros"
    if len(span.parent_span_id) not in (0, 8):
        return "the parent span id is not 8 bytes"
    links = span.links
    if links and any(len(link.trace_id) != 16 or len(link.span_id) != 8 for link in links):
        return "an id of a link has the wrong length"
    return None


def _record_problem(record: Any) -> Problem:
    if len(record.trace_id) not in (0, 16):
        return "the trace id is not 16 bytes"
    return "the span id is not 8 bytes" if len(record.span_id) not in (0, 8) else None


def _no_problem(_point: Any) -> Problem:
    return None


def _start(span: Any) -> int:
    return int(span.start_time_unix_nano)


def log_time(record: Any) -> int:
    """When a record happened, or was observed when the sender gave no time."""
    return int(record.time_unix_nano or record.observed_time_unix_nano)


def _point_time(point: Any) -> int:
    return int(point.time_unix_nano)


_CHECKS: Final[dict[str, tuple[Callable[[Any], Problem], Callable[[Any], int]]]] = {
    "traces": (_span_problem, _start),
    "logs": (_record_problem, log_time),
    "metrics": (_no_problem, _point_time),
}


def _refuse_if_too_many_parts(signal: Signal, request: Any, most: int) -> None:
    """Events, links and quantiles weigh as much as items, and millions fit into one of them."""
    names = PARTS[signal.name]
    parts = 0
    for group in signal.groups(request) if names else ():
        parts += sum(len(getattr(item, name, ())) for item in group.items for name in names)
    if parts > most:
        raise TooLarge(
            f"The request holds more than {most} {' and '.join(names)}. Send smaller batches."
        )


def _refuse_if_repeated_too_often(signal: Signal, request: Any) -> None:
    repeated = 0
    for outer in getattr(request, signal.outer):
        resource = outer.resource.ByteSize()
        for inner in getattr(outer, signal.inner):
            shared = resource + inner.scope.ByteSize()
            for group in signal.leaves(outer, inner):
                repeated += (shared + _metric_bytes(group.metric)) * len(group.items)
    if repeated > MOST_REPEATED_BYTES:
        raise TooLarge(
            f"The resources are too large to be stored with each of the {signal.noun}. "
            "Send smaller batches, or fewer resource attributes."
        )


def _metric_bytes(metric: Any) -> int:
    return len(metric.name) + len(metric.description) + len(metric.unit) if metric else 0
