"""Pinned questions: a version of the table gives the same rows until retention removes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cast import NOW, World, span

from access.scope import Scope
from queries import traces
from queries.errors import Gone
from queries.filters import Page, TimeRange, TraceFilters
from telemetry import lake, pins

DAY = TimeRange(NOW - timedelta(days=1), NOW + timedelta(minutes=5))
LATER = datetime.now(UTC) + timedelta(days=30)


@pytest.fixture(autouse=True)
def _swept_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a commit removes goes with the next round of compaction, unless a pin holds it."""
    monkeypatch.setattr(lake, "KEEP_HOURS", 0)


@pytest.fixture
def filled(world: World) -> Iterator[World]:
    """Three files of acme, one of globex."""
    for number in range(3):
        world.send("acme", span(f"a{number}", number=number + 1, ago=60 - number))
    world.send("globex", span("turbine", trace=2))
    return world


def names(scope: Scope, version: int | None) -> list[str]:
    found = traces.search(scope, TraceFilters(DAY, version=version), Page(100))
    return [row["name"] for row in found.rows]


def files(world: World) -> list[Path]:
    return sorted((world.app.settings.lake_dir / "spans").rglob("*.parquet"))


def test_a_pinned_question_gives_the_same_rows_after_new_spans_and_compaction(
    filled: World,
) -> None:
    alice = filled.scope("alice")
    version = filled.app.reader.hold(alice, None, NOW)
    before = names(alice, version)
    assert before == ["a2", "a1", "a0"]
    held = files(filled)
    filled.send("acme", span("later", number=9, ago=1))
    filled.settle(compact=True)
    assert names(alice, None)[0] == "later"
    assert names(alice, version) == before
    # as another process would, or this one after a restart
    filled.app.reader._snapshots["spans"]._old.clear()
    assert names(alice, version) == before
    kept = [path for path in held if path.exists()]
    assert len(kept) == 3, "only the pinned org's files stay"


def test_without_a_pin_the_replaced_files_go_and_a_link_to_them_says_so(filled: World) -> None:
    alice = filled.scope("alice")
    version = filled.app.reader.versions()["spans"]
    assert names(alice, version) == ["a2", "a1", "a0"]
    filled.settle(compact=True)
    with pytest.raises(Gone, match=r"^The rows this link was pinned to are no longer kept\. Open"):
        names(alice, version)
    assert names(alice, None) == ["a2", "a1", "a0"]


def test_a_pin_ends_after_its_days_and_says_when(filled: World) -> None:
    alice = filled.scope("alice")
    made = datetime.now(UTC) - timedelta(days=filled.app.settings.pin_days, seconds=5)
    version = filled.app.reader.hold(alice, None, made)
    filled.settle(compact=True)
    today = f"{datetime.now(UTC):%-d %B %Y}"
    expected = rf"^The rows this link was pinned to were removed by retention on {today}\. Open it"
    with pytest.raises(Gone, match=expected):
        names(alice, version)
    assert len(files(filled)) == 2


def test_asking_for_it_again_holds_it_for_longer(filled: World) -> None:
    alice = filled.scope("alice")
    asked, folder = filled.app.reader, filled.app.settings.lake_dir
    version = asked.hold(alice, None, NOW - timedelta(days=10))
    assert asked.hold(alice, version, NOW) == version
    assert pins.end(folder, "spans", NOW - timedelta(days=1), NOW) == 0
    assert pins.end(folder, "spans", NOW + timedelta(days=1), NOW) == 1
    assert pins.held(folder, "spans") == set()


def test_a_version_of_the_log_needs_no_pin(filled: World) -> None:
    alice = filled.scope("alice")
    version = filled.app.reader.versions()["spans"]
    filled.send("acme", span("later", number=9, ago=1))
    assert names(alice, version) == ["a2", "a1", "a0"]
    assert names(alice, version - 2) == ["a1", "a0"]


@pytest.mark.parametrize("beyond", [1, 10**30])
def test_a_version_that_never_was_is_told(filled: World, beyond: int) -> None:
    version = filled.app.reader.versions()["spans"] + beyond
    with pytest.raises(Gone, match=r"^This link is pinned to a version that the table does not"):
        names(filled.scope("alice"), version)


def test_charlie_sees_globex_at_acmes_pinned_version(filled: World) -> None:
    version = filled.app.reader.hold(filled.scope("alice"), None, NOW)
    charlie = filled.scope("charlie")
    assert names(charlie, version) == ["turbine"]
    filled.send("globex", span("second", trace=2, number=2))
    filled.settle(compact=True)
    with pytest.raises(Gone):
        names(charlie, version)
    assert names(filled.scope("sam", "acme"), version) == ["a2", "a1", "a0"]


def test_staff_pin_all_orgs_and_a_member_reads_only_theirs(filled: World) -> None:
    sam = filled.scope("sam")
    version = filled.app.reader.hold(sam, None, NOW)
    before = names(sam, version)
    filled.settle(compact=True)
    assert names(sam, version) == before
    assert len(before) == 4
    assert names(filled.scope("charlie"), version) == ["turbine"]


def test_an_empty_table_cannot_be_pinned(world: World) -> None:
    assert world.app.reader.hold(world.scope("alice"), None, NOW) is None


def test_compaction_in_a_later_month_frees_the_disk(filled: World) -> None:
    alice = filled.scope("alice")
    filled.app.reader.hold(alice, None, NOW)
    filled.settle(compact=True)
    assert len(files(filled)) > 2
    folder = filled.app.settings.lake_dir
    pins.end(folder, "spans", LATER, LATER)
    filled.settle(compact=True)
    assert len(files(filled)) == 2
