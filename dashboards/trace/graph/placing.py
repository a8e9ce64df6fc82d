"""Placing: where the nodes of a graph stand, givers to the left of takers.

A node's column is the longest way to it from a node that nobody gives work to; edges that would
lead back are left out of that. Inside a column, nodes stand near those they are tied to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ACROSS = 330
DOWN = 92
SWEEPS = 4

Edge = tuple[str, str]


def placed(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, tuple[float, float]]:
    """x and y of every node, in pixels; the order of `nodes` decides where nothing else does."""
    forward = _forward(nodes, edges)
    columns = _columns(nodes, forward)
    for _ in range(SWEEPS):
        _sweep(columns, forward)
    tallest = max(map(len, columns), default=0)
    return {
        node: (x * ACROSS, (y + (tallest - len(column)) / 2) * DOWN)
        for x, column in enumerate(columns)
        for y, node in enumerate(column)
    }


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


def _columns(nodes: Sequence[str], forward: Sequence[Edge]) -> list[list[str]]:
    """Nodes by the longest way to them."""
    missing = dict.fromkeys(nodes, 0)
    for _, taker in forward:
        missing[taker] += 1
    column = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not missing[node]]
    for node in ready:
        for giver, taker in forward:
            if giver == node:
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
    for column in columns[1:]:
        _settle(column, columns, forward)
    turned = [(taker, giver) for giver, taker in forward]
    for column in columns[-2::-1]:
        _settle(column, columns, turned)


def _settle(column: list[str], columns: Iterable[list[str]], edges: Sequence[Edge]) -> None:
    height = {node: y - (len(each) - 1) / 2 for each in columns for y, node in enumerate(each)}
    wish = dict.fromkeys(column, 0.0)
    for node in column:
        tied = [height[giver] for giver, taker in edges if taker == node]
        wish[node] = sum(tied) / len(tied) if tied else height[node]
    column.sort(key=wish.__getitem__)
