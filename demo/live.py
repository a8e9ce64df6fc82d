"""The present: a few traces that end just now, for a page that moves.

It goes on where the history ended: the newest release runs, what is stuck stays stuck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from demo import metrics
from demo.calendar import SECOND, conditions
from demo.history import random_of
from demo.housekeeping import acquisition, heartbeats
from demo.render import Batch, Outbox
from demo.runs import work
from demo.stage import Stage
from demo.story import Story
from demo.world import ORGS

LEAST_SPANS: Final = 10
"""Spans of an org's turn, at least; a long task run may bring sixty."""
CYCLE_TICKS: Final = 15
"""Ticks between two acquisition cycles of an org."""
BEAT_TICKS: Final = 30
METRIC_TICKS: Final = 30


class Live:
    """Makes what happened since the last tick. Equal seeds and start times tell equal stories."""

    def __init__(self, seed: int, began: int) -> None:
        self._seed = seed
        self._began = began
        self._stages = [Stage(org, seed) for org in ORGS.values()]
        self._shares = [org.share for org in ORGS.values()]
        self._rng = random_of(seed, "live", began)
        self._told = 0

    def tick(self, number: int, now: int) -> Iterator[Batch]:
        """Requests of tick `number`: one org's work, and what every org does now and then."""
        busy = self._rng.choices(self._stages, self._shares)[0]
        for turn, stage in enumerate(self._stages):
            outbox = Outbox(stage)
            while stage is busy and outbox.spans < LEAST_SPANS:
                self._tell(outbox, now, work)
            if (number + turn) % CYCLE_TICKS == 0:
                self._tell(outbox, now, self._cycle(number))
            if (number + turn) % BEAT_TICKS == 0:
                self._tell(outbox, now, heartbeats)
            yield from _all_of(outbox)
            if number and (number + turn) % METRIC_TICKS == 0:
                yield self._measure(stage, number, now)

    def _tell(self, outbox: Outbox, now: int, tell: Callable[[Story], None]) -> None:
        org = outbox.stage.org
        self._told += 1
        rng = random_of(self._seed, org.slug, "live", self._began, self._told)
        ends = now - int(rng.random() * SECOND)
        story = Story(outbox.stage, conditions(org.slug, org.own.name, ends, ends), rng)
        tell(story)
        outbox.put(story, ends)

    def _cycle(self, number: int) -> Callable[[Story], None]:
        return lambda story: acquisition(story, number // CYCLE_TICKS)

    def _measure(self, stage: Stage, number: int, now: int) -> Batch:
        rng = random_of(self._seed, stage.org.slug, "live metrics", self._began, number)
        return metrics.batch(stage, [(now, metrics.MINUTE)], self._began, rng)


def _all_of(outbox: Outbox) -> Iterator[Batch]:
    if outbox.spans:
        yield outbox.take_spans()
    if outbox.logs:
        yield outbox.take_logs()
