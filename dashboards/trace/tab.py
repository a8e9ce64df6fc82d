"""Tab: what every tab of the trace page begins with, and the tab is only asked while it is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from access.login import current_scope
from access.scope import Scope
from dashboards.shell.link import Link, zone_of
from queries import trace
from queries.tree import Trace

View = dict[str, Any]


@dataclass(frozen=True)
class Opened:
    """A tab that is being looked at: whose data, which trace, which link and zone."""

    link: Link
    scope: Scope
    trace: Trace
    zone: ZoneInfo


def opened(view: View | None, tab: str) -> Opened | None:
    """What the tab is about; None while another one is open. Raises NotFound for no trace."""
    link = Link.parse((view or {}).get("search"))
    if not view or not link.trace or link.tab != tab:
        return None
    scope = current_scope(link.org or None)
    found = trace.spans(scope, link.trace, link.pinned)
    return Opened(link, scope, found, zone_of(view["zone"]))
