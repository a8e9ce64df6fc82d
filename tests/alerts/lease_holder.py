"""A process that wants the lease: says when it has it, and writes under it in every round.

Run as `python lease_holder.py URL NAME`; a line of its output is a token and whether it wrote.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from alerts.lease import BEAT_EVERY, Lease, LostLease
from records.store import Records


def main(url: str, name: str) -> None:
    records = Records(url)
    lease = Lease(records, "alerts", name)
    while True:
        token = lease.beat()
        if token is not None:
            try:
                with records.session() as session:
                    lease.guard(session)
                print(token, flush=True)  # noqa: T201
            except LostLease:
                print("lost", flush=True)  # noqa: T201
        time.sleep(BEAT_EVERY)


if __name__ == "__main__":
    main(*sys.argv[1:])
