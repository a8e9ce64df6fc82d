"""Amounts: durations and limits as people write them, exactly there and back.

The one idea: a text is read as a decimal number of its unit, so that 5% is 0.05 exactly.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from math import isfinite
from typing import Final

MICROSECOND: Final = timedelta(microseconds=1)

LENGTHS: Final = (
    ("d", 86_400 * 10**9),
    ("h", 3_600 * 10**9),
    ("m", 60 * 10**9),
    ("s", 10**9),
    ("ms", 10**6),
    ("us", 10**3),
    ("ns", 1),
)
"""Units of time in ns, the longest first."""

_SPELLINGS: Final = {
    **dict(LENGTHS),
    "µs": 10**3,
    "min": 60 * 10**9,
    **{f"{word}{s}": dict(LENGTHS)[word[0]] for word in ("second", "minute", "hour", "day")
       for s in ("", "s")},
}  # fmt: skip
_BYTES: Final = {
    "b": 1,
    **{f"{letter}b": 1000**n for n, letter in enumerate("kmgt", 1)},
    **{f"{letter}ib": 1024**n for n, letter in enumerate("kmgt", 1)},
}
_PER: Final = {"/s": 1, "/min": 60, "/m": 60, "/h": 3_600}

_NUMBER = r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?"
_LENGTH = re.compile(r"\s*(\d{1,30}(?:\.\d{1,12})?)\s*([a-zµ]{1,7})")
_AMOUNT = re.compile(rf"(\$?)\s*({_NUMBER})\s*(\S{{0,8}})")

DURATION_SAID: Final = "Write a duration with its unit, such as 90s, 5m or 1h30m."


class AmountError(ValueError):
    """A text that is no such amount; the message says how to write one."""


def duration(text: str) -> timedelta:
    """5m, 1h30m, 90 seconds. Raises AmountError."""
    ns = _nanoseconds(text)
    if ns is None:
        raise AmountError(DURATION_SAID)
    try:
        return timedelta(microseconds=int(ns) // 1_000)
    except OverflowError:
        raise AmountError("This is longer than anything lasts. Write a shorter duration.") from None


def said(value: timedelta) -> str:
    """The duration as people write it: 90s is 1m30s; 0s for none."""
    left = abs(value) // MICROSECOND * 1_000
    parts = []
    for unit, ns in LENGTHS:
        n, left = divmod(left, ns)
        if n:
            parts.append(f"{n}{unit}")
    return ("-" if value < timedelta(0) else "") + ("".join(parts) or "0s")


def amount(text: str, unit: str) -> float:
    """A number of a metric's unit. Raises AmountError."""
    value = _decimal(" ".join(text.split()), unit)
    if value is None or not isfinite(float(value)):
        raise AmountError(_how(unit))
    return float(value)


def written(value: float, unit: str) -> str:
    """The number with its unit, such that `amount` reads exactly it again."""
    number = Decimal(repr(value))
    match unit:
        case "ns" if 0 < value < 1e25:
            fits = (u for u in LENGTHS[1:] if number % u[1] == 0)
            name, ns = next(fits, ("ns", 1))
            return f"{_plain(number / ns)}{name}"
        case "ns":
            return f"{_plain(number)}ns"
        case "ratio":
            return f"{_plain(number * 100)}%"
        case "usd":
            return f"${_plain(number)}"
        case "per_second":
            return f"{_plain(number)}/s"
    return _plain(number)


def _decimal(text: str, unit: str) -> Decimal | None:
    """What the text says in the unit; None when it cannot be that."""
    if unit == "ns":
        return _nanoseconds(text)
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return None
    dollar, number, suffix = found[1], Decimal(found[2]), found[3].lower()
    if dollar and (unit != "usd" or suffix):
        return None
    match unit:
        case "ratio":
            return {"": number, "%": number / 100}.get(suffix)
        case "usd":
            return number if suffix in ("", "$", "usd") else None
        case "bytes":
            return number * _BYTES[suffix or "b"] if (suffix or "b") in _BYTES else None
        case "per_second":
            return number / _PER[suffix or "/s"] if (suffix or "/s") in _PER else None
    return number if not suffix else None


def _nanoseconds(text: str) -> Decimal | None:
    if re.fullmatch(rf"\s*-?{_NUMBER}\s*ns\s*", text):
        return Decimal(text.strip().removesuffix("ns").strip())
    text = text.strip().lower()
    if text == "0":
        return Decimal(0)
    total, at = Decimal(0), 0
    while at < len(text):
        part = _LENGTH.match(text, at)
        if part is None or part[2] not in _SPELLINGS:
            return None
        total += Decimal(part[1]) * _SPELLINGS[part[2]]
        at = part.end()
    return total if at else None


def _plain(number: Decimal) -> str:
    """All digits and no more: 500, 0.05, 1E+22."""
    number = number.normalize()
    return f"{number:f}" if -12 < number.adjusted() < 21 else f"{number:E}"


def _how(unit: str) -> str:
    match unit:
        case "ns":
            return "Write the limit with its unit of time, such as 500ms or 2s."
        case "ratio":
            return "Write the limit as a share, such as 5% or 0.05."
        case "usd":
            return "Write the limit in US dollars, such as $20."
        case "bytes":
            return "Write the limit in bytes, such as 512MB."
        case "per_second":
            return "Write the limit as a rate, such as 10/s."
    return "Write the limit as a plain number, such as 100: this metric has no unit."
