"""Turns: of what one person asks again and again, only the newest is worked on.

The one idea: while somebody types, every answer but the last is unwanted; the walk over the past
looks up at each instant and leaves when it has been overtaken.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from dash.exceptions import PreventUpdate

from alerts.trials import Watch

_newest: dict[tuple[str, str], object] = {}
_lock = Lock()


@contextmanager
def taken(person_id: str, what: str) -> Iterator[Watch]:
    """A turn of this person at `what`; its watch raises PreventUpdate once there is a newer one."""
    key, turn = (person_id, what), object()
    with _lock:
        _newest[key] = turn

    def watch(at: datetime) -> None:
        if _newest.get(key) is not turn:
            raise PreventUpdate

    try:
        yield watch
    finally:
        with _lock:
            if _newest.get(key) is turn:
                del _newest[key]
