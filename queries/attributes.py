"""Attributes at rest, read back: each is JSON text, and its type is told by how it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_TYPES = {'"': "string", "t": "bool", "f": "bool", "[": "array", "{": "map", "n": "empty"}
LINE = 54
"""Characters of JSON that stand on one line."""

DEEPEST = 12
"""Levels of JSON that get lines of their own: each costs a look at all that is in it."""

_WHOLE = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Value:
    """An attribute: `type` is OpenTelemetry's word for it, `text` what a person reads.

    Bytes are base64 text at rest, so their type is `string`.
    """

    key: str
    type: str
    text: str


def values(attributes: Mapping[str, str] | None) -> list[Value]:
    """Attributes as stored, by name."""
    return [Value(key, type_of(text), text_of(text)) for key, text in sorted_pairs(attributes)]


def sorted_pairs(attributes: Mapping[str, str] | None) -> list[tuple[str, str]]:
    return sorted((attributes or {}).items())


def type_of(json_text: str) -> str:
    """string, bool, int, double, array, map, or empty."""
    known = _TYPES.get(json_text[:1])
    return known or ("int" if _WHOLE.fullmatch(json_text) else "double")


def text_of(json_text: str) -> str:
    """Text without its quotes; lists and maps on lines of their own."""
    if json_text[:1] not in ('"', "[", "{"):
        return json_text
    found = loaded(json_text)
    return found if isinstance(found, str) else written(found, json_text)


def loaded(json_text: str) -> Any:
    """What JSON text says, or the text itself when it is not JSON."""
    try:
        return orjson.loads(json_text)
    except orjson.JSONDecodeError:
        return json_text


def written(value: Any, too_deep: str = "(nested too deeply to be shown)") -> str:
    """A value as JSON that a person can read: whatever fits a line stands on one."""
    try:
        return "".join(_lines(value, 0, ""))
    except (orjson.JSONEncodeError, RecursionError):
        return too_deep


def _lines(value: Any, indent: int, key: str) -> Iterator[str]:
    line = key + orjson.dumps(value).decode()
    fits = indent + len(line) <= LINE or indent >= 2 * DEEPEST
    if fits or not value or not isinstance(value, list | dict):
        yield line
    elif isinstance(value, dict):
        items = [(item, f"{orjson.dumps(name).decode()}: ") for name, item in value.items()]
        yield from _block(items, indent, key, "{}")
    elif any(isinstance(item, list | dict) for item in value):
        yield from _block([(item, "") for item in value], indent, key, "[]")
    else:
        yield from _filled([orjson.dumps(item).decode() for item in value], indent, key)


def _block(items: list[tuple[Any, str]], indent: int, key: str, ends: str) -> Iterator[str]:
    """One item a line, or a block of its own."""
    yield f"{key}{ends[0]}\n"
    for number, (item, name) in enumerate(items, 1):
        yield " " * (indent + 2)
        yield from _lines(item, indent + 2, name)
        yield ",\n" if number < len(items) else "\n"
    yield " " * indent + ends[1]


def _filled(items: list[str], indent: int, key: str) -> Iterator[str]:
    """Many small items, as many to a line as fit."""
    margin = "\n" + " " * (indent + 2)
    yield f"{key}[{margin}{items[0]}"
    taken = indent + 2 + len(items[0])
    for item in items[1:]:
        fits = taken + len(item) + 2 <= LINE
        yield f", {item}" if fits else f",{margin}{item}"
        taken = (taken if fits else indent) + 2 + len(item)
    yield f"\n{' ' * indent}]"


def plain_value(key: str, value: Any) -> Value:
    """An attribute of an event or a link, which is kept as JSON already read."""
    return Value(key, _type_of_plain(value), value if isinstance(value, str) else written(value))


def _type_of_plain(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    words = {str: "string", int: "int", float: "double", list: "array", dict: "map"}
    return words.get(type(value), "empty")
