"""A writing house that is meant to be killed: `python killed_house.py FOLDER`.

Two senders post numbered batches and note each acknowledgement in a file; writer and compaction
run beside them. After a start every sender goes on behind its last acknowledged batch, so the one
that was under way is sent again, as an exporter does.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from otlp_cast import DAY, NOON, span, traces  # noqa: E402
from writing_house import ACME, GLOBEX, House, build  # noqa: E402

from jobs import Job, Jobs  # noqa: E402
from telemetry import compaction  # noqa: E402

SPANS = 20
KEYS = {"acme": ACME, "globex": GLOBEX}


def span_ids(org: str, batch: int) -> list[int]:
    """Ids of the spans of a batch: no two batches share one."""
    first = batch * SPANS + 1 + (10**9 if org == "globex" else 0)
    return list(range(first, first + SPANS))


def acknowledged(folder: Path) -> Iterator[tuple[str, int]]:
    for org in KEYS:
        path = folder / f"acknowledged-{org}"
        if path.exists():
            # A line without its end was being written when the process died.
            lines = path.read_text().split("\n")[:-1]
            yield from ((org, int(line)) for line in lines)


def send(house: House, org: str) -> None:
    """Post batch after batch, each until it is acknowledged."""
    folder = house.settings.data_dir
    batch = max((number for who, number in acknowledged(folder) if who == org), default=-1) + 1
    log = os.open(folder / f"acknowledged-{org}", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while True:
        spans = [span(number, start=NOON + number % 2 * DAY) for number in span_ids(org, batch)]
        if house.post("/v1/traces", traces(*spans), key=KEYS[org]).status_code == 200:
            os.write(log, b"%d\n" % batch)
            batch += 1


def keep_compacting(house: House) -> None:
    while True:
        compaction.compact(house.settings, datetime.now(UTC), force=True)
        time.sleep(0.05)


def main(folder: Path) -> None:
    house = build(folder, drain_seconds=0.05, drain_items=200)
    loops = [
        threading.Thread(target=keep_compacting, args=(house,)),
        *(threading.Thread(target=send, args=(house, org)) for org in KEYS),
    ]
    Jobs([Job("drain", house.writer.drain_all, house.settings.drain_seconds)]).start()
    for loop in loops:
        loop.start()
    sys.stdout.write("running\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
