"""Pre-flight: how many rows an export will have, and about how large its file will be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from access.scope import Scope
from dashboards.export import formats
from queries import export, reader
from queries.filters import TraceFilters
from telemetry.schema import SPANS

SAMPLE_ROWS: Final = 900


@dataclass(frozen=True)
class Estimate:
    """What to expect; the rows are exact unless counting took too long."""

    rows: int
    exact: bool
    bytes: int
    version: int


def estimate(scope: Scope, filters: TraceFilters, format_: str, zone: ZoneInfo) -> Estimate:
    """The rows are counted, the bytes are those of some rows, for all of them."""
    found = export.size(scope, filters)
    each = _stored_bytes(scope, filters) if format_ == "parquet" else None
    if each is None:
        each = _written_bytes(scope, filters, format_, zone) if found.rows else 0.0
    return Estimate(found.rows, found.exact, round(each * found.rows), found.version)


def _stored_bytes(scope: Scope, filters: TraceFilters) -> float | None:
    """Bytes of a row in the lake's files, which are Parquet themselves."""
    range_ = filters.range
    files = reader.the_reader().files(
        scope, SPANS.name, range_.since, range_.until, filters.version
    )
    return files.size / files.rows if files.rows else None


def _written_bytes(scope: Scope, filters: TraceFilters, format_: str, zone: ZoneInfo) -> float:
    """Bytes of a row of a sample."""
    with reader.the_reader().aside(scope) as aside:
        sample = export.sample(scope, filters, aside, SAMPLE_ROWS)
    if sample is None:
        return 0.0
    made = formats.of(format_, zone)
    size = sum(len(made.rows(batch)) for batch in sample.to_batches())
    return float(size / sample.num_rows)
