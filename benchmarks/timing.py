"""Timing: two ways to the same answer, in turns, so that a busy moment hits both."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

PATIENCE = 20.0
"""Seconds after which one side has been timed long enough, with `FEWEST` rounds at least."""

FEWEST = 3

Work = Callable[[], object]


@dataclass(frozen=True)
class Timed:
    """Seconds of our first, cold run, the medians of the warm rounds of both, and our answer.

    `theirs` is None where there is nothing to compare with.
    """

    cold: float
    ours: float
    theirs: float | None
    answer: list[dict[str, Any]]


def in_turns(ours: Work, theirs: Work, rounds: int) -> tuple[float, float]:
    """Medians of `rounds` runs of both; a slow one gets fewer."""
    spent: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    for _ in range(rounds):
        for work, seconds in zip((ours, theirs), spent, strict=True):
            if len(seconds) < FEWEST or sum(seconds) < PATIENCE:
                seconds.append(once(work))
    return median(spent[0]), median(spent[1])


def alone(work: Work, rounds: int, before: Work = lambda: None) -> float:
    """Median of `rounds` runs, each after `before`, which does not count; a slow one gets fewer."""
    seconds: list[float] = []
    gc.collect()
    while len(seconds) < FEWEST or (len(seconds) < rounds and sum(seconds) < PATIENCE):
        before()
        seconds.append(once(work))
    return median(seconds)


def once(work: Work) -> float:
    """Seconds of one run."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
