"""Questions about what the list holds as a whole: over time, by latency, by facet, and what is odd.

The one idea: every number here is about the same spans as the list, asked apart from it, so that
the rows never wait for a count.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from access.scope import Scope
from queries import choices, conditions, reader
from queries.errors import TooBig, TooSlow
from queries.expression import All
from queries.filters import EPOCH, TimeRange, TraceFilters
from queries.grammar import parse
from queries.overview import bucket
from queries.reader import Answer

BUDGET: Final = 2.0
"""Seconds that a number may take; one that takes longer becomes "more than"."""

FACETS: Final = (
    "service",
    "group",
    "name",
    "status",
    "subsystem",
    "agent",
    "model",
    "exception",
)
"""Keys of the fields whose values are counted beside the list, in their order."""

TOP: Final = 10
"""Values of a facet that are shown without asking for more."""

ODD: Final = ("orphan", "late", "future")
"""What `is:` can ask that a reader of any list should know the number of."""

_MICROSECOND = timedelta(microseconds=1)
_TRIED_SHARES = (64, 16, 4)
_WHOLE_SHARE = 0.6


def _levels() -> tuple[int, ...]:
    steps = (10, 18, 32, 56)
    return (*(step * 10 ** (power - 1) for power in range(3, 14) for step in steps), 10**14)


LEVELS: Final = _levels()
"""Where one level of duration (ns) ends and the next begins: four to each factor of ten, from 1 µs
to a day or so. Level 0 lies below the first of them, the last level above the last."""


@dataclass(frozen=True)
class Buckets:
    """The intervals a range is cut into: whole steps of the clock, but for both ends.

    `edges` has one moment more than there are intervals.
    """

    step: timedelta
    origin: datetime
    edges: tuple[datetime, ...]

    @property
    def params(self) -> dict[str, int]:
        return {
            "origin_us": (self.origin - EPOCH) // _MICROSECOND,
            "step_us": self.step // _MICROSECOND,
        }

    def __len__(self) -> int:
        return len(self.edges) - 1

    def of(self, moment: datetime) -> int:
        """The interval in which a moment of the range lies."""
        return bisect_right(self.edges, moment) - 1


def buckets(range_: TimeRange, offset: timedelta = timedelta()) -> Buckets:
    """The range in whole steps of a clock that is `offset` ahead of UTC.

    Steps of the clock stay where they are while the range moves on, and so does what is in them.
    """
    step = bucket(range_)
    origin = range_.since - (range_.since - EPOCH + offset) % step
    inner = []
    moment = origin + step
    while moment < range_.until:
        inner.append(moment)
        moment += step
    return Buckets(step, origin, (range_.since, *inner, range_.until))


@dataclass(frozen=True)
class Histogram:
    """Spans and errors in each of the buckets, empty ones included."""

    buckets: Buckets
    spans: list[int]
    errors: list[int]
    answer: Answer


def histogram(scope: Scope, filters: TraceFilters, offset: timedelta = timedelta()) -> Histogram:
    """Matching spans and errors over time."""
    cut = buckets(filters.range, offset)
    answer = reader.read(scope, "explore.histogram", **filters.params, **cut.params)
    spans, errors = [0] * len(cut), [0] * len(cut)
    for row in answer:
        spans[row["bucket"]] = row["spans"]
        errors[row["bucket"]] = row["errors"]
    return Histogram(cut, spans, errors, answer)


@dataclass(frozen=True)
class Cell:
    """Spans of one bucket and one level of duration; the level is None where none is known."""

    bucket: int
    level: int | None
    spans: int
    errors: int


@dataclass(frozen=True)
class Heatmap:
    """The cells that hold spans."""

    buckets: Buckets
    cells: list[Cell]
    answer: Answer


def heatmap(scope: Scope, filters: TraceFilters, offset: timedelta = timedelta()) -> Heatmap:
    """Matching spans by time and duration, four levels to each factor of ten."""
    cut = buckets(filters.range, offset)
    answer = reader.read(scope, "explore.heatmap", **filters.params, **cut.params, top=len(LEVELS))
    return Heatmap(cut, [Cell(**row) for row in answer], answer)


@dataclass(frozen=True)
class Counted:
    """A value of a facet; None is the lack of one."""

    value: str | None
    spans: int
    errors: int


@dataclass(frozen=True)
class Facet:
    """The most frequent values of a field, and how many it has."""

    key: str
    values: list[Counted]
    known: int

    @property
    def more(self) -> int:
        return self.known - len(self.values)


def facets(scope: Scope, filters: TraceFilters, keys: Sequence[str] = FACETS) -> dict[str, Facet]:
    """The most frequent values of each field.

    A field that the search narrows shows what it would have without that, so that one can choose
    another value.
    """
    text = filters.condition.text
    narrowed_by = {key for key in keys if choices.own(text, key)}
    found = most_frequent(scope, filters) if set(keys) - narrowed_by else {}
    nothing = {key: Facet(key, [], 0) for key in keys}
    apart = {key: values(scope, filters, key) for key in keys if key in narrowed_by}
    return {key: {**nothing, **found, **apart}[key] for key in keys}


def most_frequent(scope: Scope, filters: TraceFilters, top: int = TOP) -> dict[str, Facet]:
    """The most frequent values of all facets among the matching spans, by key."""
    answer = reader.read(scope, "explore.most_frequent", **filters.params, top=top)
    return {key: _facet(key, answer) for key in {row["facet"] for row in answer}}


def values(
    scope: Scope, filters: TraceFilters, key: str, looking: str = "", top: int = TOP
) -> Facet:
    """The most frequent values of one facet that hold the text `looking`, whatever the search
    says of this field; those it names are among them, be there spans or not."""
    text = choices.without(filters.condition.text, key)
    named = choices.named(filters.condition.text, key)
    answer = reader.read(
        scope,
        "explore.values",
        **replace(filters, condition=conditions.compiled(parse(text), text)).params,
        facet=key,
        looking=looking.strip() or None,
        top=top,
        named=[(value or "").lower() for value in named],
    )
    found = _facet(key, answer)
    known = {(counted.value or "").lower() for counted in found.values}
    absent = [Counted(v, 0, 0) for v in named if (v or "").lower() not in known and not looking]
    return replace(found, values=[*found.values, *absent], known=found.known + len(absent))


def _facet(key: str, answer: Answer) -> Facet:
    rows = [row for row in answer if row["facet"] == key]
    counted = [Counted(row["value"], row["spans"], row["errors"]) for row in rows]
    return Facet(key, counted, rows[0]["known"] if rows else 0)


@dataclass(frozen=True)
class Total:
    """How many rows match; when not `exact`, there are more, and this many were counted."""

    rows: int
    errors: int
    exact: bool = True
    answer: Answer | None = None


def total(
    scope: Scope, filters: TraceFilters, mode: str = "spans", budget: float = BUDGET
) -> Total:
    """Matching spans, or traces with one; exact, or else what could be counted in `budget` seconds.

    What cannot be counted whole is counted from the newest end, in ever wider windows.
    """
    range_, ends_at = filters.range, time.monotonic() + budget
    best = Total(0, 0, exact=False)
    try:
        return counted(scope, filters, mode, range_.since, budget * _WHOLE_SHARE)
    except (TooSlow, TooBig):
        for share in _TRIED_SHARES:
            left = ends_at - time.monotonic()
            if left <= 0:
                break
            try:
                newest_from = range_.until - range_.length / share
                found = counted(scope, filters, mode, newest_from, left)
            except (TooSlow, TooBig):
                break
            best = replace(found, exact=False)
    return best


def counted(
    scope: Scope, filters: TraceFilters, mode: str, newest_from: datetime, seconds: float
) -> Total:
    """Matching spans, or traces, from a moment on. Raises TooSlow after `seconds`."""
    if mode == "traces":
        return matched_traces(scope, filters, newest_from, seconds)
    return matched(scope, filters, newest_from, seconds)


def matched(scope: Scope, filters: TraceFilters, newest_from: datetime, seconds: float) -> Total:
    """Matching spans from a moment on. Raises TooSlow after `seconds`."""
    answer = reader.read(
        scope, "explore.matched", **filters.params, newest_from=newest_from, _deadline=seconds
    )
    return Total(**answer.one, answer=answer)


def matched_traces(
    scope: Scope, filters: TraceFilters, newest_from: datetime, seconds: float
) -> Total:
    """Traces with a matching span from a moment on; an error is one with a matching error span."""
    answer = reader.read(
        scope,
        "explore.matched_traces",
        **filters.params,
        newest_from=newest_from,
        _deadline=seconds,
    )
    return Total(**answer.one, answer=answer)


@dataclass(frozen=True)
class Residue:
    """What a list must be read with: how much there is, and what is odd about it."""

    total: Total
    odd: Mapping[str, Total]


def residue(
    scope: Scope, filters: TraceFilters, mode: str = "spans", budget: float = BUDGET
) -> Residue:
    """The total, and the matching spans that are orphans, late, or dated in the future.

    Each of these is the number of spans that the search finds with `is:orphan` and so on added.
    """
    return Residue(
        total=total(scope, filters, mode, budget),
        odd={flag: total(scope, narrowed(filters, f"is:{flag}"), budget=budget) for flag in ODD},
    )


def narrowed(filters: TraceFilters, *texts: str) -> TraceFilters:
    """The filters, and all of these searches too. Raises SearchError."""
    parts = [text for text in (filters.condition.text, *texts) if text.strip()]
    every = All(tuple(parse(text) for text in parts), 0, 0)
    joined = " ".join(f"({text})" for text in parts)
    return replace(filters, condition=conditions.compiled(every, joined))
