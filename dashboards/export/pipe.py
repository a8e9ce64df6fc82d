"""Pipes: what one thread makes and another takes, a few pieces ahead and no further.

The one idea: the making thread gives way to everybody else, and ends when nobody takes any more.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from typing import Final, Generic, TypeVar

Piece = TypeVar("Piece")

AHEAD: Final = 2
"""Pieces that wait to be taken."""

NICENESS: Final = 10
"""How far a making thread stands back on a busy machine; its own threads inherit it."""

LOOK_SECONDS: Final = 0.2
JOIN_SECONDS: Final = 10.0


class _End:
    """The last thing in a pipe, with what went wrong."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Pipe(Generic[Piece]):
    """Pieces of an iterator that runs in a thread of its own; errors come out where it is read."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Iterator[Piece]],
        interrupt: Callable[[], None] = lambda: None,
    ) -> None:
        self._queue: Queue[Piece | _End] = Queue(AHEAD)
        self._closed = threading.Event()
        self._make = make
        self._interrupt = interrupt
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Piece]:
        while not self._closed.is_set():
            with contextlib.suppress(Empty):
                piece = self._queue.get(timeout=LOOK_SECONDS)
                if isinstance(piece, _End):
                    if piece.error:
                        raise piece.error
                    return
                yield piece

    def stop(self) -> None:
        """Give out nothing more; whoever reads it comes to an end."""
        self._closed.set()

    def close(self) -> None:
        """End the thread; what it made and nobody took is dropped."""
        self._closed.set()
        deadline = time.monotonic() + JOIN_SECONDS
        while self._thread.is_alive() and time.monotonic() < deadline:
            # again and again, because it only stops a question that has begun
            self._interrupt()
            self._thread.join(LOOK_SECONDS)

    def _run(self) -> None:
        _stand_back()
        pieces = self._make()
        try:
            for piece in pieces:
                if not self._put(piece):
                    return
            self._put(_End(None))
        except BaseException as error:
            self._put(_End(error))
        finally:
            if hasattr(pieces, "close"):
                pieces.close()

    def _put(self, piece: Piece | _End) -> bool:
        """Wait until there is room; False when nobody takes any more."""
        while not self._closed.is_set():
            with contextlib.suppress(Full):
                self._queue.put(piece, timeout=LOOK_SECONDS)
                return True
        return False


def _stand_back() -> None:
    """Linux knows a priority for each thread; elsewhere all are equal."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
