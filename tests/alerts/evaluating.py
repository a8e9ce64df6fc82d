"""A process that evaluates alerts and sends them, until it is killed.

Run as `python evaluating.py URL NAME BEGIN FASTER`: its time of day is FASTER times as fast as the
real one and began at BEGIN, a monotonic moment, so that all of these processes have the same time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE), str(HERE.parent)]

from evaluator_cast import LAG, START, scattered  # noqa: E402

from alerts.evaluator import Evaluator  # noqa: E402
from alerts.lease import BEAT_EVERY, Lease  # noqa: E402
from jobs import Job, Jobs  # noqa: E402
from records.store import Records  # noqa: E402


def main(url: str, name: str, begin: float, faster: float) -> None:
    records = Records(url)
    lease = Lease(records, "alerts", name, patience=1.0)
    evaluator = Evaluator(
        records,
        lease,
        scattered,
        lag=LAG,
        clock=lambda: START + LAG + (time.monotonic() - begin) * faster * LAG / 15,
    )
    Jobs([Job("lease", lease.beat, BEAT_EVERY), Job("alerts", evaluator.turn, 0.05)]).start()
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
