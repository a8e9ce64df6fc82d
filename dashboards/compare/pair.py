"""Pair: the two traces that the link names, each found or not; the other stays usable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from access.login import current_scope
from access.scope import Scope
from dashboards.shell.link import Link, zone_of
from queries import trace
from queries.compare import Comparison, compare
from queries.errors import QuestionError
from queries.tree import Trace

View = dict[str, Any]


@dataclass(frozen=True)
class Side:
    """A trace, or the sentence on why there is none; neither when none is named."""

    trace: Trace | None = None
    sentence: str = ""


@dataclass(frozen=True)
class Pair:
    """What is compared: whose data, which link and zone, both sides."""

    link: Link
    scope: Scope
    zone: ZoneInfo
    left: Side
    right: Side

    @property
    def compared(self) -> Comparison | None:
        """The comparison, when there are two traces."""
        if self.left.trace is None or self.right.trace is None:
            return None
        return compare(self.left.trace, self.right.trace)


def opened(view: View | None) -> Pair:
    """The pair that the page is about."""
    link = Link.parse((view or {}).get("search"))
    scope = current_scope(link.org or None)
    left, right = (_side(scope, name, link) for name in (link.trace, link.other))
    return Pair(link, scope, zone_of((view or {}).get("zone")), left, right)


def _side(scope: Scope, trace_id: str, link: Link) -> Side:
    if not trace_id:
        return Side()
    try:
        return Side(trace.spans(scope, trace_id, link.pinned))
    except QuestionError as error:
        return Side(sentence=str(error))
