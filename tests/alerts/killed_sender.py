"""A process of its own that sends what is in an outbox until it is killed."""

from __future__ import annotations

import sys
import time

from alerts.channels.ways import Ways
from alerts.outbox import Sender
from alerts.outward import Outward
from alerts.secrets import Vault
from records.store import Records


def main(url: str, key: str) -> None:
    ways = Ways(outward=Outward(allow_private=True, seconds=2.0))
    sender = Sender(Records(url), Vault(key), ways, jitter=lambda: 0.0)
    print("sending", flush=True)  # noqa: T201
    while True:
        sender.pump()
        time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
