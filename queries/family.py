"""Questions about spans and what hangs below them, for a list that opens in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from access.scope import Scope
from queries import reader
from queries.errors import BadQuestion
from queries.filters import TimeRange
from queries.reader import Answer, Row

MOST = 100
"""Children of a span, or roots of a trace, that a list shows."""


@dataclass(frozen=True)
class Place:
    """A span, or a whole trace when `span_id` is empty; ids are hex."""

    org_id: str
    trace_id: str
    span_id: str = ""


def kin(
    scope: Scope,
    spans: Sequence[Place],
    version: int | None = None,
    within: TimeRange | None = None,
) -> Answer:
    """How many children each span has; an orphan also says which parent is missing.

    `within` spares most of the files: who is not in it is not seen.
    """
    return reader.read(
        scope,
        "family.kin",
        version=version,
        since=within.since if within else None,
        until=within.until if within else None,
        **_ids(spans),
    )


def standing(
    scope: Scope, spans: Sequence[Place], near: TimeRange, version: int | None = None
) -> list[Row]:
    """Like `kin` over what is near, but an orphan is only who has no parent at any time."""
    found = kin(scope, spans, version, near).rows
    doubtful = [place_of(row) for row in found if row["orphan"]]
    if not doubtful:
        return found
    settled = {place_of(row): row for row in kin(scope, doubtful, version)}
    return [settled.get(place_of(row), row) for row in found]


def place_of(row: Row) -> Place:
    return Place(row["org_id"], row["trace_id"], row["span_id"])


def children(
    scope: Scope, parents: Sequence[Place], version: int | None = None, most: int = MOST
) -> Answer:
    """Children of each span by start, the first `most`; `siblings` says how many there are.

    `children` of a row says how many it has itself.
    """
    return reader.read(scope, "family.children", version=version, rows=most, **_ids(parents))


def roots(
    scope: Scope, traces: Sequence[Place], version: int | None = None, most: int = MOST
) -> Answer:
    """Roots of each trace, then its orphans, by start, the first `most` of them."""
    ids = _ids(traces)
    return reader.read(
        scope,
        "family.roots",
        version=version,
        rows=most,
        org_ids=ids["org_ids"],
        trace_ids=ids["trace_ids"],
    )


def _ids(places: Sequence[Place]) -> dict[str, list[Any]]:
    """The places as parallel lists. Raises BadQuestion for an id that is none."""
    return {
        "org_ids": [place.org_id for place in places],
        "trace_ids": _bytes(place.trace_id for place in places),
        "span_ids": _bytes(place.span_id for place in places),
    }


def _bytes(ids: Iterable[str]) -> list[bytes]:
    try:
        return [bytes.fromhex(id_) for id_ in ids]
    except ValueError as error:
        raise BadQuestion("This row is not known. Load the page again.") from error
