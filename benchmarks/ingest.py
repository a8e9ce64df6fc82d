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
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
BATCHES = 1_000
"""Enough for several drains and a compaction: a short burst would end before the writer begins."""

PACED_BATCHES = 400
BATCH_SPANS = 500
CONNECTIONS = 4

LEAST = 10_000
PROMISED = 20_000
ACK_P99 = 0.250
VISIBLE = 5.0
_LONGEST = 120.0

FULL = f"Ingest at full speed, {BATCH_SPANS} spans a request, {CONNECTIONS} connections"
PACED = f"Ingest at {PROMISED:,} spans/s"
NAMES = (
    f"{FULL}: acknowledged",
    f"{FULL}: in the tables",
    f"{FULL}: acknowledgement, p50 / p99",
    f"{PACED}: acknowledgement, p50 / p99",
    f"{PACED}: all visible after the last one",
)


@dataclass(frozen=True)
class Ingested:
    """What the sender saw, and the seconds from its last request until a question saw it all."""

    posted: Posted
    visible: float

    @property
    def acknowledged(self) -> float:
        """Spans a second."""
        return self.posted.spans / self.posted.seconds

    @property
    def stored(self) -> float:
        """Spans a second that a question could see: what could go on for ever."""
        return self.posted.spans / (self.posted.seconds + self.visible)


def run(folder: Path) -> list[Line]:
    """Load on a fresh server in `folder`. Raises DifferenceError when its count is wrong."""
    settings = stage.settings_for(folder, port=free_port())
    key, scope = settle(settings)
    full = Plan(url_of(settings), key, 0, BATCHES, BATCH_SPANS, CONNECTIONS)
    paced = replace(full, first=BATCHES, batches=PACED_BATCHES, rate=PROMISED)
    connect(settings)
    with serving(settings):
        fast = _ingested(scope, full, earlier=0)
        steady = _ingested(scope, paced, earlier=full.spans)
    return lines(fast, steady)


def lines(fast: Ingested, steady: Ingested) -> list[Line]:
    """The figures beside what is promised of them."""
    rate, p99 = fast.acknowledged, steady.posted.p99
    acknowledged, stored, fast_acks, steady_acks, visible = NAMES
    return [
        Line(
            what=acknowledged,
            ours=f"{rate:,.0f} spans/s",
            target=f"> {LEAST:,} (promised {PROMISED:,}) spans/s",
            met="promise too" if rate > PROMISED else table.verdict(rate > LEAST),
        ),
        Line(what=stored, ours=f"{fast.stored:,.0f} spans/s"),
        Line(what=fast_acks, ours=_acks(fast.posted)),
        Line(
            what=steady_acks,
            ours=_acks(steady.posted),
            target=f"p99 < {table.milliseconds(ACK_P99)}",
            met=table.verdict(p99 < ACK_P99),
        ),
        Line(
            what=visible,
            ours=f"{steady.visible:.1f} s",
            target=f"< {VISIBLE:g} s",
            met=table.verdict(steady.visible < VISIBLE),
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


def _ingested(scope: Scope, plan: Plan, earlier: int) -> Ingested:
    """Carry out a plan on a server that took `earlier` spans before."""
    posted = load.post(plan)
    return Ingested(posted, _seconds_until(scope, earlier + posted.spans))


def _acks(posted: Posted) -> str:
    return f"{table.milliseconds(posted.p50)} / {table.milliseconds(posted.p99)}"


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
