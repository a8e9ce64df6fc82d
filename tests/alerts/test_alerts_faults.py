"""The fault run: evaluators are killed at random, and nothing is lost, doubled or out of order."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cast import World
from evaluator_cast import LAG, MINUTE, START, a_rule, channel, keep, replayed, scattered, written
from sqlalchemy import func, select

from access.scope import scope_of_org
from alerts.replay import replay
from records import alerts as tables

PROCESS = Path(__file__).with_name("evaluating.py")
KILLS = 12
RULES = 6
FASTER = 180.0
"""Seconds of the rules that pass in a second of the run."""


@pytest.mark.slow
def test_evaluators_killed_at_random_lose_no_notice_and_tell_none_twice(world: World) -> None:
    records = world.app.records
    ops = channel(records)
    rules = [
        a_rule(f"rule {n}", channels=(ops,), for_=n % 3 * MINUTE, no_data=mode)
        for n, mode in enumerate(["alert", "ok", "keep"] * (RULES // 3))
    ]
    keep(records, *rules)
    chance = random.Random(20260310)
    url = records.engine.url.render_as_string(hide_password=False)
    begin, names = time.monotonic(), iter(range(1_000))

    def started() -> subprocess.Popen[bytes]:
        arguments = [url, str(next(names)), str(begin), str(FASTER)]
        return subprocess.Popen([sys.executable, str(PROCESS), *arguments])

    running = [started(), started()]
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.3, 3.0))
        victim = chance.randrange(len(running))
        running[victim].kill()
        running[victim].wait()
        running[victim] = started()
    reached = START + (time.monotonic() - begin) * FASTER * LAG / 15
    _wait_until(world, len(rules), reached)
    for process in running:
        process.kill()
        process.wait()

    told = 0
    for rule in rules:
        live = written(records, rule)
        first = min(run.first_at for run in live.evaluations)
        last = max(run.last_at for run in live.evaluations)
        again = replay(scope_of_org("acme"), rule, first, last + MINUTE, measure=scattered, lag=LAG)
        assert again.instants == (last - first) // MINUTE + 1
        assert live == replayed(again)
        told += len(again.notices)
        with records.reading() as session:
            table = tables.AlertNotification
            sent = session.execute(
                select(table.incident_id, table.kind, table.payload["at"].as_string()).where(
                    table.rule_id == rule.id
                )
            ).all()
        expected = [(n.incident_id, n.kind, n.at.isoformat()) for n in again.notices]
        assert sorted(sent) == sorted(expected)
    assert told > KILLS
    with records.reading() as session:
        assert (session.scalar(select(tables.Lease.token)) or 0) > 1


def _wait_until(world: World, rules: int, reached: object) -> None:
    """Until every rule is evaluated up to what had come when the last process was killed."""
    deadline = time.monotonic() + 60
    table = tables.AlertState
    done = select(func.count(table.rule_id.distinct())).where(table.evaluated_at >= reached)
    while True:
        with world.app.records.reading() as session:
            if (session.scalar(done) or 0) >= rules:
                return
        assert time.monotonic() < deadline, "the evaluators never caught up"
        time.sleep(0.2)
