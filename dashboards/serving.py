"""Serving: waitress in a thread of its own, and an end to it that leaves nothing behind."""

from __future__ import annotations

import logging
from threading import Thread
from typing import Any

import waitress
from flask import Flask
from waitress import wasyncore
from waitress.trigger import trigger

STOP_SECONDS = 10.0

log = logging.getLogger(__name__)


class Web:
    """A web server on `host` and `port`, 0 for a free one. Raises OSError when it is taken."""

    def __init__(self, server: Flask, host: str, port: int, threads: int = 8, **more: Any) -> None:
        self._sockets: dict[int, Any] = {}
        self._server: Any = waitress.create_server(
            server, map=self._sockets, host=host, port=port, threads=threads, ident=None, **more
        )
        self._thread = Thread(target=self._server.run, name="web", daemon=True)
        ports = [s.effective_port for s in self._sockets.values() if hasattr(s, "effective_port")]
        self.url = f"http://{host}:{ports[0]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests in hand, drop those that wait, close every socket.

        Sockets are closed when no thread is left that could use them: waitress's threads wake each
        other by writing to a file descriptor, which must not be another file's by then.
        """
        workers = self._server.task_dispatcher
        workers.shutdown(cancel_pending=True, timeout=STOP_SECONDS)
        if workers.threads:
            log.warning("%d requests did not end in time", len(workers.threads))
            return
        open_sockets = dict(self._sockets)
        wake = next(s for s in open_sockets.values() if isinstance(s, trigger))

        def end() -> None:
            """Run by the loop, which ends when it has nothing left to listen to."""
            open_sockets.update(self._sockets)
            self._sockets.clear()

        wake.pull_trigger(end)
        self._thread.join(STOP_SECONDS)
        if not self._thread.is_alive():
            wasyncore.close_all(open_sockets)
