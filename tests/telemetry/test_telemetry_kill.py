"""Killed at any moment, the writing house loses nothing acknowledged and doubles nothing."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import killed_house
import pytest
from writing_house import build

KILLS = 11
HOUSES = 2


def kill_often(folder: Path, seed: int) -> None:
    """Start a house and kill it after a random moment, again and again."""
    folder.mkdir()
    moments = random.Random(seed)
    script = str(Path(killed_house.__file__))
    for _ in range(KILLS):
        command = [sys.executable, script, str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "running\n"
            try:
                process.wait(moments.uniform(0.05, 0.7))
                pytest.fail("the house ended by itself")
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.mark.slow
def test_every_acknowledged_span_is_there_once_after_many_kills(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(HOUSES)]
    with ThreadPoolExecutor(HOUSES) as pool:
        list(pool.map(kill_often, folders, range(HOUSES)))
    for folder in folders:
        check(folder)


def check(folder: Path) -> None:
    acknowledged = {
        number
        for org, batch in killed_house.acknowledged(folder)
        for number in killed_house.span_ids(org, batch)
    }
    house = build(folder)
    stored = Counter(int.from_bytes(row["span_id"]) for row in house.rows())
    assert len(acknowledged) > 1000
    assert acknowledged - stored.keys() == set(), "lost"
    assert [number for number, times in stored.items() if times > 1] == [], "doubled"
    assert len(stored) - len(acknowledged) <= KILLS * 2 * killed_house.SPANS
    assert house.spool.depth().set_aside == 0
    house.compact()
    assert Counter(int.from_bytes(row["span_id"]) for row in house.rows()) == stored
    house.spool.close()
