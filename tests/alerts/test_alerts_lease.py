"""The lease: one holder at a time, a dead one replaced in five seconds, a lost one stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.lease import PATIENCE, Lease, LostLease
from records.store import Records

HOLDER = Path(__file__).with_name("lease_holder.py")
WITHIN = 5.0
"""Seconds after which a dead holder is replaced."""


class Seconds:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    made = Records(f"sqlite:///{tmp_path / 'records.sqlite'}")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


def test_the_first_takes_it_and_the_second_waits(records: Records, clock: Seconds) -> None:
    first, second = Lease(records, "x", "a", clock=clock), Lease(records, "x", "b", clock=clock)
    assert first.beat() == 1
    assert second.beat() is None
    clock.at += PATIENCE - 0.1
    assert second.beat() is None
    assert first.beat() == 1
    clock.at += PATIENCE - 0.1
    # the first has given a sign of life in between
    assert second.beat() is None


def test_a_silent_holder_is_replaced_and_cannot_write_any_more(
    records: Records, clock: Seconds
) -> None:
    first, second = Lease(records, "x", "a", clock=clock), Lease(records, "x", "b", clock=clock)
    first.beat()
    second.beat()
    clock.at += PATIENCE
    assert second.beat() == 2
    with pytest.raises(LostLease), records.session() as session:
        first.guard(session)
    assert first.beat() is None
    with records.session() as session:
        second.guard(session)


def test_of_many_that_find_it_abandoned_one_gets_it(records: Records, clock: Seconds) -> None:
    Lease(records, "x", "dead", clock=clock).beat()
    rivals = [Lease(records, "x", str(n), clock=clock) for n in range(8)]
    for rival in rivals:
        assert rival.beat() is None
    clock.at += PATIENCE
    threads = [threading.Thread(target=rival.beat) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [rival.token for rival in rivals if rival.token] == [2]


def test_what_is_released_is_taken_at_once(records: Records, clock: Seconds) -> None:
    first, second = Lease(records, "x", "a", clock=clock), Lease(records, "x", "b", clock=clock)
    first.beat()
    second.beat()
    first.release()
    assert second.beat() == 2


def test_a_killed_process_is_replaced_within_five_seconds(records: Records) -> None:
    with holder(records, "one") as one, holder(records, "two") as two:
        leader, other = _leader(one, two)
        leader.process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        _until(lambda: other.said)
        assert time.monotonic() - killed < WITHIN
        assert other.said[0] == "2"


@pytest.mark.slow
def test_a_process_that_slept_while_it_was_replaced_writes_nothing(records: Records) -> None:
    with holder(records, "one") as one, holder(records, "two") as two:
        leader, other = _leader(one, two)
        leader.process.send_signal(signal.SIGSTOP)
        _until(lambda: other.said)
        said = len(leader.said)
        leader.process.send_signal(signal.SIGCONT)
        before = len(other.said)
        _until(lambda: len(other.said) > before + 4)
        # it may say that it lost what it held, and never that it wrote
        assert set(leader.said[said + 1 :]) <= {"lost"}
        assert set(other.said) == {"2"}


class Holder:
    """A running lease_holder.py and the lines that it has said."""

    def __init__(self, records: Records, name: str) -> None:
        url = records.engine.url.render_as_string(hide_password=False)
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, str(HOLDER), url, name], stdout=subprocess.PIPE, text=True
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.strip())

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reading.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def holder(records: Records, name: str) -> Iterator[Holder]:
    made = Holder(records, name)
    try:
        yield made
    finally:
        made.end()


def _leader(one: Holder, two: Holder) -> tuple[Holder, Holder]:
    """The one that holds the lease, and the one that waits for it."""
    _until(lambda: one.said or two.said)
    return (one, two) if one.said else (two, one)


def _until(true: Callable[[], object], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
