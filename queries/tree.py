"""The tree of a trace: every stored span exactly once, whatever the parents claim.

The one idea: a span hangs below its parent if the parent is there and no cycle comes of it; all
others are roots of their own. Rows come in pre-order, siblings by start; the client's and the
server's half of one call, which share an id, stand side by side.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from queries.reader import Row


@dataclass(frozen=True)
class Node:
    """A span and where it stands: `depth` from 1, `orphan` when its parent is not in the trace,
    `cyclic` when following its parents never ends. Offsets and self time are ns."""

    span: Row
    depth: int
    children: int
    offset_ns: int
    self_ns: int | None
    orphan: bool = False
    cyclic: bool = False


def pre_order(spans: list[Row]) -> list[Node]:
    """The spans of one trace in pre-order. Needs start_unix_ns, duration_ns, kind and the ids."""
    halves = _halves(spans)
    parents = [_parent(span, index, halves) for index, span in enumerate(spans)]
    _cut_cycles(parents, spans)
    children: dict[int | None, list[int]] = defaultdict(list)
    begun = {name: min(spans[i]["start_unix_ns"] for i in same) for name, same in halves.items()}
    for index in sorted(range(len(spans)), key=lambda i: _siblings(spans[i], begun)):
        children[parents[index]].append(index)
    origin = min((s["start_unix_ns"] for s in spans if s["start_unix_ns"]), default=0)
    nodes = []
    waiting = [(index, 1) for index in reversed(children[None])]
    while waiting:
        index, depth = waiting.pop()
        span = spans[index]
        below = children[index]
        nodes.append(
            Node(
                span=span,
                depth=depth,
                children=len(below),
                offset_ns=span["start_unix_ns"] - origin if span["start_unix_ns"] else 0,
                self_ns=_self_ns(span, [spans[child] for child in below]),
                orphan=bool(span["parent_span_id"]) and span["parent_span_id"] not in halves,
                cyclic=parents[index] is None and span["parent_span_id"] in halves,
            )
        )
        waiting.extend((child, depth + 1) for child in reversed(below))
    return nodes


def _halves(spans: list[Row]) -> dict[str, list[int]]:
    """For each span id its spans, the server's half of a call first: it made the children."""
    halves: dict[str, list[int]] = defaultdict(list)
    for index, span in enumerate(spans):
        halves[span["span_id"]].append(index)
    for same in halves.values():
        same.sort(key=lambda i: spans[i]["kind"] != "server")
    return dict(halves)


def _parent(span: Row, index: int, halves: dict[str, list[int]]) -> int | None:
    """The parent's index; a span is never its own parent."""
    return next((i for i in halves.get(span["parent_span_id"] or "", ()) if i != index), None)


def _order(span: Row) -> tuple[int, str, str]:
    return span["start_unix_ns"], span["span_id"], span["kind"] or ""


def _siblings(span: Row, begun: dict[str, int]) -> tuple[int, str, str, int]:
    """By start; halves of a call together, the client's first, though clocks of hosts differ."""
    name = span["span_id"]
    return begun[name], name, span["kind"] or "", span["start_unix_ns"]


def _cut_cycles(parents: list[int | None], spans: list[Row]) -> None:
    """Make the earliest span of every cycle a root."""
    done: set[int] = set()
    for start in range(len(parents)):
        path: dict[int, None] = {}
        at: int | None = start
        while at is not None and at not in done and at not in path:
            path[at] = None
            at = parents[at]
        if at is not None and at in path:
            loop = list(path)[list(path).index(at) :]
            parents[min(loop, key=lambda i: _order(spans[i]))] = None
        done.update(path)


def _self_ns(span: Row, children: list[Row]) -> int | None:
    """Duration not covered by any child, ns; overlapping children count once."""
    if span["duration_ns"] is None or span["duration_ns"] < 0:
        return None
    start, end = span["start_unix_ns"], span["start_unix_ns"] + span["duration_ns"]
    covered, reached = 0, start
    for child in sorted(children, key=lambda c: c["start_unix_ns"]):
        begins = max(child["start_unix_ns"], reached)
        ends = min(child["start_unix_ns"] + max(child["duration_ns"] or 0, 0), end)
        if ends > begins:
            covered += ends - begins
            reached = ends
    return int(end - start - covered)
