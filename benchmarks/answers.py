"""Answers: whether two sides say the same, whatever the types they say it in."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from benchmarks.baseline import Row
from benchmarks.sqlite_questions import microseconds


class DifferenceError(Exception):
    """The two sides answered differently; the message says where."""


def difference(ours: list[Row], theirs: list[Row]) -> str | None:
    """Where two answers differ in the columns that theirs has, or None."""
    if len(ours) != len(theirs):
        return f"{len(ours)} rows, {len(theirs)} in SQLite"
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        for name in other:
            if not _alike(mine[name], other[name]):
                return f"row {number}, {name}: {mine[name]!r}, {other[name]!r} in SQLite"
    return None


def _alike(mine: Any, other: Any) -> bool:
    """Equal, but for rounding and for how a time is kept."""
    if mine is None or other is None:
        return mine is other
    if isinstance(mine, datetime):
        return microseconds(mine) == int(other)
    if isinstance(mine, list):
        return all(_alike(a, b) for a, b in zip(mine, other, strict=True))
    if isinstance(mine, float) or isinstance(other, float):
        return math.isclose(mine, other, rel_tol=1e-9)
    return bool(mine == other)
