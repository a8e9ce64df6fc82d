"""Overviewing: every question of the Overview and the service map, from rollups, timed alone.

The one idea: the range begins and ends in the middle of a minute, as a person's does, so that its
two ends are read from the spans. Rollups answer quantiles within a hundredth, so nothing here is
compared with SQLite; the tests compare them with the spans.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from access.people import add_member, create_org, create_person, find_person_by_email
from access.scope import Scope, scope_for
from benchmarks import lake, stage, table, timing
from benchmarks.stage import END, ORG, PERSON, Stage
from benchmarks.table import Line
from queries import overview, reader, service_map
from queries.filters import TimeRange
from records.store import Records
from telemetry import edges, rollups

ALL: Final = "Overview: all panels, one after the other"
AT_ONCE: Final = "Overview: all panels, asked at once as a page does"
MAP: Final = "Service map"

PEOPLED = 20
"""Orgs that a lake of more than ONE_ORG spans is spread over, and days."""

DAYS = 14
ONE_ORG = 10_000_000
BYTES_A_SPAN = 80
"""Room on disk that a span takes at most while the lake is made, with its rollups."""

NOW = END - timedelta(minutes=22, seconds=23)
LIVE = timedelta(seconds=5)
"""How far the clock goes on from one round to the next, as on a page that refreshes itself."""

Ask = Callable[[Scope, datetime], object]

PANELS: dict[str, Ask] = {
    "totals": lambda scope, now: overview.totals(scope, _day(now)),
    "course": lambda scope, now: overview.course(scope, _day(now)),
    "spent": lambda scope, now: overview.spent(scope, _today(now)),
    "the same a day and a week earlier": lambda scope, now: [
        *(overview.totals(scope, then) for then in overview.earlier(_day(now)).values()),
        *(overview.spent(scope, then) for then in overview.earlier(_today(now)).values()),
    ],
    "newest": overview.newest,
    "services, groups and models": lambda scope, now: overview.summary(scope, _day(now)),
    "operations": lambda scope, now: overview.operations(scope, _day(now)),
    "releases": lambda scope, now: overview.releases(scope, _day(now)),
    "last errors": lambda scope, now: overview.last_errors(scope, _day(now)),
}
"""What every view of the Overview asks."""

VIEWS: dict[str, Ask] = {
    "Errors: exceptions": lambda scope, now: overview.exceptions(scope, _day(now)),
    "Errors: root causes": lambda scope, now: overview.root_causes(scope, _day(now)),
    "Duration: heatmap": lambda scope, now: overview.heat(scope, _day(now)),
    "Duration: slowest operations": lambda scope, now: overview.slowest(scope, _day(now)),
    "Duration: own times": lambda scope, now: overview.self_times(scope, _day(now)),
    f"{MAP} of services": lambda scope, now: service_map.services(scope, _day(now)),
    f"{MAP} of agents": lambda scope, now: service_map.agents(scope, _day(now)),
}
"""What one view of it asks in addition."""

NAMES = (ALL, AT_ONCE, *(f"Overview, {name}" for name in PANELS), *VIEWS)


def _day(now: datetime) -> TimeRange:
    return TimeRange(now - timedelta(days=1), now)


def _today(now: datetime) -> TimeRange:
    return TimeRange(now.replace(hour=0, minute=0, second=0, microsecond=0), now)


class NoRoomError(Exception):
    """The lake does not fit on the disk; the message is a sentence."""


def raised(folder: Path, spans: int, say: Callable[[str], None]) -> Stage:
    """The stage with its rollups; more than ONE_ORG spans are spread over orgs and days.

    Raises NoRoomError.
    """
    if spans <= ONE_ORG:
        found = stage.raised(folder, spans)
    else:
        found = _spread(folder / f"{spans}-spread-{lake.digest()}", spans, say)
    started = time.perf_counter()
    if rollups.roll(found.settings) is not None:
        edges.roll(found.settings, END + timedelta(days=1))
    say(f"Rolled in {time.perf_counter() - started:,.0f} s.")
    reader.connect(found.settings)
    return found


def _spread(home: Path, spans: int, say: Callable[[str], None]) -> Stage:
    settings = stage.settings_for(home)
    home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(home).free
    if not (home / "complete").exists() and free < spans * BYTES_A_SPAN:
        raise NoRoomError(
            f"{spans:,} spans need about {spans * BYTES_A_SPAN // 10**9} GB, and the disk has "
            f"{free // 10**9} GB left. Choose a smaller size or --keep them elsewhere."
        )
    records = Records(settings.records_database)
    try:
        if not (home / "complete").exists():
            _settle(records)
            for number in range(PEOPLED):
                org = ORG if number == 0 else f"org-{number}"
                lake.build(settings.lake_dir, org, spans // PEOPLED, END, DAYS * 24.0)
                say(f"  {number + 1} of {PEOPLED} orgs made")
            (home / "complete").touch()
        scope = scope_for(find_person_by_email(records, PERSON), ORG)
    finally:
        records.close()
    return Stage(settings, scope)


def _settle(records: Records) -> None:
    """The orgs; the one that is asked about has a member."""
    records.migrate()
    with records.session() as session:
        create_org(session, ORG, ORG.capitalize())
        add_member(session, create_person(session, PERSON, "Bench"), ORG, "member")
        for number in range(1, PEOPLED):
            create_org(session, f"org-{number}", f"Org {number}")


def run(raised: Stage, spans: int, wanted: list[str], rounds: int) -> Iterator[Line]:
    """Time all panels together, then each alone."""
    target = 100 if spans <= ONE_ORG else 200
    with ThreadPoolExecutor(len(PANELS)) as pool:
        for name in wanted:
            ask = partial(_at_once, pool) if name == AT_ONCE else _asked(name)
            yield _line(raised, name, ask, rounds, target if name == AT_ONCE else None)


def _at_once(pool: Executor, scope: Scope, now: datetime) -> object:
    """Until the last panel has its answer."""
    return list(pool.map(lambda ask: ask(scope, now), PANELS.values()))


def _asked(name: str) -> Ask:
    if name == ALL:
        return lambda scope, now: [ask(scope, now) for ask in PANELS.values()]
    return VIEWS.get(name) or PANELS[name.removeprefix("Overview, ")]


def _line(raised: Stage, name: str, ask: Ask, rounds: int, target_ms: int | None) -> Line:
    """Each round asks about a later moment, so that only what stays the same is asked once."""
    moments = count(NOW.timestamp(), LIVE.total_seconds())
    asked = partial(_next, ask, raised.scope, moments)
    raised.cool()
    cold = timing.once(asked)
    warm = timing.alone(asked, rounds)
    return Line(
        what=name,
        ours=table.milliseconds(warm),
        cold=table.milliseconds(cold),
        target=f"< {target_ms} ms" if target_ms else "",
        met=table.verdict(warm * 1000 < target_ms) if target_ms else "",
    )


def _next(ask: Ask, scope: Scope, moments: Iterator[float]) -> object:
    return ask(scope, datetime.fromtimestamp(next(moments), UTC))
