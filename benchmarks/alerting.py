"""Alerting: 500 rules of one org that all come due every 15 s, evaluated as the app's jobs do.

The one idea: the lag of an evaluation is counted from when its instant was due until it is written,
so that it holds the waiting behind all the others.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from access.people import create_org
from access.scope import Scope
from alerts import queried
from alerts.evaluator import TURN_EVERY, Evaluator
from alerts.lease import BEAT_EVERY, Lease
from alerts.rules import Condition, Failures, Heartbeat, Rule, Staleness, Threshold
from alerts.spec import spec_of
from benchmarks import table
from benchmarks.stage import END, ORG, Stage
from benchmarks.table import Line
from queries import reader
from records import alerts as tables
from records.store import Records
from telemetry import rollups

NAME: Final = "Alerts: 500 rules at 15 s, from due to written"
CATCHING: Final = "Alerts: an hour of 500 rules that was missed"
NAMES: Final = (NAME, CATCHING)

RULES = 500
EVERY = timedelta(seconds=15)
LAG = timedelta(seconds=15)
TICKS = 5
TARGET = timedelta(seconds=10)
BEGIN = END - timedelta(hours=2)
MISSED = timedelta(hours=1)


def run(raised: Stage, folder: Path, wanted: Sequence[str]) -> list[Line]:
    """The lines that are wanted, each with evaluators and records of its own."""
    rollups.roll(raised.settings)
    asked = reader.connect(raised.settings)
    measured = {NAME: _steady, CATCHING: _catching_up}
    try:
        return [measured[name](asked, folder) for name in wanted]
    finally:
        asked.close()


def rules() -> list[Rule]:
    """Of every kind that a fleet of services and agents has, over 12 services and 40 agents."""
    return [
        Rule(
            id=f"{n:032x}",
            org=ORG,
            name=f"rule {n}",
            condition=condition,
            search=search,
            every=EVERY,
            window=timedelta(minutes=5),
            for_=timedelta(minutes=1),
            revision=1,
        )
        for n, (condition, search) in enumerate(_asked(n) for n in range(RULES))
    ]


def _asked(n: int) -> tuple[Condition, str]:
    """What the rule with this number asks, and of which service's spans."""
    one = f"service:service-{n % 12}"
    match n % 10:
        case 0 | 1 | 2:
            return _above("error_rate", 0.05 + n / 10_000), one
        case 3 | 4:
            return _above("duration.p95", 5e8 + n * 1e6), one
        case 5:
            return _above("duration.p95", 5e8 + n * 1e6, "service"), ""
        case 6:
            return _above("tokens", 1e5 + n, "agent"), ""
        case 7:
            return Heartbeat(of="service", names=f"service-{n % 12}"), ""
        case 8:
            return Failures(service=f"service-{n % 12}"), ""
        case _:
            return Staleness(kind="frozen", process="*", data=f"value-{n}"), ""


def _above(metric: str, limit: float, *by: str) -> Threshold:
    return Threshold(metric=metric, comparator=">", limit=limit, by=by)


def _steady(asked: reader.Reader, folder: Path) -> Line:
    """The lag of every evaluation, over some ticks after the first."""
    lags: list[timedelta] = []
    _evaluate(asked, folder, BEGIN + TICKS * EVERY, timedelta(0), lags)
    kept = sorted(lags[RULES:])
    p99 = kept[len(kept) * 99 // 100]
    return Line(
        what=NAME,
        ours=f"p50 {_shown(kept[len(kept) // 2])}, p99 {_shown(p99)}",
        cold=f"{_shown(max(lags[:RULES]))} (first round)",
        target=f"p99 < {_shown(TARGET)}",
        met=table.verdict(p99 < TARGET),
    )


def _catching_up(asked: reader.Reader, folder: Path) -> Line:
    """How long it takes until an hour that nobody evaluated is made up for."""
    spent = _evaluate(asked, folder, BEGIN + MISSED, MISSED, [])
    return Line(what=CATCHING, ours=f"{spent:.1f} s")


def _evaluate(
    asked: reader.Reader,
    folder: Path,
    until: datetime,
    leap: timedelta,
    lags: list[timedelta],
) -> float:
    """Run the jobs until all rules are written up to `until`; the clock leaps after their first.

    The seconds from then on.
    """
    reached: dict[str, datetime] = {}
    records = _records(folder)
    began, leapt = time.monotonic(), [timedelta(0)]

    def now() -> datetime:
        return BEGIN + LAG + timedelta(seconds=time.monotonic() - began) + leapt[0]

    def measure(scope: Scope, rule: Rule, instants: Sequence[datetime]) -> Any:
        reader.use(asked)
        return queried.measure(scope, rule, instants)

    def note(rule: Rule, at: datetime, written: datetime) -> None:
        lags.append(written - LAG - at)
        reached[rule.id] = at

    lease = Lease(records, "alerts", "benchmark")
    evaluator = Evaluator(records, lease, measure, lag=LAG, clock=now, on_written=note)
    stopping = threading.Event()
    loops = [
        threading.Thread(target=_again, args=(stopping, *job), daemon=True)
        for job in ((lease.beat, BEAT_EVERY), (evaluator.turn, TURN_EVERY))
    ]
    for loop in loops:
        loop.start()
    started = _when(reached, BEGIN)
    leapt[0] = leap
    ended = _when(reached, until)
    stopping.set()
    for loop in loops:
        loop.join()
    evaluator.close()
    _refuse_errors(records)
    records.close()
    return ended - started


def _again(stopping: threading.Event, work: Callable[[], object], every: float) -> None:
    """Call `work` again and again, as the app's jobs do."""
    while not stopping.wait(every):
        work()


def _when(reached: dict[str, datetime], until: datetime, seconds: float = 600.0) -> float:
    """Wait until every rule has reached `until`; when that was."""
    deadline = time.monotonic() + seconds
    while len(reached) < RULES or min(reached.copy().values()) < until:
        if time.monotonic() > deadline:
            raise RuntimeError("The rules were not evaluated in time.")
        time.sleep(0.01)
    return time.monotonic()


def _refuse_errors(records: Records) -> None:
    """A rule that could not be measured was not evaluated, however fast that was."""
    with records.reading() as session:
        failed = session.query(tables.AlertState).filter_by(state="error").all()
    if failed:
        raise RuntimeError(f"{len(failed)} alerts could not be measured: {failed[0].text}")


def _records(folder: Path) -> Records:
    """Records of their own, with nothing in them but the org and its rules."""
    path = folder / f"alerting-{time.time_ns()}.sqlite"
    records = Records(f"sqlite:///{path}")
    records.migrate()
    with records.session() as session:
        create_org(session, ORG, "Acme")
        for rule in rules():
            session.add(
                tables.AlertRule(
                    id=rule.id,
                    org=ORG,
                    name=rule.name,
                    spec=spec_of(rule),
                    revision=1,
                    enabled=True,
                    created_at=BEGIN,
                    updated_at=BEGIN,
                )
            )
    return records


def _shown(lag: timedelta) -> str:
    return f"{lag.total_seconds():.1f} s"
