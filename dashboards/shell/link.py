"""Link: all state of a page as one frozen value, and its place in the URL, both ways.

The one idea: what is in the URL is what is on the page; a link opened elsewhere shows the same.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from queries.filters import Cursor, Page, TimeRange, TraceFilters
from queries.search import condition

PRESETS = {
    "5m": timedelta(minutes=5),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "14d": timedelta(days=14),
}
"""Relative time ranges, all ending now."""

DEFAULT_RANGE = "24h"
LIVE = {"off": 0, "5s": 5, "30s": 30}
MAX_TEXT = 500
"""Characters of a parameter that are read, but for those of LONG."""

MAX_LONG = 4_000
LONG = frozenset(
    {"q", "cols", "only", "select", "node", "onto", "variable", "matchers", "draft", "rival_draft"}
)

YEARS = range(1900, 9000)
"""Years that a range may touch; at the ends of the calendar, other zones have no date to show."""


class LinkError(ValueError):
    """The URL says something that makes no sense; the message is a plain sentence."""


@dataclass(frozen=True)
class Link:
    """State of a page. Each field is a parameter of the URL, absent when it has its default."""

    org: str = ""
    range: str = DEFAULT_RANGE
    since: str = ""
    until: str = ""
    zone: str = "browser"
    live: str = "off"
    mode: str = "spans"
    q: str = ""
    cols: str = ""
    after: str = ""
    before: str = ""
    version: str = ""
    select: str = ""
    trace: str = ""
    span: str = ""
    tab: str = ""
    root: str = ""
    short: str = ""
    only: str = ""
    zoom: str = ""
    other: str = ""
    cohort: str = ""
    find: str = ""
    sort: str = ""
    function: str = ""
    map: str = ""
    node: str = ""
    onto: str = ""
    chart: str = "rate"
    service: str = ""
    revision: str = ""
    against: str = ""
    section: str = ""
    rule: str = ""
    alert: str = ""
    draft: str = ""
    rival: str = ""
    rival_draft: str = ""
    tile: str = ""
    kind: str = ""
    variable: str = ""
    silence: str = ""
    matchers: str = ""
    channel: str = ""

    @classmethod
    def parse(cls, search: str | None) -> Link:
        """The link of a URL's query string; parameters that nobody knows are ignored."""
        known = {field.name for field in fields(cls)}
        pairs = parse_qsl((search or "").removeprefix("?"), keep_blank_values=False)
        return cls(**{name: value[: _longest(name)] for name, value in pairs if name in known})

    @property
    def search(self) -> str:
        """The query string, with its question mark; empty when everything has its default."""
        changed = {
            field.name: value
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        }
        return f"?{urlencode(changed)}" if changed else ""

    def to(self, path: str, **changes: Any) -> str:
        """Address of this state at `path` with some fields changed."""
        return path + replace(self, **changes).search

    @property
    def shared(self) -> Link:
        """What every tab has in common: whose data, which time, how it is told."""
        return Link(
            org=self.org,
            range=self.range,
            since=self.since,
            until=self.until,
            zone=self.zone,
            live=self.live,
        )

    def time_range(self, now: datetime) -> TimeRange:
        """The range, relative ones ending at `now`. Raises LinkError."""
        if self.since or self.until:
            return _between(self.since, self.until)
        if self.range not in PRESETS:
            raise LinkError(
                f"There is no time range {self.range[:20]!r}. Choose one from the list."
            )
        return TimeRange(now - PRESETS[self.range], now)

    def filters(self, now: datetime) -> TraceFilters:
        """What the list is about. Raises LinkError, and SearchError for a search that is none."""
        return TraceFilters(
            range=self.time_range(now),
            condition=condition(self.q),
            version=self.pinned,
        )

    @property
    def pinned(self) -> int | None:
        """Version of the spans table that the link is pinned to. Raises LinkError."""
        if not self.version:
            return None
        if not self.version.isascii() or not self.version.isdigit():
            raise LinkError("The link's table version is not a number. Open it without the pin.")
        return int(self.version)

    def page(self, rows: int) -> Page:
        """The page of a list. Raises BadQuestion for a cursor that nobody handed out."""
        return Page(
            rows=rows,
            after=Cursor.decode(self.after) if self.after else None,
            before=Cursor.decode(self.before) if self.before and not self.after else None,
        )


def _longest(name: str) -> int:
    return MAX_LONG if name in LONG else MAX_TEXT


def _between(since: str, until: str) -> TimeRange:
    first, last = _instant(since), _instant(until)
    if first >= last:
        raise LinkError("The range ends before it starts. Choose an end after the start.")
    return TimeRange(first, last)


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise LinkError("The link's time range is not complete. Choose a range.") from error
    if not YEARS.start <= moment.year < YEARS.stop:
        raise LinkError(f"Choose times between the years {YEARS.start} and {YEARS.stop}.")
    return moment


def zone_of(name: str | None) -> ZoneInfo:
    """The time zone of that name; UTC when there is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
