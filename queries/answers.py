"""Answers: those given last, for panels of one page that ask the same at the same moment.

The one idea: the key names whose data, the question with all its parameters and the versions of
the tables, so that an answer is the same whoever computes it, and nothing has to be forgotten.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from typing import Generic, TypeVar

MOST_ROWS = 20_000
"""Rows that are kept, of all answers together."""

MOST_ANSWERS = 200

_TURNS = 64


A = TypeVar("A", bound=Sized)


class Answers(Generic[A]):
    """Answers by key, the least recently asked for dropped first. Threads may share it."""

    def __init__(self, most_rows: int = MOST_ROWS, most: int = MOST_ANSWERS) -> None:
        self._most_rows = most_rows
        self._most = most
        self._kept: OrderedDict[Hashable, A] = OrderedDict()
        self._rows = 0
        self._lock = threading.Lock()
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    def get(self, key: Hashable, ask: Callable[[], A]) -> A:
        """The answer of `key`; who asks first computes it, and those who ask meanwhile wait."""
        found = self._find(key)
        if found is not None:
            return found
        with self._turns[hash(key) % _TURNS]:
            found = self._find(key)
            if found is None:
                found = ask()
                self._keep(key, found)
            return found

    def _find(self, key: Hashable) -> A | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Hashable, answer: A) -> None:
        with self._lock:
            self._kept[key] = answer
            self._rows += len(answer)
            while len(self._kept) > self._most or self._rows > self._most_rows:
                _, dropped = self._kept.popitem(last=False)
                self._rows -= len(dropped)
