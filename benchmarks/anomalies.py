"""`python -m benchmarks.anomalies`: the anomaly rule against the labelled windows of NAB.

Each series is judged as an anomaly rule judges a metric: the average of a window against the same
hour of the weeks before, by `alerts.anomalies`. Two scores are printed: by alarms (how many of them
touch a labelled window, and how many windows are touched) and by time.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path

import pyarrow.parquet as pq

from alerts import anomalies
from alerts.anomalies import Expected
from queries.filters import EPOCH

NAB = Path(__file__).parents[1].parent / "shared" / "samples" / "metrics" / "nab.parquet"
EVERY = timedelta(minutes=5)
WINDOW = timedelta(minutes=15)
SENSITIVITIES = (3.0, 4.0, 6.0, 10.0)
APART = timedelta(hours=6)
"""Alarms that begin sooner after another are the same one, as an alert with a cooldown is."""

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Series:
    """Readings of one series, and the windows in which its authors saw something unusual."""

    name: str
    times: list[datetime]
    values: list[float]
    labelled: list[Window]

    def averages(self) -> dict[datetime, float]:
        """The average of the window before each instant that has readings in it."""
        upto = [0.0, *accumulate(self.values)]
        found = {}
        first = EPOCH + -((EPOCH - self.times[0]) // EVERY) * EVERY
        for n in range((self.times[-1] - first) // EVERY + 1):
            instant = first + n * EVERY
            low, high = (bisect_left(self.times, t) for t in (instant - WINDOW, instant))
            if low < high:
                found[instant] = (upto[high] - upto[low]) / (high - low)
        return found


@dataclass
class Score:
    """How alarms and labelled windows met."""

    alarms: int = 0
    right_alarms: int = 0
    windows: int = 0
    found_windows: int = 0
    judged: int = 0
    away: int = 0
    away_labelled: int = 0
    labelled: int = 0

    def add(self, other: Score) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def line(self, sensitivity: float) -> str:
        return (
            f"| {sensitivity:g} | {_share(self.right_alarms, self.alarms)} "
            f"| {_share(self.found_windows, self.windows)} "
            f"| {_share(self.away_labelled, self.away)} "
            f"| {_share(self.away_labelled, self.labelled)} |"
        )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f} ({part} of {whole})" if whole else "none"


def read(path: Path) -> list[Series]:
    """All series, in order of name."""
    table = pq.read_table(path, columns=["series", "ts", "value", "label"])
    rows: dict[str, list[tuple[datetime, float, bool]]] = defaultdict(list)
    for row in table.sort_by([("series", "ascending"), ("ts", "ascending")]).to_pylist():
        if row["value"] is not None:
            rows[row["series"]].append(
                (row["ts"].astimezone(UTC), row["value"], bool(row["label"]))
            )
    return [
        Series(name, [t for t, *_ in some], [v for _, v, _ in some], _windows(some))
        for name, some in rows.items()
    ]


def _windows(rows: list[tuple[datetime, float, bool]]) -> list[Window]:
    found: list[Window] = []
    within = False
    for time, _, labelled in rows:
        if labelled:
            start = found.pop()[0] if within else time
            found.append((start, time))
        within = labelled
    return found


def judge(series: Series, sensitivity: float) -> Score:
    """Walk over a series as an evaluator does, knowing only what came before."""
    averages = series.averages()
    known: dict[datetime, Expected | None] = {}
    away: list[datetime] = []
    judged: list[datetime] = []
    for instant, value in averages.items():
        hour = anomalies.hour_of(instant)
        if hour not in known:
            some = anomalies.sample_instants(hour, WINDOW)
            known[hour] = anomalies.expected({t: averages[t] for t in some if t in averages})
        if (it := known[hour]) is None:
            continue
        judged.append(instant)
        if anomalies.is_away(it.away(value), sensitivity, "both"):
            away.append(instant)
    return _scored(series, judged, away)


def _scored(series: Series, judged: list[datetime], away: list[datetime]) -> Score:
    """Only windows in which there was history to judge by count."""
    if not judged:
        return Score()
    windows = [w for w in series.labelled if any(_in(t, [w]) for t in judged)]
    alarms = [t for t, before in zip(away, [None, *away], strict=False) if _begins(t, before)]
    spans = [[t for t in away if start <= t < end] for start, end in _between(alarms)]
    return Score(
        alarms=len(alarms),
        right_alarms=sum(any(_in(t, windows) for t in some) for some in spans),
        windows=len(windows),
        found_windows=sum(any(_in(t, [w]) for t in away) for w in windows),
        judged=len(judged),
        away=len(away),
        away_labelled=sum(_in(t, windows) for t in away),
        labelled=sum(_in(t, windows) for t in judged),
    )


def _begins(moment: datetime, before: datetime | None) -> bool:
    return before is None or moment - before > APART


def _between(alarms: list[datetime]) -> Iterable[Window]:
    return pairwise([*alarms, datetime.max.replace(tzinfo=UTC)])


def _in(moment: datetime, windows: list[Window]) -> bool:
    # an instant speaks of the time before it
    return any(start < moment <= end + EVERY for start, end in windows)


def main() -> int:
    """Print the scores; returns the exit status."""
    if not NAB.exists():
        print("NAB is not beside this checkout (shared/samples/metrics/nab.parquet): skipped.")
        return 0
    every = read(NAB)
    weeks = "average of 15 minutes, every 5 minutes, history from the second week on"
    print(f"NAB, {len(every)} series: {weeks}\n")
    print("| sensitivity | alarms that are right | windows found | precision in time | recall |")
    print("|---|---|---|---|---|")
    total = Score()
    for sensitivity in SENSITIVITIES:
        total = Score()
        for series in every:
            total.add(judge(series, sensitivity))
        print(total.line(sensitivity), flush=True)
    labelled = sum(len(series.labelled) for series in every)
    print(f"\nOf {labelled} labelled windows only those with a week of history before are counted.")
    labelled_time = _share(total.labelled, total.judged)
    print(f"Labelled is {labelled_time} of the time: the precision that chance would have.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
