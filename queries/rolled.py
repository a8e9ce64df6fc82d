"""Rolled: questions over a range that read rollups for what of it these reach.

The one idea: a question is written once, over rows of one shape; the reader decides which of them
are rollups and which are spans, and the answer says so. In Python and in SQL:

    reader.read(scope, "overview.busiest", **rolled.over(range_, grain="service"))

    -- one row per service, the busiest first
    select key as service_name, spans, errors, p95_ns
    from rolled_by('service', $rolled, service_name)
    order by spans desc

What may follow `from`; `grain` is one of `telemetry.grains.GRAINS`, which says what it is by:

- `rolled_by(grain, $rolled, key, kept := true)`: one row per `key`, which is any expression over
  the columns of the grain, such as `{service: service_name, bar: bar}` or `null` for a single row;
  with spans, errors, roots, timed, duration_ns (their sum), shortest_ns, longest_ns, p50_ns, p95_ns
  and p99_ns (linearly interpolated, at most 1 % from the exact ones), calls, input_tokens,
  output_tokens, cached_tokens, cost_usd, memory_delta_bytes, measured, earliest and latest.
  `kept` is a condition over the same columns.
- `rolled_sums(…)`: the same without quantiles, which cost most.
- `rolled_durations(grain, $rolled)`: durations for histograms: rows of the columns of the grain,
  bar, bucket and n. `middle_of(bucket)` is the duration in ns that stands for a bucket.
- `rolled(grain, $rolled)`: the rows that all these add up; never counts of them, but sums.

Who called whom: `called_by` for the grains calls (services) and handoffs (agents), with the columns
caller, callee, org_id and bar; `spans` are the calls.
Callers may begin up to an hour before the newest, and six hours before older calls.

Several grains at once: `rolled_of([grain, …], $rolled, key, kept := true, timely := true)`, with
the column `grain` in the key; quantiles only of rows that are `timely`.

`bar` is the start of the bar of a chart, for `over(range_, step=…)`: bars begin at multiples of the
step, so that the first and the last may reach beyond the range. `bars` lists them all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from queries.filters import EPOCH, TimeRange
from telemetry.grains import DAY, EDGE_GRAINS, FINEST, HOUR, LEVELS, MINUTE, place_of

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "ROLLED",
    "Parts",
    "Rolled",
    "Span",
    "bars",
    "over",
]

_MICROSECOND = timedelta(microseconds=1)


_ENDS = ("from", "to", "from_2", "to_2")

ROLLED: Final = (
    "since",
    "until",
    "step_us",
    "whole_since",
    "whole_until",
    *(f"{level}_{end}" for level in LEVELS for end in _ENDS),
    "spans",
    "fresh",
    "rollups",
    "around",
)
"""What `$rolled` consists of: the range and its parts, and the files for each."""


@dataclass(frozen=True)
class Span:
    """From `since` to just before `until`; empty when they are equal."""

    since: datetime
    until: datetime

    @property
    def around(self) -> Span:
        """Where the callers of calls in it may be."""
        return Span(self.since - HOUR, self.until + HOUR)

    def __bool__(self) -> bool:
        return self.since < self.until


@dataclass(frozen=True)
class Parts:
    """What of a range each level may give, the finest first, each within the one before."""

    by_level: Mapping[str, Span]

    @property
    def whole(self) -> Span:
        """What they give together."""
        return self.by_level["minute"]

    @property
    def params(self) -> dict[str, Any]:
        """The bounds as a question binds them: of each level the places before and after those
        that the next coarser level gives."""
        bounds: dict[str, Any] = {"whole_since": self.whole.since, "whole_until": self.whole.until}
        coarser = [*list(self.by_level.values())[1:], None]
        for (level, span), within in zip(self.by_level.items(), coarser, strict=True):
            inner = within or Span(span.until, span.until)
            ends = (span.since, inner.since, inner.until, span.until)
            places = (place_of(level, end) for end in ends)
            bounds |= {f"{level}_{end}": place for end, place in zip(_ENDS, places, strict=True)}
        return bounds

    @property
    def levels(self) -> list[str]:
        """Levels of the rollups that are summed, the coarsest first."""
        coarser = [*list(self.by_level.values())[1:], None]
        used = [
            level
            for (level, span), within in zip(self.by_level.items(), coarser, strict=True)
            if span and span != within
        ]
        return used[::-1]


@dataclass(frozen=True)
class Rolled:
    """A range, the bars it is cut into if any, and what the question is by."""

    range: TimeRange
    step: timedelta | None = None
    grain: str = "all"

    @property
    def finest(self) -> timedelta:
        """The finest level that the grain has."""
        return FINEST[self.grain]

    @property
    def edges(self) -> bool:
        """Whether it is about who called whom."""
        return self.grain in EDGE_GRAINS

    def parts(self, until: datetime) -> Parts:
        """What of the range rollups may give that reach `until`: levels that fit into a bar."""
        fits = [
            level
            for level in LEVELS.values()
            if level >= self.finest and (self.step is None or not self.step % level)
        ]
        return parts(self.range.since, min(self.range.until, until), fits)

    @property
    def raw(self) -> Parts:
        """All of the range from spans."""
        return parts(self.range.since, self.range.until, [])

    def ends(self, parts: Parts) -> list[Span]:
        """What rollups leave of the range."""
        before = Span(self.range.since, parts.whole.since)
        after = Span(parts.whole.until, self.range.until)
        return [end for end in (before, after) if end]

    @property
    def params(self) -> dict[str, Any]:
        step = None if self.step is None else self.step // _MICROSECOND
        return {
            **self.range.params,
            "step_us": step,
        }


def over(range_: TimeRange, step: timedelta | None = None, grain: str = "all") -> dict[str, Any]:
    """What a question over rollups binds; of its grains, `grain` is the one with the coarsest
    levels."""
    return {**range_.params, "rolled": Rolled(range_, step, grain)}


def bars(range_: TimeRange, step: timedelta) -> list[datetime]:
    """Starts of the bars that a range has a part in, oldest first."""
    first = EPOCH + (range_.since - EPOCH) // step * step
    return [first + step * i for i in range(-(-(range_.until - first) // step))]


def parts(since: datetime, until: datetime, levels: Collection[timedelta]) -> Parts:
    """The parts of a range, in UTC; one without a level of its own is as the next coarser one."""
    found = {}
    within = Span(since, max(since, until))
    for name, level in LEVELS.items():
        within = _within(within, min((each for each in levels if each >= level), default=None))
        found[name] = within
    return Parts(found)


def _within(span: Span, step: timedelta | None) -> Span:
    """The whole steps in a span; at its beginning when there are none."""
    if step is None:
        return Span(span.since, span.since)
    since = EPOCH + -(-(span.since - EPOCH) // step) * step
    until = EPOCH + (span.until - EPOCH) // step * step
    return Span(since, until) if since < until else Span(span.since, span.since)
