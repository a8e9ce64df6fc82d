"""OTLP on the wire, counted before it is decoded: a small body can hold millions of empty spans.

The one idea: only the containers are walked; what is inside an item is skipped by its length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from telemetry.errors import Malformed, TooLarge

Path = tuple[frozenset[int], ...]
"""Field numbers that lead from the request to its items, one set for each level."""

VARINT: Final = 0
FIXED64: Final = 1
DELIMITED: Final = 2
FIXED32: Final = 5
LONGEST_VARINT: Final = 10


@dataclass(frozen=True)
class Counted:
    """How many items a request holds, and how many bytes the longest one has."""

    items: int
    longest: int


def count_items(body: bytes, path: Path, limit: int) -> Counted:
    """Count the items at the end of `path`; TooLarge as soon as a level holds over `limit`."""
    parts = [(0, len(body))]
    for numbers in path:
        parts = _children(body, parts, numbers, limit)
    return Counted(len(parts), max((end - start for start, end in parts), default=0))


def _children(
    body: bytes, parts: list[tuple[int, int]], numbers: frozenset[int], limit: int
) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in parts:
        for number, inner_start, inner_end in _delimited(body, start, end):
            if number in numbers:
                found.append((inner_start, inner_end))
                if len(found) > limit:
                    raise TooLarge(
                        f"The request holds more than {limit} items, or groups of them. "
                        "Send smaller batches."
                    )
    return found


def _delimited(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Field number, start and end of each length-delimited field; the others are skipped."""
    while at < end:
        tag, at = _varint(body, at, end)
        kind = tag & 7
        if kind == DELIMITED:
            length, at = _varint(body, at, end)
            if at + length > end:
                raise Malformed("A field is longer than the message that holds it.")
            yield tag >> 3, at, at + length
            at += length
        else:
            at = _skipped(body, kind, at, end)


def _skipped(body: bytes, kind: int, at: int, end: int) -> int:
    if kind == VARINT:
        return _varint(body, at, end)[1]
    if kind not in (FIXED64, FIXED32):
        raise Malformed(f"There is a field of the unknown wire type {kind}.")
    return at + (8 if kind == FIXED64 else 4)


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    # Most tags and lengths have one byte.
    if at < end and body[at] < 128:
        return body[at], at + 1
    value = 0
    for place in range(LONGEST_VARINT):
        if at + place >= end:
            break
        byte = body[at + place]
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            return value, at + place + 1
    raise Malformed("The message ends inside a number.")
