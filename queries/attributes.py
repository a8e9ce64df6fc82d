"""Attributes at rest, read back: each is JSON text, and its type is told by how it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_TYPES = {'"': "string", "t": "bool", "f": "bool", "[": "array", "{": "map", "n": "empty"}
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
    return found if isinstance(found, str) else written(found)


def loaded(json_text: str) -> Any:
    """What JSON text says, or the text itself when it is not JSON."""
    try:
        return orjson.loads(json_text)
    except orjson.JSONDecodeError:
        return json_text


def written(value: Any) -> str:
    """A value as JSON that a person can read: on one line if that is short."""
    try:
        short = orjson.dumps(value).decode()
        if len(short) <= 60:
            return short
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONEncodeError, RecursionError):
        # deeper than orjson writes
        return str(value)


def plain_value(key: str, value: Any) -> Value:
    """An attribute of an event or a link, which is kept as JSON already read."""
    return Value(key, _type_of_plain(value), value if isinstance(value, str) else written(value))


def _type_of_plain(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    words = {str: "string", int: "int", float: "double", list: "array", dict: "map"}
    return words.get(type(value), "empty")
