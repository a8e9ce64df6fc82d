"""Written: how the values of a search are written – numbers, durations, times, ids and ranges."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any, Final, TypeVar

from queries.errors import SearchError
from queries.expression import Value
from queries.fields import Field, Kind

T = TypeVar("T")

MAX_NUMBER: Final = 10**18
MAX_DEPTH: Final = 1_000

_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_PART = re.compile(r"(\d{1,20}(?:\.\d{1,20})?)(ns|us|µs|μs|ms|s|m|h|d)", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?)?)?)?"
    r"(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3_600 * 10**9,
    "d": 86_400 * 10**9,
}

Number = int | float


def number(value: Value, key: str) -> Number:
    """A number. Raises SearchError for anything else."""
    text = value.text.strip()
    if not _NUMBER.fullmatch(text):
        raise SearchError(f"{key} needs a number, such as 10 or 0.5.", value.start)
    return _bounded(Decimal(text), value)


def _bounded(exact: Decimal, value: Value) -> Number:
    if abs(exact) > MAX_NUMBER:
        raise SearchError("This number is too large.", value.start)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def exact_number(value: Value) -> float | None:
    """The number a bare value says, when comparing as numbers cannot confuse it with another."""
    if value.quoted or value.is_pattern or not _NUMBER.fullmatch(value.text):
        return None
    exact = Decimal(value.text)
    return float(exact) if abs(exact) <= 2**53 else None


def duration(value: Value, key: str) -> Number:
    """A duration in ns: 1.5s, 200ms, 1h30m; 0 needs no unit."""
    text = value.text.strip()
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    if digits == "0":
        return 0
    parts = _PART.findall(digits)
    if not parts or "".join(amount + unit for amount, unit in parts) != digits:
        raise SearchError(
            f"{key} needs a duration with its unit, such as 250ms, 1.5s or 2m.", value.start
        )
    exact = sum((Decimal(amount) * _UNITS[unit] for amount, unit in parts), Decimal(0))
    return _bounded((sign * exact).to_integral_value(), value)


def period(value: Value, key: str) -> tuple[datetime, datetime]:
    """The time a value names, from its first moment to just after its last: a day, a minute…"""
    found = _MOMENT.fullmatch(value.text.strip())
    try:
        if not found:
            raise ValueError(value.text)
        since = datetime.fromisoformat(_completed(found)).astimezone(UTC)
        return since, since + _length(found, since)
    except (ValueError, OverflowError) as error:
        raise SearchError(
            f"{key} needs a time, such as 2026-11-20 or 2026-11-20T14:05Z.", value.start
        ) from error


def _completed(found: re.Match[str]) -> str:
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    date = f"{year}-{month or '01'}-{day or '01'}"
    time = f"{hour or '00'}:{minute or '00'}:{second or '00'}.{(fraction or '').ljust(6, '0')}"
    return f"{date}T{time}{'+00:00' if zone in (None, 'Z') else zone}"


def _length(found: re.Match[str], since: datetime) -> timedelta:
    """How long the written time lasts, by the last part that it names."""
    _, month, day, hour, minute, second, fraction, _ = found.groups()
    if fraction:
        return timedelta(microseconds=10 ** (6 - len(fraction)))
    for named, length in ((second, 1), (minute, 60), (hour, 3_600), (day, 86_400)):
        if named:
            return timedelta(seconds=length)
    following = since.replace(day=1) + timedelta(days=32)
    if month:
        return following.replace(day=1) - since
    return since.replace(year=since.year + 1) - since


def identifier(value: Value, field: Field) -> bytes:
    """A trace or span id in hexadecimal digits."""
    try:
        found = bytes.fromhex(value.text)
    except ValueError:
        found = b""
    if len(found) != field.bytes:
        raise SearchError(
            f"{field.key} needs {2 * field.bytes} hexadecimal digits, or fewer with a *.",
            value.start,
        )
    return found


def reader_of(field: Field) -> Callable[[Value, str], Number]:
    """How a value of a number or a duration is read, in the unit of its column."""
    if field.kind != Kind.DURATION:
        return number
    if field.unit == "ms":
        return lambda value, key: duration(value, key) / 1e6
    return duration


def range_of(
    value: Value, read: Callable[[Value, str], T], key: str
) -> tuple[T | None, T | None] | None:
    """Both ends of `a..b`, `a..` or `..b`; None when the value is no range."""
    if value.quoted or value.is_pattern or ".." not in value.text:
        return None
    first, _, last = value.text.partition("..")
    if not first and not last:
        raise SearchError("A range needs at least one end, such as 10..20 or 10..", value.start)
    ends: list[T | None] = []
    for text, start in ((first, value.start), (last, value.end - len(last))):
        part = Value((text,), False, start, start + len(text))
        ends.append(read(part, key) if text else None)
    return ends[0], ends[1]


def number_range(value: Value, key: str) -> tuple[Number | None, Number | None] | None:
    """Like `range_of`, where the value may also be text with two dots in it."""
    ends = [end for end in value.text.split("..") if end]
    return range_of(value, number, key) if all(map(_NUMBER.fullmatch, ends)) else None


def deepest(value: Value) -> int:
    """The greatest number a value of trace.depth names."""
    ends: tuple[Any, ...] = range_of(value, number, "trace.depth") or (
        number(value, "trace.depth"),
    )
    found = max((ceil(end) for end in ends if end is not None), default=0)
    if found > MAX_DEPTH:
        raise SearchError(f"trace.depth is compared with {MAX_DEPTH:,} at most.", value.start)
    return max(found, 0)


def escaped_for_like(text: str) -> str:
    """Text whose characters mean themselves in LIKE … ESCAPE '\\'."""
    return re.sub(r"[\\%_]", lambda found: "\\" + found[0], text)
