"""Links to rows that stay: a link with its times fixed, and pinned to a version of the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from dashboards.shell.link import DEFAULT_RANGE, Link


def fixed(link: Link, now: datetime, version: int | None = None) -> Link:
    """The link with the times it means now, at `version` when there is one. Raises LinkError."""
    range_ = link.time_range(now)
    return replace(
        link,
        range=DEFAULT_RANGE,
        since=written(range_.since),
        until=written(range_.until),
        version=link.version if version is None else str(version),
        live="off",
    )


def rows_only(link: Link) -> Link:
    """The link without what says nothing about which rows it shows."""
    return Link(
        org=link.org,
        range=link.range,
        since=link.since,
        until=link.until,
        zone=link.zone,
        q=link.q,
        version=link.version,
    )


def written(moment: datetime) -> str:
    """A moment as it stands in a URL: UTC, to the microsecond only where it has some."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
