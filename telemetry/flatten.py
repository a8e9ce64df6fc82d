"""From a stored request to rows: which of the three signals flattens how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pyarrow as pa

from telemetry import log_rows, otlp, point_rows, span_rows
from telemetry.otlp import Group, Signal
from telemetry.rows import Layout, Rows

_ADD: Final[dict[str, tuple[Layout, Callable[[Rows, Group], None]]]] = {
    otlp.TRACES.name: (span_rows.LAYOUT, span_rows.add),
    otlp.LOGS.name: (log_rows.LAYOUT, log_rows.add),
    otlp.METRICS.name: (point_rows.LAYOUT, point_rows.add),
}


def to_table(signal: Signal, body: bytes, org: str, received_us: int) -> pa.Table:
    """The items of an admitted request as rows of the signal's table."""
    layout, add = _ADD[signal.name]
    found = Rows(layout, org, received_us)
    for group in signal.groups(otlp.read_protobuf(signal, body)):
        if group.items:
            add(found, group)
    return found.to_arrow()
