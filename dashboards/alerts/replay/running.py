"""Running: replays that take longer than a request, each in a thread of its own.

The one idea: a replay is named by whose it is, its rule and its range, so asking again finds it;
one that nobody asks about any more stops.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import BoundedSemaphore, Event, Lock, Thread
from time import monotonic
from typing import Final

from access.scope import Scope
from alerts.trials import Trial, Watch
from dashboards import errors

AT_ONCE: Final = 2
KEPT_FOR: Final = 600.0
MOST_KEPT: Final = 24
ABANDONED_AFTER: Final = 20.0
"""Seconds without a question after which a replay is stopped."""

Key = tuple[Scope, str]
Run = Callable[[Watch], Trial]
"""Runs a trial and tells the watch of every instant, which may raise to stop it."""


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Nobody waits for this replay any more."""


@dataclass
class Running:
    """A replay on its way: from `began`, the first of its instants, to the one it `reached`."""

    asked: float
    began: datetime | None = None
    reached: datetime | None = None
    trial: Trial | None = None
    failure: str = ""
    _end: Event = field(default_factory=Event, repr=False)

    @property
    def done(self) -> bool:
        return self._end.is_set()

    def wait(self, seconds: float) -> bool:
        """Whether it is done within this time."""
        return self._end.wait(seconds)

    def finish(self, trial: Trial | None, failure: str = "") -> None:
        self.trial, self.failure = trial, failure
        self._end.set()


_running: dict[Key, Running] = {}
_lock = Lock()
_turns = BoundedSemaphore(AT_ONCE)


def ask(key: Key, run: Run) -> Running:
    """The replay of this name, begun if it was not."""
    now = monotonic()
    with _lock:
        _forget(now)
        found = _running.get(key)
        if found:
            found.asked = now
            return found
        begun = _running[key] = Running(now)
    context = contextvars.copy_context()
    Thread(target=context.run, args=(_work, key, begun, run), daemon=True, name="replay").start()
    return begun


def _work(key: Key, running: Running, run: Run) -> None:
    def watch(at: datetime) -> None:
        if monotonic() - running.asked > ABANDONED_AFTER:
            raise Stopped
        running.began = running.began or at
        running.reached = at

    with _turns:
        try:
            running.finish(run(watch))
        except Stopped:
            with _lock:
                _running.pop(key, None)
            running.finish(None, "The replay was stopped. Ask again.")
        except Exception as error:
            running.finish(None, errors.sentence(error))


def _forget(now: float) -> None:
    """Drop what is done and was not asked for lately, and the oldest of too many."""
    done = [(each.asked, key) for key, each in _running.items() if each.done]
    done.sort(key=lambda pair: pair[0])
    many = max(0, len(done) - MOST_KEPT)
    for place, (asked, key) in enumerate(done):
        if place < many or now - asked > KEPT_FOR:
            del _running[key]
