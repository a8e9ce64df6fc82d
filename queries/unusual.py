"""What is unusual in a run: each step judged against its cohort, and ranked. Pure.

The one idea: what matters is unusual and takes time. A step is judged by its own time, without its
children's, so that the cause stands above the spans that merely waited for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from queries.compare import State, pace
from queries.reader import Row

FEW = 5
"""Fewer runs say nothing about what is usual for a duration."""

HIGH, LOW = 0.9, 0.1
RARE = 0.05
FAILURE_SHARE = 0.05
"""A failure weighs at least this share of the run's time, however quickly it came."""


class Verdict(StrEnum):
    """How a step stands in its cohort."""

    NEW = "new"
    SKIPPED = "skipped"
    FAILED = "failed"
    REPEATED = "repeated"
    SLOWER = "slower"
    FASTER = "faster"
    RARE = "rare"
    USUAL = "as usual"


@dataclass(frozen=True)
class Step:
    """A path of this run or of most others, `names` from the root; `below` counts what is folded
    into it: steps that are new or skipped because it is."""

    row: Row
    names: tuple[str, ...]
    of_runs: int
    verdict: Verdict
    score_ns: float
    below: int = 0

    @property
    def seen(self) -> float:
        """Share of the cohort's runs that have this step."""
        return self.row["runs"] / self.of_runs if self.of_runs else 0.0

    @property
    def slower_than(self) -> float | None:
        """Share of the runs with this step that spent less time of their own on it."""
        return _share(self.row["quicker_own"], self.row)

    @property
    def longer_than(self) -> float | None:
        """Share of the runs with this step that spent less time on it, children included."""
        return _share(self.row["quicker_runs"], self.row)


def ranked(rows: Sequence[Row], of_runs: int, length_ns: int) -> list[Step]:
    """The steps of a run that took `length_ns`, the most unusual and most costly first.

    Those that are as usual come after all others.
    """
    names = _names(rows)
    steps = {
        row["path"]: Step(row, names[row["path"]], of_runs, *_judged(row, of_runs, length_ns))
        for row in rows
    }
    return sorted(_folded(steps), key=lambda step: (step.verdict is Verdict.USUAL, -step.score_ns))


def _names(rows: Sequence[Row]) -> dict[int, tuple[str, ...]]:
    """Names from the root for every path; rows come from the root downwards."""
    names: dict[int, tuple[str, ...]] = {}
    for row in rows:
        names[row["path"]] = (*names.get(row["path_above"], ()), row["name"])
    return names


def _judged(row: Row, of_runs: int, length_ns: int) -> tuple[Verdict, float]:
    """The verdict on a step and what it weighs: how unusual it is, times the time it is about."""
    seen = row["runs"] / of_runs if of_runs else 0.0
    if row["my_calls"] is None:
        return Verdict.SKIPPED, seen * row["total_ns"][0]
    if not row["runs"]:
        return Verdict.NEW, float(row["my_total_ns"])
    fails = row["failed_runs"] / row["runs"]
    if row["i_failed"] and fails < LOW:
        weight = max(row["my_own_ns"], FAILURE_SHARE * length_ns)
        return Verdict.FAILED, (1 - fails) * weight
    if row["my_calls"] > row["calls"][1] and row["fewer_calls"] >= HIGH * row["runs"]:
        more_ns = abs(row["my_total_ns"] - row["total_ns"][0])
        return Verdict.REPEATED, row["fewer_calls"] / row["runs"] * more_ns
    return _judged_by_time(row, seen)


def _judged_by_time(row: Row, seen: float) -> tuple[Verdict, float]:
    quicker, usual_ns = row["quicker_own"] / row["runs"], row["own_ns"][0]
    weight = abs(2 * quicker - 1) * abs(row["my_own_ns"] - usual_ns)
    moved = pace(usual_ns, row["my_own_ns"])
    if row["runs"] >= FEW and moved is State.SLOWER and quicker >= HIGH:
        return Verdict.SLOWER, weight
    if row["runs"] >= FEW and moved is State.FASTER and quicker <= LOW:
        return Verdict.FASTER, weight
    return (Verdict.RARE if seen < RARE else Verdict.USUAL), weight


def _folded(steps: dict[int, Step]) -> list[Step]:
    """Steps without those that are new or skipped only because the one above is."""
    kept: dict[int, Step] = {}
    stands_in: dict[int, int] = {}
    for path, step in steps.items():
        path_above: int = step.row["path_above"] or 0
        above = steps.get(path_above)
        foldable = step.verdict in (Verdict.NEW, Verdict.SKIPPED)
        if foldable and above is not None and above.verdict is step.verdict:
            top = stands_in.get(path_above, path_above)
            stands_in[path] = top
            kept[top] = replace(kept[top], below=kept[top].below + 1)
        else:
            kept[path] = step
    return list(kept.values())


def _share(part: int, row: Row) -> float | None:
    return part / row["runs"] if row["runs"] and row["my_calls"] is not None else None
