"""The spool: one durable commit a request, and what it tells about itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from telemetry.errors import SpoolError
from telemetry.spool import Batch, Spool


def batch(number: int = 1, items: int = 10) -> Batch:
    return Batch("acme", "traces", b"body %d" % number * 100, items, 1_000_000 + number)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "spool.sqlite"


def filled(path: Path, count: int) -> Spool:
    spool = Spool(path)
    for number in range(1, count + 1):
        assert spool.put(batch(number), b"%d" % number)
    return spool


def test_it_gives_back_what_was_put_in_order(path: Path) -> None:
    spool = filled(path, 3)
    found = spool.peek(100)
    assert [stored.seq for stored in found] == [1, 2, 3]
    assert [stored.body for stored in found] == [batch(n).body for n in (1, 2, 3)]
    assert (found[0].org, found[0].signal, found[0].items) == ("acme", "traces", 10)


@pytest.mark.parametrize(("most", "count"), [(1, 1), (10, 1), (11, 2), (20, 2), (1000, 5)])
def test_it_gives_about_as_many_items_as_wanted(path: Path, most: int, count: int) -> None:
    assert len(filled(path, 5).peek(most)) == count


def test_a_digest_is_taken_once_even_after_it_was_drained(path: Path) -> None:
    spool = filled(path, 1)
    assert not spool.put(batch(7), b"1")
    spool.delete_up_to(1)
    assert not spool.put(batch(7), b"1")
    assert spool.peek() == []
    spool.close()
    assert not Spool(path).put(batch(7), b"1")


def test_old_digests_are_forgotten_after_a_day(path: Path) -> None:
    spool = Spool(path)
    now = time.time_ns() // 1000
    for hours in (30, 25, 1):
        long_ago = Batch("acme", "traces", b"x", 1, now - hours * 3_600_000_000)
        spool.put(long_ago, b"%d" % hours)
    spool.delete_up_to(3)
    assert [spool.put(batch(), b"%d" % hours) for hours in (30, 25, 1)] == [True, False, False]


def test_it_knows_what_waits(path: Path) -> None:
    spool = filled(path, 3)
    depth = spool.depth()
    assert (depth.batches, depth.items, depth.oldest_us) == (3, 30, 1_000_001)
    assert depth.size == spool.size > 0
    spool.delete_up_to(2)
    assert (spool.depth().batches, spool.items) == (1, 10)
    spool.close()
    reopened = Spool(path)
    assert (reopened.items, reopened.size) == (spool.items, spool.size)
    reopened.delete_up_to(3)
    assert (reopened.items, reopened.size) == (0, 0)


def test_numbers_are_never_used_again(path: Path) -> None:
    spool = filled(path, 3)
    spool.delete_up_to(3)
    spool.put(batch(), b"new")
    assert spool.peek()[0].seq == 4


def test_a_new_file_has_a_new_name(path: Path) -> None:
    first = Spool(path)
    first.close()
    assert Spool(path).id == first.id
    assert Spool(path.with_name("other.sqlite")).id != first.id


def test_a_batch_set_aside_holds_up_nothing_and_is_kept(path: Path) -> None:
    spool = filled(path, 2)
    spool.set_aside(1, "cannot be read")
    assert [stored.seq for stored in spool.peek(100)] == [2]
    assert spool.depth().set_aside == 1
    assert spool.items == 10


def test_many_threads_may_use_it(path: Path) -> None:
    spool = Spool(path)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: spool.put(batch(n % 50), b"%d" % (n % 50)), range(200)))
    assert taken.count(True) == 50
    assert spool.depth().items == spool.items == 500


def test_a_full_disk_is_an_error_of_ours(path: Path) -> None:
    spool = filled(path, 1)
    spool._db.execute("pragma max_page_count = 1")
    noise = Batch("acme", "traces", os.urandom(500_000), 1, 0)
    with pytest.raises(SpoolError, match="cannot be used"):
        spool.put(noise, b"noise")
    assert spool.depth().batches == 1
    spool._db.execute("pragma max_page_count = 100000")
    assert spool.put(noise, b"noise")


def test_a_closed_spool_says_what_is_the_trouble(path: Path) -> None:
    spool = Spool(path)
    assert spool.trouble() is None
    spool.close()
    assert "spool" in str(spool.trouble())


def test_what_was_put_survives_a_kill(path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; "
        "from telemetry.spool import Batch, Spool; spool = Spool(Path(sys.argv[1])); "
        "spool.put(Batch('acme', 'traces', b'x', 1, 1), b'1'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script, str(path)], cwd=root, check=False)
    assert Spool(path).peek()[0].body == b"x"
