"""Flame graph: where the time of a trace went, by the path of names that led there.

The one idea: spans of one service and name below the same path are one frame, and a frame is as
wide as the self times in it and below it, so children never exceed their parent. Work done side by
side adds up: the whole may be wider than the trace was long.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

from queries.operations import operations
from queries.tree import NO_PARENT, Trace

MOST = 1_500
"""Frames that one drawing holds, the widest."""

LEAST = 0.001
"""Share of the drawing's width below which frames are put together."""


@dataclass(frozen=True)
class Frame:
    """A box of the drawing. `left` and `value` are in the drawing's unit; `level` counts from 0.

    `span` is the first of its spans, by index, and names the frame in links. A frame of `merged`
    others stands for the narrow ones beside it and has no name of its own.
    """

    service: str
    name: str
    level: int
    left: int
    value: int
    own: int
    count: int
    errors: int
    span: int
    merged: int = 0


@dataclass(frozen=True)
class Flame:
    """Frames from the top, those above the zoomed one first as `crumbs`. `by_count` is true where
    no span took any time, and the widths are numbers of spans."""

    frames: list[Frame]
    crumbs: list[Frame] = field(default_factory=list)
    whole: int = 0
    by_count: bool = False


def flame(trace: Trace, zoom: int | None = None) -> Flame:
    """The flame graph, or what is below the frame of the span `zoom`."""
    paths = _Paths(trace)
    by_count = not any(paths.value)
    if by_count:
        paths.weigh([1] * len(trace))
    chosen = [] if zoom is None else paths.above(paths.of[zoom])
    root = chosen[-1] if chosen else None
    return Flame(
        frames=paths.drawn(root),
        crumbs=[paths.frame(path, 0, 0) for path in chosen],
        whole=sum(paths.value[path] for path in paths.roots),
        by_count=by_count,
    )


class _Paths:
    """The tree of paths: parallel lists, a number names a path."""

    def __init__(self, trace: Trace) -> None:
        self._names = operations(trace)
        self.of: list[int] = []
        self._first: list[int] = []
        self._parent: list[int] = []
        self._below: list[list[int]] = []
        self.roots: list[int] = []
        self._find(trace.parent)
        self._count = [0] * len(self._first)
        self._errors = [0] * len(self._first)
        for path, status in zip(self.of, trace.columns["status"], strict=True):
            self._count[path] += 1
            self._errors[path] += status == "error"
        self.weigh([own or 0 for own in trace.self_ns])

    def _find(self, parents: Sequence[int]) -> None:
        known: dict[tuple[int, tuple[str, str]], int] = {}
        for index, name in enumerate(self._names):
            above = self.of[parents[index]] if parents[index] != NO_PARENT else NO_PARENT
            path = known.setdefault((above, name), len(self._first))
            if path == len(self._first):
                self._first.append(index)
                self._parent.append(above)
                self._below.append([])
                (self.roots if above == NO_PARENT else self._below[above]).append(path)
            self.of.append(path)

    def weigh(self, own: Sequence[int]) -> None:
        """Sum up what each span weighs, from the leaves: a path comes after those above it."""
        self._own = [0] * len(self._first)
        for path, weight in zip(self.of, own, strict=True):
            self._own[path] += weight
        self.value = list(self._own)
        for path in reversed(range(len(self.value))):
            if self._parent[path] != NO_PARENT:
                self.value[self._parent[path]] += self.value[path]

    def above(self, path: int) -> list[int]:
        """The path and those above it, from the top."""
        found = [path]
        while self._parent[found[-1]] != NO_PARENT:
            found.append(self._parent[found[-1]])
        return found[::-1]

    def frame(self, path: int, level: int, left: int) -> Frame:
        span = self._first[path]
        service, name = self._names[span]
        return Frame(
            service,
            name,
            level,
            left,
            value=self.value[path],
            own=self._own[path],
            count=self._count[path],
            errors=self._errors[path],
            span=span,
        )

    def drawn(self, root: int | None) -> list[Frame]:
        """Frames in reading order; of too many the widest, with what is below them."""
        tops = self.roots if root is None else [root]
        least = max(LEAST * sum(self.value[path] for path in tops), 1)
        found: list[Frame] = []
        # widest first, so that room that is short goes to what can be seen
        waiting = [(0, NO_PARENT, -1, 0)]
        room = MOST
        while waiting:
            _, above, level, left = heapq.heappop(waiting)
            paths = tops if above == NO_PARENT else self._below[above]
            kept = self._widest(paths, least, room)
            room -= len(kept)
            for path in kept:
                found.append(self.frame(path, level + 1, left))
                heapq.heappush(waiting, (-self.value[path], path, level + 1, left))
                left += self.value[path]
            narrow = [path for path in paths if path not in kept and self.value[path]]
            if narrow:
                found.append(self._together(narrow, level + 1, left))
        return sorted(found, key=lambda frame: (frame.level, frame.left))

    def _widest(self, paths: Sequence[int], least: float, room: int) -> dict[int, None]:
        """Those wide enough to be seen, no more than there is room for, in their order."""
        wide = [path for path in paths if self.value[path] >= least]
        widest = set(heapq.nlargest(room, wide, key=self.value.__getitem__))
        return dict.fromkeys(path for path in wide if path in widest)

    def _together(self, paths: Sequence[int], level: int, left: int) -> Frame:
        """One frame for what is too narrow to be seen."""
        frames = [self.frame(path, level, left) for path in paths]
        return Frame(
            service="",
            name="",
            level=level,
            left=left,
            value=sum(frame.value for frame in frames),
            own=sum(frame.own for frame in frames),
            count=sum(frame.count for frame in frames),
            errors=sum(frame.errors for frame in frames),
            span=frames[0].span,
            merged=len(frames),
        )
