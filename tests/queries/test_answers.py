"""Answers are computed once for all who ask the same, and kept only so far."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from cast import NOW, World, span

from queries import overview
from queries.answers import Answers
from queries.filters import TimeRange
from queries.reader import Reader


def test_those_who_ask_at_once_share_one_answer() -> None:
    kept: Answers[list[int]] = Answers()
    together, asked = threading.Barrier(8), []

    def answer() -> list[int]:
        asked.append(1)
        return [1]

    def ask() -> list[int]:
        together.wait(5)
        return kept.get("it", answer)

    with ThreadPoolExecutor(8) as pool:
        found = [done.result() for done in [pool.submit(ask) for _ in range(8)]]
    assert found == [[1]] * 8
    assert len(asked) == 1


def test_a_failure_is_not_kept() -> None:
    kept: Answers[list[int]] = Answers()
    with pytest.raises(ZeroDivisionError):
        kept.get("it", lambda: [1 // 0])
    assert kept.get("it", lambda: [2]) == [2]


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    kept: Answers[list[int]] = Answers(most_rows=5)
    kept.get("old", lambda: [1, 1])
    kept.get("used", lambda: [2, 2])
    kept.get("old", list)
    kept.get("new", lambda: [3, 3])
    assert kept.get("old", lambda: [9]) == [1, 1]
    assert kept.get("used", lambda: [9]) == [9]


def test_an_answer_too_long_to_keep_is_given_all_the_same() -> None:
    kept: Answers[list[int]] = Answers(most_rows=2)
    assert kept.get("it", lambda: [1, 2, 3]) == [1, 2, 3]
    assert kept.get("it", lambda: [4]) == [4]


def test_new_spans_are_in_the_next_answer_and_not_in_a_strangers(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world()
    range_ = TimeRange(NOW.replace(hour=0, minute=0), NOW.replace(hour=23, minute=59))
    world.send("acme", span("one"))
    world.settle()
    alice, charlie = world.scope("alice"), world.scope("charlie")
    assert overview.totals(alice, range_).one["spans"] == 1
    assert overview.totals(charlie, range_).one["spans"] == 0
    world.send("acme", span("two", number=2))
    world.settle()
    assert overview.totals(alice, range_).one["spans"] == 2
    asked: list[str] = []
    real = Reader._read
    monkeypatch.setattr(
        Reader, "_read", lambda self, *a, **k: (asked.append(a[1]), real(self, *a, **k))[1]
    )
    assert overview.totals(alice, range_).one["spans"] == 2
    assert overview.totals(charlie, range_).one["spans"] == 0
    assert asked == ["overview.totals"]  # charlie's, after acme's spans came
