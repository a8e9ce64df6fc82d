"""Fourteen days of telemetry as OTLP requests, the same for the same seed and end.

The one idea: streams of stories are merged by time, and each stream spends its share of the spans
along the load curve.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from demo import metrics, oddities
from demo.calendar import HOUR, Curve, conditions, nanoseconds
from demo.housekeeping import acquisition, heartbeats
from demo.render import Batch, Outbox
from demo.runs import work
from demo.shapes import Org
from demo.stage import Stage
from demo.story import Story
from demo.world import ORGS

DAYS: Final = 14
BATCH_SPANS: Final = 1500
BATCH_LOGS: Final = 2000

Told = tuple[int, Story]
"""When the story's last span ends, in Unix nanoseconds, and the story."""


@dataclass(frozen=True)
class Stream:
    """A kind of story that takes a share of an org's spans; a steady one knows no nights."""

    name: str
    share: float
    steady: bool
    tell: Callable[[Story, int], None]


STREAMS: Final = (
    Stream("work", 0.74, False, lambda story, _: work(story)),
    Stream("sensing", 0.18, True, acquisition),
    Stream("beats", 0.08, True, lambda story, _: heartbeats(story)),
)


def random_of(seed: int, *where: object) -> Random:
    """Chance of its own for every story, so that a change in one leaves the others alone."""
    return Random(repr((seed, *where)))


def batches(org: str, start: datetime, end: datetime, spans: int, seed: int) -> Iterator[Batch]:
    """Export requests of one org with about `spans` spans, oldest first."""
    return (
        batch for _, batch in _dated(ORGS[org], nanoseconds(start), nanoseconds(end), spans, seed)
    )


def all_batches(start: datetime, end: datetime, spans: int, seed: int) -> Iterator[Batch]:
    """Export requests of all orgs with about `spans` spans together, oldest first."""
    first, last = nanoseconds(start), nanoseconds(end)
    each = [_dated(org, first, last, round(spans * org.share), seed) for org in ORGS.values()]
    return (batch for _, batch in heapq.merge(*each, key=lambda dated: dated[0]))


def _dated(org: Org, start: int, end: int, spans: int, seed: int) -> Iterator[tuple[int, Batch]]:
    """Batches with the time of their newest item."""
    stage = Stage(org, seed)
    told = _spans_and_logs(stage, start, end, spans, seed)
    measured = metrics.history(
        stage, start, end, spans / org.share, random_of(seed, org.slug, "metrics")
    )
    return heapq.merge(told, measured, key=lambda dated: dated[0])


def _spans_and_logs(
    stage: Stage, start: int, end: int, spans: int, seed: int
) -> Iterator[tuple[int, Batch]]:
    outbox = Outbox(stage)
    at = start
    for at, story in _stories(stage, start, end, spans, seed):
        outbox.put(story, at)
        if outbox.spans >= BATCH_SPANS:
            yield at, outbox.take_spans()
        if outbox.logs >= BATCH_LOGS:
            yield at, outbox.take_logs()
    if outbox.spans:
        yield at, outbox.take_spans()
    if outbox.logs:
        yield at, outbox.take_logs()


def _stories(stage: Stage, start: int, end: int, spans: int, seed: int) -> Iterator[Told]:
    # Stories end at their slot, so the first slots leave room for their beginnings.
    first = start + min(HOUR // 2, (end - start) // 20)
    odd = _odd_stories(stage, first, end, spans, seed)
    left = spans - sum(len(story.spans) for _, story in odd)
    streams = (_stream(stage, stream, first, end, left, seed) for stream in STREAMS)
    return heapq.merge(odd, *streams, key=lambda told: told[0])


def _odd_stories(stage: Stage, start: int, end: int, spans: int, seed: int) -> list[Told]:
    told = []
    for number, (age, tell) in enumerate(oddities.of(stage, spans)):
        at = end - int(age * HOUR)
        if at > start:
            told.append(
                (at, _story(stage, at, end, random_of(seed, stage.org.slug, "odd", number)))
            )
            tell(told[-1][1])
    return sorted(told, key=lambda each: each[0])


def _stream(
    stage: Stage, stream: Stream, start: int, end: int, spans: int, seed: int
) -> Iterator[Told]:
    curve = Curve(start, end, steady=stream.steady)
    budget = spans * stream.share
    told = number = 0
    while told < budget:
        at = curve.at(told / budget)
        story = _story(stage, at, end, random_of(seed, stage.org.slug, stream.name, number))
        stream.tell(story, number)
        yield at, story
        told += len(story.spans)
        number += 1


def _story(stage: Stage, at: int, end: int, rng: Random) -> Story:
    org = stage.org
    return Story(stage, conditions(org.slug, org.own.name, at, end), rng)
