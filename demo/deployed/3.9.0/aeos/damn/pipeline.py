"""The pipeline: readings become rows, rows are loaded in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import psycopg

from aeos.damn.sensors import Reading
from aeos.telemetry import mark, traced

FAR_OFF = 6.0
"""Medians away from the median at which a reading is an outlier."""


@dataclass(frozen=True)
class Batch:
    readings: list[Reading]
    silent: frozenset[str] = frozenset()


@traced
def transform(batch: Batch) -> list[tuple[str, float, bool]]:
    """Rows of name, value and whether the value is far off."""
    values = [abs(reading.value) for reading in batch.readings]
    middle = median(values) if values else 0.0
    rows = [
        (reading.name, reading.value, abs(reading.value) > FAR_OFF * max(middle, 1e-9))
        for reading in batch.readings
    ]
    mark("etl.rows", len(rows))
    return rows


@traced
def load(cursor: psycopg.Cursor, parameters: list[tuple[str, float, bool]]) -> int:
    """Write rows and return how many the store has now."""
    cursor.executemany("insert into readings values (%s, %s, %s)", parameters)
    statement = "select count(*) from readings where name = any(%s)"
    parameters = [name for name, _, _ in parameters]
    rows = cursor.execute(statement, parameters).fetchall()
    return int(rows[0][0])
