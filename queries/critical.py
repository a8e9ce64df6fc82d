"""Critical path: the chain of work that a trace had to wait for.

The one idea, that of Jaeger and of Uber's CRISP: walk back from the end of the root; whatever ended
last is what its parent waited for, and before that began, whatever had ended last by then. Children
that still run when their parent ends, or begin before it, count as far as they overlap; those
wholly outside of it, such as work that nobody waited for, are not on the path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from queries.calls import called_by, callers, main_root
from queries.tree import NO_PARENT, Trace

Key = TypeVar("Key", bound=Hashable)


class Section(NamedTuple):
    """A stretch of the path: the trace waited for this span, from and to in ns since its origin."""

    span: int
    from_ns: int
    to_ns: int


@dataclass(frozen=True)
class CriticalPath:
    """Sections in time order, without gaps: together they are as long as the root."""

    root: int = NO_PARENT
    sections: list[Section] = field(default_factory=list)

    @property
    def length_ns(self) -> int:
        return sum(section.to_ns - section.from_ns for section in self.sections)

    def by_span(self) -> Counter[int]:
        """Time on the path of every span that is on it, ns."""
        found: Counter[int] = Counter()
        for span, from_ns, to_ns in self.sections:
            found[span] += to_ns - from_ns
        return found

    def by(self, keys: Sequence[Key]) -> Counter[Key]:
        """Time on the path by what `keys` says of each span, such as its service, ns."""
        found: Counter[Key] = Counter()
        for span, ns in self.by_span().items():
            found[keys[span]] += ns
        return found


def path(trace: Trace, offsets_ns: Sequence[int] | None = None) -> CriticalPath:
    """The critical path of the trace's main root; `offsets_ns` are other starts than the raw ones,
    such as those without clock skew."""
    root = main_root(trace)
    walk = _Walk(trace, trace.offset_ns if offsets_ns is None else offsets_ns)
    return CriticalPath(root, walk.back_from(root)) if root != NO_PARENT else CriticalPath()


class _Running(NamedTuple):
    """A span within the time that its parent has for it."""

    span: int
    begins: int
    ends: int


class _Walk:
    def __init__(self, trace: Trace, starts: Sequence[int]) -> None:
        self._starts = starts
        self._durations = trace.columns["duration_ns"]
        self._called = called_by(callers(trace))

    def back_from(self, root: int) -> list[Section]:
        """Sections from the root's end to its start, turned round."""
        sections: list[Section] = []
        whole = self._within(root, None)
        # each open span with the moment up to which it is still to be explained
        open_: list[tuple[_Running, int, list[_Running]]] = []
        if whole:
            open_.append((whole, whole.ends, self._children(whole)))
        while open_:
            running, moment, children = open_.pop()
            child = _last_by(children, moment)
            from_ns = child.ends if child else running.begins
            if from_ns < moment:
                sections.append(Section(running.span, from_ns, moment))
            if child:
                open_.append((running, child.begins, children))
                open_.append((child, child.ends, self._children(child)))
        return sections[::-1]

    def _within(self, span: int, parent: _Running | None) -> _Running | None:
        """The part of a span that lies inside of its parent; None if there is none."""
        begins = self._starts[span]
        ends = begins + (self._durations[span] or 0)
        if parent:
            begins, ends = max(begins, parent.begins), min(ends, parent.ends)
        return _Running(span, begins, ends) if begins < ends else None

    def _children(self, parent: _Running) -> list[_Running]:
        """Children by their end, of those that end together the longest last."""
        found = [self._within(span, parent) for span in self._called[parent.span]]
        return sorted(filter(None, found), key=lambda c: (c.ends, -c.begins, -c.span))


def _last_by(children: list[_Running], moment: int) -> _Running | None:
    """Take the child that ended last, at `moment` or before; later ones are of no interest."""
    while children:
        child = children.pop()
        if child.ends <= moment:
            return child
    return None
