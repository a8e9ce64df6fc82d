"""Filters: frozen values that say which rows a question is about, and how to bind them."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from queries.errors import BadQuestion

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TimeRange:
    """From `since` to just before `until`, both aware."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise BadQuestion("The range ends before it starts. Choose an end after the start.")

    @property
    def length(self) -> timedelta:
        return self.until - self.since

    @property
    def minutes(self) -> float:
        return self.length / timedelta(minutes=1)

    @property
    def params(self) -> dict[str, datetime]:
        return {"since": self.since, "until": self.until}


@dataclass(frozen=True)
class Condition:
    """SQL that is true of a matching span, and the values bound in it.

    `sql` speaks of the columns of `listed(files, since, until)` and may ask `$spans` again between
    `$since` and `$until`. No user text is ever part of it: values are in `params`, as `$q0`, `$q1`…
    `text` is what a person wrote to say this.
    """

    sql: str = "true"
    params: tuple[tuple[str, Any], ...] = ()
    text: str = ""


EVERY_SPAN = Condition()


@dataclass(frozen=True)
class TraceFilters:
    """Spans of `range` that meet `condition`, at one `version` of the table or at the newest."""

    range: TimeRange
    condition: Condition = EVERY_SPAN
    version: int | None = None

    @property
    def params(self) -> dict[str, Any]:
        return {**self.range.params, "condition": self.condition, "version": self.version}


@dataclass(frozen=True)
class Cursor:
    """The last (or first) row of a page: where the next (or previous) one starts.

    `time` is µs since 1970 for spans and ns for traces; `twin` tells apart two spans that share
    time and ids, such as the client's and the server's half of one call.
    """

    time: int
    trace_id: str
    span_id: str = ""
    twin: int = 0

    def encode(self) -> str:
        """The cursor as text for a URL."""
        fields = json.dumps([self.time, self.trace_id, self.span_id, self.twin])
        return base64.urlsafe_b64encode(fields.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """The cursor that `encode` made. Raises BadQuestion for anything else."""
        try:
            padded = text + "=" * (-len(text) % 4)
            time, trace_id, span_id, twin = json.loads(base64.urlsafe_b64decode(padded))
            cursor = cls(int(time), bytes.fromhex(trace_id).hex(), str(span_id), int(twin))
            bytes.fromhex(span_id)
        except (ValueError, TypeError, binascii.Error) as error:
            raise BadQuestion("This link's page is not known. Go to the first page.") from error
        return cursor

    @property
    def params(self) -> dict[str, Any]:
        return {
            "at": self.time,
            "at_trace": self.trace_id,
            "at_span": self.span_id,
            "at_twin": self.twin,
        }


@dataclass(frozen=True)
class Page:
    """`rows` rows older than `after`, or newer than `before`; with neither the newest ones."""

    rows: int = 100
    after: Cursor | None = None
    before: Cursor | None = None


FIRST_PAGE = Page()
