"""OTLP/JSON to protobuf messages: hex ids, enums as numbers or names, 64-bit numbers as text.

The one idea: protobuf's own descriptors say what each field is. `json_format` cannot be used,
because it reads trace ids as base64.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import orjson
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from telemetry.errors import Malformed, TooLarge

IDS: Final = frozenset({"trace_id", "span_id", "parent_span_id"})
NO_ID: Final = b"\0"
"""Stands for an id that is not hex. Its length is wrong, so its item alone is rejected."""

DEEPEST: Final = 90
"""Messages inside messages. Protobuf reads 100 levels; what is stored must be readable again."""

MOST_OBJECTS: Final = 2_000_000
"""Opening brackets in one body: each becomes an object in memory, many times its size."""

WHOLE: Final = re.compile(r"-?[0-9]{1,20}")

Converter = Callable[[Any, int], Any]


def read(body: bytes, kind: type[Message]) -> Message:
    """The message that a JSON body describes; Malformed when it describes none."""
    if body.count(b"{") + body.count(b"[") > MOST_OBJECTS:
        raise TooLarge("The JSON holds too many objects. Send smaller batches.")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error}.") from error
    try:
        return kind(**_fields(found, kind.DESCRIPTOR, 0))
    except (TypeError, ValueError) as error:
        raise Malformed(f"The JSON is not an OTLP request: {error}.") from error


def _fields(found: Any, kind: Descriptor, depth: int) -> dict[str, Any]:
    """Arguments for the message; fields that OTLP does not know are ignored, as it asks."""
    if not isinstance(found, dict):
        raise Malformed(f"Expected an object for {kind.name}.")
    if depth > DEEPEST:
        raise Malformed("Values are nested too deeply.")
    known = _known(kind)
    fields = {}
    for key, value in found.items():
        field = known.get(key)
        if field is not None and value is not None:
            name, convert = field
            fields[name] = convert(value, depth + 1)
    return fields


@cache
def _known(kind: Descriptor) -> dict[str, tuple[str, Converter]]:
    """JSON key (camelCase and snake_case) → field name and how its value is read."""
    known = {}
    for field in kind.fields:
        one = _converter(field)
        known[field.name] = (field.name, _each(field.name, one) if field.is_repeated else one)
        known[field.json_name] = known[field.name]
    return known


def _converter(field: FieldDescriptor) -> Converter:
    kind = field.type
    if kind == FieldDescriptor.TYPE_MESSAGE:
        return lambda value, depth: _fields(value, field.message_type, depth)
    if kind == FieldDescriptor.TYPE_BYTES:
        return _id if field.name in IDS else _base64
    if kind == FieldDescriptor.TYPE_ENUM:
        return _enum(field)
    return {
        FieldDescriptor.TYPE_STRING: _text,
        FieldDescriptor.TYPE_BOOL: _bool,
        FieldDescriptor.TYPE_DOUBLE: _double,
    }.get(kind, _whole)


def _each(name: str, convert: Converter) -> Converter:
    def read_list(values: Any, depth: int) -> list[Any]:
        if not isinstance(values, list):
            raise Malformed(f"Expected a list for {name}.")
        return [convert({} if value is None else value, depth) for value in values]

    return read_list


def _enum(field: FieldDescriptor) -> Converter:
    def read_enum(value: Any, depth: int) -> int:
        named = field.enum_type.values_by_name.get(value) if isinstance(value, str) else None
        return int(named.number) if named else _whole(value, depth)

    return read_enum


def _text(value: Any, _depth: int) -> str:
    if not isinstance(value, str):
        raise Malformed(f"Expected text, found {_shown(value)}.")
    return value


def _bool(value: Any, _depth: int) -> bool:
    if not isinstance(value, bool):
        raise Malformed(f"Expected true or false, found {_shown(value)}.")
    return value


def _whole(value: Any, _depth: int) -> int:
    """A whole number, as a number or as text. 1.0 counts, as protobuf's JSON mapping has it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and WHOLE.fullmatch(value):
        return int(value)
    raise Malformed(f"Expected a whole number, found {_shown(value)}.")


def _double(value: Any, _depth: int) -> float:
    try:
        if not isinstance(value, bool):
            return float(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise Malformed(f"Expected a number, found {_shown(value)}.")


def _id(value: Any, depth: int) -> bytes:
    try:
        return bytes.fromhex(_text(value, depth))
    except ValueError:
        return NO_ID


def _base64(value: Any, depth: int) -> bytes:
    text = _text(value, depth).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("Expected base64 in bytesValue.") from error


def _shown(value: Any) -> str:
    return repr(value)[:40]
