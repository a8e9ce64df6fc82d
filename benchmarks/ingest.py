"""Ingest: spans a second that the real server acknowledges, and when a question sees them all."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from access.keys import issue
from access.people import find_person_by_email
from access.scope import Scope, scope_for
from benchmarks import load, stage, table
from benchmarks.answers import DifferenceError
from benchmarks.load import Plan, Posted
from benchmarks.table import Line
from queries import traces
from queries.filters import TimeRange, TraceFilters
from queries.reader import connect
from records.store import Records
from settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
BATCHES = 200
BATCH_SPANS = 500
CONNECTIONS = 4
RUNS = 3
"""Bursts to one server, one after the other; the median counts."""

LEAST = 10_000
PROMISED = 20_000
ACK_P99 = 0.250
VISIBLE = 5.0
_LONGEST = 120.0

NAMES = ("Acknowledged ingest", "Acknowledgement, p50 / p99", "All visible after the last one")


@dataclass(frozen=True)
class Burst:
    """One plan carried out: what the sender saw, and the seconds until a question saw it all."""

    posted: Posted
    visible: float


def run(folder: Path) -> list[Line]:
    """Bursts to a fresh server in `folder`. Raises DifferenceError when its count is wrong."""
    settings = stage.settings_for(folder, port=free_port())
    key, scope = settle(settings)
    plans = [
        Plan(url_of(settings), key, number * BATCHES, BATCHES, BATCH_SPANS, CONNECTIONS)
        for number in range(RUNS)
    ]
    connect(settings)
    with serving(settings):
        bursts = list(_bursts(scope, plans))
    return lines(bursts)


def lines(bursts: list[Burst]) -> list[Line]:
    """What the bursts show, each figure the median of theirs."""
    rate = median(burst.posted.spans / burst.posted.seconds for burst in bursts)
    p50 = median(burst.posted.p50 for burst in bursts)
    p99 = median(burst.posted.p99 for burst in bursts)
    visible = median(burst.visible for burst in bursts)
    ingest, ack, seen = NAMES
    return [
        Line(
            what=f"{ingest}, {BATCH_SPANS} spans a request, {CONNECTIONS} connections",
            ours=f"{rate:,.0f} spans/s",
            target=f"> {LEAST:,} (promised {PROMISED:,})",
            met="promise" if rate > PROMISED else table.verdict(rate > LEAST),
        ),
        Line(
            what=ack,
            ours=f"{table.milliseconds(p50)} / {table.milliseconds(p99)}",
            target=f"p99 < {table.milliseconds(ACK_P99)}",
            met=table.verdict(p99 < ACK_P99),
        ),
        Line(
            what=seen,
            ours=f"{visible:.1f} s",
            target=f"< {VISIBLE:g} s",
            met=table.verdict(visible < VISIBLE),
        ),
    ]


def settle(settings: Settings) -> tuple[str, Scope]:
    """An org in an empty data folder: its ingest key, and the scope of its member."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    records = Records(settings.records_database)
    try:
        stage.settle(records)
        key = issue(records, stage.ORG, "benchmark", None)
        return key.secret, scope_for(find_person_by_email(records, stage.PERSON), stage.ORG)
    finally:
        records.close()


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """The program itself, in a process of its own, as long as the block lasts."""
    log = (settings.data_dir / "server.log").open("wb")
    with (
        log,
        subprocess.Popen(
            [sys.executable, "-m", "app"],
            # not the project's folder, where an .env may be
            cwd=settings.data_dir,
            env=_environment(settings),
            stdout=log,
            stderr=log,
        ) as server,
    ):
        try:
            _wait_until_ready(url_of(settings), server)
            yield
        finally:
            server.terminate()


def url_of(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _bursts(scope: Scope, plans: list[Plan]) -> Iterator[Burst]:
    sent = 0
    for plan in plans:
        posted = load.post(plan)
        sent += posted.spans
        yield Burst(posted, _seconds_until(scope, sent))


def _seconds_until(scope: Scope, wanted: int) -> float:
    """Seconds until a question counts `wanted` spans."""
    started, now = time.perf_counter(), datetime.now(UTC)
    around = TimeRange(now - timedelta(hours=1), now + timedelta(hours=1))
    while True:
        spans = traces.count(scope, TraceFilters(around)).spans
        seconds = time.perf_counter() - started
        if spans == wanted:
            return seconds
        if spans > wanted or seconds > _LONGEST:
            raise DifferenceError(f"{wanted:,} spans were acknowledged and {spans:,} are counted.")
        time.sleep(0.1)


def _environment(settings: Settings) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return others | {
        "PYTHONPATH": str(ROOT),
        f"{PREFIX}DATA_DIR": str(settings.data_dir.resolve()),
        f"{PREFIX}PORT": str(settings.port),
        f"{PREFIX}DEMO": "off",
    }


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _LONGEST
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("The server did not become ready; see server.log in its folder.")
