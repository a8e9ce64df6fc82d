"""Kept: traces in memory, the ones looked at last, by whose data they are and at which version.

The one idea: the scope's orgs are part of the key, so that nobody is given what another may see.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from access.scope import Scope
from queries.tree import Trace

MOST_SPANS = 400_000
"""Spans that are kept, of all traces together."""

MOST_VERSIONS = 500
"""Versions that are known of the traces kept; a trace that did not change is kept once."""

_TURNS = 64

Key = tuple[frozenset[str], str, int]


@dataclass(frozen=True)
class Stored:
    """What the tables hold of a trace: how many spans, and when the last arrived, µs."""

    spans: int
    arrived: int


class Kept:
    """Traces that were read, the least recently asked for dropped first. Threads may share it."""

    def __init__(self, most_spans: int = MOST_SPANS) -> None:
        self._most_spans = most_spans
        self._traces: OrderedDict[Key, tuple[Trace, Stored]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = [threading.Lock() for _ in range(_TURNS)]

    def turn(self, scope: Scope, trace_id: str) -> threading.Lock:
        """To be held while a trace is read: a page asks for it in several requests at once."""
        return self._turns[hash((scope.orgs, trace_id)) % _TURNS]

    def at(self, scope: Scope, trace_id: str, version: int) -> Trace | None:
        """The trace at that version, if it is kept."""
        key = (scope.orgs, trace_id, version)
        with self._lock:
            if key not in self._traces:
                return None
            self._traces.move_to_end(key)
            return self._traces[key][0]

    def any_of(self, scope: Scope, trace_id: str) -> bool:
        """Whether the trace is kept at some version."""
        with self._lock:
            return self._latest(scope, trace_id) is not None

    def unchanged(self, scope: Scope, trace_id: str, version: int, now: Stored) -> Trace | None:
        """The trace kept last, if what is stored of it is the same `now`, at `version`."""
        with self._lock:
            key = self._latest(scope, trace_id)
            if key is None or self._traces[key][1] != now:
                return None
            self._traces[scope.orgs, trace_id, version] = self._traces[key]
            self._drop()
            return self._traces[scope.orgs, trace_id, version][0]

    def keep(self, scope: Scope, trace: Trace, version: int, stored: Stored) -> None:
        with self._lock:
            self._traces[scope.orgs, trace.trace_id, version] = (trace, stored)
            self._drop()

    def _latest(self, scope: Scope, trace_id: str) -> Key | None:
        versions = [key for key in self._traces if key[:2] == (scope.orgs, trace_id)]
        return max(versions, key=lambda key: key[2], default=None)

    def _drop(self) -> None:
        """Let go of the oldest until what is left fits; the newest stays, however large."""
        while len(self._traces) > 1 and (
            len(self._traces) > MOST_VERSIONS or self._held() > self._most_spans
        ):
            self._traces.popitem(last=False)

    def _held(self) -> int:
        return sum({id(trace): len(trace) for trace, _ in self._traces.values()}.values())
