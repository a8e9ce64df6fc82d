"""The loop of jobs: each keeps its own time, a failure is no end, a stop waits for what runs."""

from __future__ import annotations

import logging
import threading
import time

import pytest

from jobs import Job, Jobs

PATIENCE = 10.0


def test_a_job_runs_again_and_again_until_it_is_stopped() -> None:
    ran = threading.Semaphore(0)
    jobs = Jobs([Job("often", ran.release, 0.01)])
    jobs.start()
    for _ in range(5):
        assert ran.acquire(timeout=PATIENCE)
    jobs.stop()
    while ran.acquire(blocking=False):
        pass
    time.sleep(0.1)
    assert not ran.acquire(blocking=False)


def test_a_job_that_fails_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    tried = threading.Semaphore(0)

    def fail() -> None:
        tried.release()
        raise OSError("no room")

    jobs = Jobs([Job("failing", fail, 0.01)])
    with caplog.at_level(logging.ERROR):
        jobs.start()
        assert tried.acquire(timeout=PATIENCE)
        assert tried.acquire(timeout=PATIENCE)
        jobs.stop()
    assert "job failing failed" in caplog.text


def test_a_long_job_delays_no_other() -> None:
    release, ran = threading.Event(), threading.Semaphore(0)
    jobs = Jobs([Job("long", release.wait, 0.01), Job("short", ran.release, 0.01)])
    jobs.start()
    for _ in range(5):
        assert ran.acquire(timeout=PATIENCE)
    release.set()
    jobs.stop()


def test_a_stop_waits_for_the_job_in_hand() -> None:
    begun, done = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        time.sleep(0.3)
        done.set()

    jobs = Jobs([Job("slow", work, 60)])
    jobs.start()
    assert begun.wait(PATIENCE)
    jobs.stop()
    assert done.is_set()
