"""Placing: where the nodes of a graph stand, givers to the left of takers.

A node's column is the longest way to it from a node that nobody gives work to; edges that would
lead back are left out of that. Inside a column, nodes stand near those they are tied to; a column
that would be too tall is cut into several.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ACROSS = 330
DOWN = 92
SWEEPS = 4

Edge = tuple[str, str]


@dataclass(frozen=True)
class Gaps:
    """Pixels from a column to the next, and from a node to the one below.

    Columns of more than `tallest` nodes are cut; a graph of more than `widest` columns is placed by
    the shortest ways instead.
    """

    across: float = ACROSS
    down: float = DOWN
    tallest: int = 10_000
    widest: int = 10_000


WIDE = Gaps()


def placed(
    nodes: Sequence[str], edges: Sequence[Edge], gaps: Gaps = WIDE
) -> dict[str, tuple[float, float]]:
    """x and y of every node, in pixels; the order of `nodes` decides where nothing else does."""
    forward = _forward(nodes, edges)
    columns = _columns(nodes, forward)
    if len(columns) > gaps.widest:
        columns = _columns(nodes, _shortest(nodes, forward))
    for _ in range(SWEEPS):
        _sweep(columns, forward)
    columns = [part for column in columns for part in _cut(column, gaps.tallest)]
    tallest = max(map(len, columns), default=0)
    return {
        node: (x * gaps.across, (y + (tallest - len(column)) / 2) * gaps.down)
        for x, column in enumerate(columns)
        for y, node in enumerate(column)
    }


def _cut(column: list[str], tallest: int) -> list[list[str]]:
    """The column in parts of almost the same height."""
    parts = -(-len(column) // tallest)
    return [column[len(column) * i // parts : len(column) * (i + 1) // parts] for i in range(parts)]


def _forward(nodes: Sequence[str], edges: Sequence[Edge]) -> list[Edge]:
    """The edges without those that close a cycle, walking from the first nodes on."""
    takers: dict[str, list[str]] = {node: [] for node in nodes}
    for giver, taker in edges:
        takers[giver].append(taker)
    found: list[Edge] = []
    open_, done = set[str](), set[str]()

    def visit(node: str) -> None:
        open_.add(node)
        for taker in takers[node]:
            if taker not in open_:
                found.append((node, taker))
                if taker not in done:
                    visit(taker)
        open_.discard(node)
        done.add(node)

    # as deep as there are nodes, which are few enough to be drawn
    for node in nodes:
        if node not in done:
            visit(node)
    return found


def _shortest(nodes: Sequence[str], forward: Sequence[Edge]) -> list[Edge]:
    """The edges by which each node is reached first, from those that nobody gives work to."""
    takers = _tied(forward)
    reached = {taker for _, taker in forward}
    queue = [node for node in nodes if node not in reached]
    reached = set(queue)
    found: list[Edge] = []
    for node in queue:
        for taker in takers[node]:
            if taker not in reached:
                reached.add(taker)
                found.append((node, taker))
                queue.append(taker)
    return found


def _columns(nodes: Sequence[str], forward: Sequence[Edge]) -> list[list[str]]:
    """Nodes by the longest way to them."""
    missing = dict.fromkeys(nodes, 0)
    for _, taker in forward:
        missing[taker] += 1
    takers = _tied(forward)
    column = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not missing[node]]
    for node in ready:
        for taker in takers[node]:
            column[taker] = max(column[taker], column[node] + 1)
            missing[taker] -= 1
            if not missing[taker]:
                ready.append(taker)
    found: list[list[str]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for node in nodes:
        found[column[node]].append(node)
    return found


def _sweep(columns: list[list[str]], forward: Sequence[Edge]) -> None:
    """Bring every node near the middle of its givers, and then of its takers."""
    takers = _tied(forward)
    givers = _tied([(taker, giver) for giver, taker in forward])
    for column in columns[1:]:
        _settle(column, columns, givers)
    for column in columns[-2::-1]:
        _settle(column, columns, takers)


def _tied(edges: Sequence[Edge]) -> dict[str, list[str]]:
    """Where edges lead from each node."""
    found: dict[str, list[str]] = defaultdict(list)
    for start, end in edges:
        found[start].append(end)
    return found


def _settle(
    column: list[str], columns: Iterable[list[str]], tied: Mapping[str, Sequence[str]]
) -> None:
    height = {node: y - (len(each) - 1) / 2 for each in columns for y, node in enumerate(each)}
    wish = dict.fromkeys(column, 0.0)
    for node in column:
        heights = [height[other] for other in tied.get(node, ())]
        wish[node] = sum(heights) / len(heights) if heights else height[node]
    column.sort(key=wish.__getitem__)
