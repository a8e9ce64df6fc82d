"""Grains: what rollups are by, and for how long a time; the shape that roller and reader share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from telemetry.schema import ROLLUPS

GAMMA: Final = 1.02
"""Each bucket ends at GAMMA times its beginning, so that its middle, 2γⁱ/(γ+1), is at most
(γ-1)/(γ+1) < 1 % from any duration in it (DDSketch: Masson, Rim and Lee, VLDB 2019)."""

MINUTE: Final = timedelta(minutes=1)
QUARTER_HOUR: Final = timedelta(minutes=15)
HOUR: Final = timedelta(hours=1)
QUARTER_DAY: Final = timedelta(hours=6)
DAY: Final = timedelta(days=1)

LEVELS: Final = {
    "minute": MINUTE,
    "quarter_hour": QUARTER_HOUR,
    "hour": HOUR,
    "quarter_day": QUARTER_DAY,
    "day": DAY,
}
"""Levels of the rollups, the finest first; each is a whole number of the one before."""

SPAN_GRAINS: Final = {
    "all": (),
    "service": ("service_name",),
    "group": ("process_group",),
    "subsystem": ("subsystem",),
    "agent": ("agent_name",),
    "model": ("model",),
    "exception": ("service_name", "exception_type"),
    "release": ("service_name", "service_version", "code_revision"),
    "operation": ("service_name", "operation"),
    "function": ("service_name", "function", "code_file", "code_revision"),
    "asking": ("service_name", "agent_name", "model"),
}
"""Grain → the columns that tell its rows apart.

`asking` counts model calls only: who asks which model. No grain has them all: that would be nearly
a row a span. Such questions read the spans.
"""

EDGE_GRAINS: Final = {
    "calls": ("caller", "callee"),
    "handoffs": ("caller", "callee"),
}
"""Grains of spans that were called by another service, or by another agent."""

GRAINS: Final = SPAN_GRAINS | EDGE_GRAINS

FINEST: Final = dict.fromkeys(GRAINS, QUARTER_HOUR) | {"all": MINUTE}
"""The finest level of each grain. Minutes by what has tens of values take longer to read than the
spans; where a range cuts a quarter of an hour, questions by these read spans."""

KEYS: Final = tuple(dict.fromkeys(key for keys in GRAINS.values() for key in keys))

_SHAPE: Final = repr((GAMMA, LEVELS, GRAINS, FINEST, [c.name for c in ROLLUPS], 1))

_DIGEST: Final = sha256(_SHAPE.encode()).hexdigest()[:12]

WHO: Final = f"spans-{_DIGEST}"
"""The transaction that says up to which version of the spans the rollups reach.

It is named after their shape: rollups of another shape reach nowhere, and are made anew.
"""

EDGES: Final = f"edges-{_DIGEST}"
"""The same of the edges before EDGES_UNTIL, which is in minutes since 1970."""

EDGES_UNTIL: Final = f"edges-until-{_DIGEST}"


def levels(grain: str) -> list[str]:
    """Levels that a grain has, the finest first."""
    return [level for level, length in LEVELS.items() if length >= FINEST[grain]]


def place_of(level: str, start: datetime) -> int:
    """A level and a start as one number, by which rows of a grain are in order.

    Parquet readers skip what a condition on one column rules out, but not one on two.
    """
    return list(LEVELS).index(level) * PLACES + (start - EPOCH) // MINUTE


PLACES: Final = 10**10
"""Places of a level, more than there are minutes in all years that a time may lie in."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
