"""Placing of the service map: layers from left to right, and circles of those who call each other.

The one idea: where nearly everybody calls everybody, there is no left and right, so these stand in
a circle that takes one place in the layers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from dashboards.parts.placing import Edge, Gaps, placed

ACROSS, DOWN = 176, 104
"""Pixels from a column to the next, and from a node to the one below."""

LEAST, MOST = 4, 36
"""How many nodes a circle has."""

DENSE = 2
"""Edges among its nodes, for each of them, from which a group stands in a circle."""

_UNITS = Gaps(across=1, down=1, tallest=9, widest=9)


def arranged(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, tuple[float, float]]:
    """x and y of every node, in pixels."""
    circle_of = _circles(nodes, edges)
    block = {node: circle_of.get(node, node) for node in nodes}
    between = [(block[a], block[b]) for a, b in edges if block[a] != block[b]]
    members: dict[str, list[str]] = {}
    for node in nodes:
        members.setdefault(block[node], []).append(node)
    middles = _middles(members, list(dict.fromkeys(between)))
    return {
        node: (middles[name][0] + dx, middles[name][1] + dy)
        for name, group in members.items()
        for node, (dx, dy) in zip(group, _around(len(group)), strict=True)
    }


def _middles(
    members: dict[str, list[str]], between: Sequence[Edge]
) -> dict[str, tuple[float, float]]:
    """Where the blocks stand: columns as wide as their widest block, blocks as high as they are."""
    columns: dict[float, list[tuple[float, str]]] = {}
    for name, (x, y) in placed(list(members), between, _UNITS).items():
        columns.setdefault(x, []).append((y, name))
    found: dict[str, tuple[float, float]] = {}
    left = 0.0
    for x in sorted(columns):
        names = [name for _, name in sorted(columns[x])]
        radii = [_radius(len(members[name])) for name in names]
        middle = left + max(radii)
        top = -sum(2 * radius + DOWN for radius in radii) / 2
        for name, radius in zip(names, radii, strict=True):
            found[name] = (middle, top + radius + DOWN / 2)
            top += 2 * radius + DOWN
        left = middle + max(radii) + ACROSS
    return found


def _radius(nodes: int) -> float:
    """Of the circle on which so many nodes stand apart; none of a node alone."""
    return 0.0 if nodes == 1 else max(nodes * 150 / (2 * math.pi), 130)


def _around(nodes: int) -> list[tuple[float, float]]:
    radius = _radius(nodes)
    turns = [2 * math.pi * i / nodes - math.pi / 2 for i in range(nodes)]
    return [(radius * math.cos(turn), radius * math.sin(turn)) for turn in turns]


def _circles(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, str]:
    """node → the first node of the group with which it stands in a circle."""
    found: dict[str, str] = {}
    for group in _mutual(nodes, edges):
        inner = sum(a in group and b in group for a, b in edges)
        if LEAST <= len(group) <= MOST and inner >= DENSE * len(group):
            first = next(node for node in nodes if node in group)
            found |= dict.fromkeys(group, first)
    return found


def _mutual(nodes: Sequence[str], edges: Sequence[Edge]) -> list[set[str]]:
    """Groups of nodes that reach each other: Kosaraju's two walks, without recursion."""
    takers: dict[str, list[str]] = {node: [] for node in nodes}
    givers: dict[str, list[str]] = {node: [] for node in nodes}
    for giver, taker in edges:
        takers[giver].append(taker)
        givers[taker].append(giver)
    seen: set[str] = set()
    order = [node for start in nodes for node in _left(start, takers, seen)]
    seen = set()
    groups = (set(_left(start, givers, seen)) for start in reversed(order))
    return [group for group in groups if group]


def _left(start: str, onward: dict[str, list[str]], seen: set[str]) -> list[str]:
    """Nodes reached from `start` for the first time, in the order in which a walk leaves them."""
    if start in seen:
        return []
    seen.add(start)
    found: list[str] = []
    path = [(start, iter(onward[start]))]
    while path:
        node, rest = path[-1]
        following = next((each for each in rest if each not in seen), None)
        if following is None:
            found.append(node)
            path.pop()
        else:
            seen.add(following)
            path.append((following, iter(onward[following])))
    return found
