"""Calls: who called a span. Like the drawn parent, except for the two halves of one call, which
share an id and are drawn side by side: here the server's half is called by the client's.
"""

from __future__ import annotations

from collections.abc import Iterator

from queries.tree import NO_PARENT, Trace


def callers(trace: Trace) -> list[int]:
    """The caller of every span by index, NO_PARENT for a root."""
    found = list(trace.parent)
    for client, server in _halves(trace):
        found[server] = client
    return found


def called_by(callers: list[int]) -> list[list[int]]:
    """The other way round: the spans that each span called, in pre-order."""
    called: list[list[int]] = [[] for _ in callers]
    for index, caller in enumerate(callers):
        if caller != NO_PARENT:
            called[caller].append(index)
    return called


def main_root(trace: Trace) -> int:
    """The root that the trace is about: the longest that is not there for want of a parent."""
    durations = trace.columns["duration_ns"]
    roots = [i for i, parent in enumerate(trace.parent) if parent == NO_PARENT]
    whole = [i for i in roots if not trace.orphan[i] and not trace.cyclic[i]]
    return max(whole or roots, key=lambda i: durations[i] or 0, default=NO_PARENT)


def _halves(trace: Trace) -> Iterator[tuple[int, int]]:
    """Client and server half of every call whose halves share an id."""
    ids, kinds, sizes = trace.columns["span_id"], trace.columns["kind"], trace.size
    for index in range(len(trace)):
        beside = index + sizes[index]
        if beside == len(trace) or ids[index] != ids[beside]:
            continue
        if (kinds[index], kinds[beside]) == ("client", "server"):
            yield index, beside
