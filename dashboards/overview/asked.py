"""Asked: what every panel of the Overview begins with, and where its numbers lead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from access.login import current_scope
from access.scope import Scope
from dashboards.shell.link import DEFAULT_RANGE, Link, zone_of
from queries.filters import EPOCH, TimeRange

View = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """Whose data, which time, in which zone, and the moment at which it is asked."""

    link: Link
    scope: Scope
    range: TimeRange
    zone: ZoneInfo
    now: datetime

    @property
    def is_relative(self) -> bool:
        """Whether the range ends now."""
        return not (self.link.since or self.link.until)

    @property
    def many(self) -> bool:
        """Whether rows of several orgs stand side by side."""
        return self.scope.org is None

    def spans(self, q: str = "", range_: TimeRange | None = None, **more: str) -> str:
        """Address of the spans that a search finds in the very range that was asked."""
        return self.absolute(range_).to("/traces", q=q, **more)

    def absolute(self, range_: TimeRange | None = None) -> Link:
        """What tabs share, with both ends of the range named."""
        exact = range_ or self.range
        return replace(
            self.link.shared,
            range=DEFAULT_RANGE,
            since=exact_time(exact.since),
            until=exact_time(exact.until),
            live="off",
        )

    @property
    def place(self) -> str:
        """Names what a chart is drawn for: drawn again for the same, it stays as it is."""
        link = self.link
        return f"{link.org} {link.range} {link.since} {link.until}"


TOGETHER = timedelta(seconds=2)
"""Panels that ask within this time ask about the same moment, and share their answers."""


def asked(view: View) -> Asked:
    """What the page is about. Raises LinkError and AccessError."""
    link, now = Link.parse(view["search"]), datetime.now(UTC)
    now -= (now - EPOCH) % TOGETHER
    return Asked(
        link=link,
        scope=current_scope(link.org or None),
        range=link.time_range(now),
        zone=zone_of(view["zone"]),
        now=now,
    )


def exact_time(moment: datetime) -> str:
    """A moment as the URL has it, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
