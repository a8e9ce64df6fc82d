"""A progress bar for the console, with the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TextIO

Progress = Callable[[int, int], None]
"""Called with the spans that are done and the spans that are wanted."""

WIDTH: Final = 24
REDRAW_SECONDS: Final = 0.1
PLAIN_STEP: Final = 10
"""Per cent between two lines where there is no terminal to redraw one."""


class Bar:
    """One line that grows on a terminal, a line for every tenth elsewhere."""

    def __init__(
        self, title: str, stream: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._title = title
        self._stream = stream
        self._clock = clock
        self._redraws = stream.isatty()
        self._began = clock()
        self._drawn = self._began - REDRAW_SECONDS
        self._percent = -PLAIN_STEP

    def __call__(self, done: int, wanted: int) -> None:
        """Show that `done` of `wanted` are done."""
        share = min(1.0, done / wanted) if wanted else 1.0
        if self._is_due(share):
            text = self._text(share)
            self._stream.write(f"\r{text}\x1b[K" if self._redraws else f"{text}\n")
            self._stream.flush()

    def close(self, sentence: str = "") -> None:
        """End the line; `sentence` says how it went."""
        if self._redraws:
            self._stream.write("\r\x1b[K")
        if sentence:
            self._stream.write(f"{sentence}\n")
        self._stream.flush()

    def _is_due(self, share: float) -> bool:
        if self._redraws:
            due = share >= 1 or self._clock() - self._drawn >= REDRAW_SECONDS
            self._drawn = self._clock() if due else self._drawn
            return due
        percent = int(share * 100) // PLAIN_STEP * PLAIN_STEP
        due = percent > self._percent
        self._percent = max(percent, self._percent)
        return due

    def _text(self, share: float) -> str:
        percent = f"{int(share * 100):3} %"
        left = _left(self._clock() - self._began, share)
        if not self._redraws:
            return f"{self._title} {percent}  {left}".rstrip()
        full = round(share * WIDTH)
        return f"{self._title}  {'█' * full}{'░' * (WIDTH - full)} {percent}  {left}".rstrip()


def _left(spent: float, share: float) -> str:
    """The time left, once there is something to tell it from."""
    if share >= 1:
        return ""
    if spent < 1 or share < 0.01:
        return "reckoning the time left"
    seconds = spent / share * (1 - share)
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    return f"about {round(seconds / 60)} min left"
