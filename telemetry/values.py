"""OpenTelemetry's AnyValue as JSON text, as a Python value, and as the value of a column."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
import pyarrow as pa

Converter = Callable[[Any], Any]

KINDS: Final[Mapping[str | None, str]] = {
    "string_value": "string",
    "bool_value": "bool",
    "int_value": "int",
    "double_value": "double",
    "array_value": "array",
    "kvlist_value": "map",
    "bytes_value": "bytes",
}
"""Field of AnyValue → the word for its type."""

LONGEST_NUMBER: Final = 40


def plain(value: Any) -> Any:
    """A Python value that JSON can hold. NaN and the infinities become text, bytes base64."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: plain(pair.value) for pair in value.kvlist_value.values}
    if kind is None or kind not in KINDS:
        return None
    found = getattr(value, kind)
    if kind == "bytes_value":
        return base64.b64encode(found).decode()
    return real(found) if kind == "double_value" else found


def real(number: float) -> float | str:
    """The number, or protobuf's JSON name for one that JSON cannot write."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def text(value: Any) -> str:
    """JSON text of a plain value."""
    return orjson.dumps(value).decode()


def unquoted(json_text: str) -> str:
    """What the JSON text says: the text itself for a string, the JSON for anything else."""
    return str(orjson.loads(json_text)) if json_text.startswith('"') else json_text


def as_text(value: Any) -> str | None:
    """For a text column: text itself, and numbers and booleans as JSON writes them."""
    if isinstance(value, str):
        return value
    return text(value) if isinstance(value, int | float) else None


def whole(bits: int) -> Converter:
    """For a whole-number column of so many bits: whole numbers, also when sent as text."""
    least, most = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def as_whole(value: Any) -> int | None:
        number = value if type(value) is int else _parsed(value, int)
        return number if number is not None and least <= number <= most else None

    return as_whole


def as_real(value: Any) -> float | None:
    """For a column of real numbers: finite numbers, also when sent as text."""
    number = _parsed(value, float)
    return number if number is not None and math.isfinite(number) else None


def seconds_as_ms(value: Any) -> float | None:
    seconds = as_real(value)
    return None if seconds is None else seconds * 1000


def converter(column: str, kind: pa.DataType) -> Converter:
    """How an attribute becomes the value of `column`; what does not fit becomes null."""
    if column == "ttft_ms":
        return seconds_as_ms
    if pa.types.is_integer(kind):
        return whole(kind.bit_width)
    return as_real if pa.types.is_floating(kind) else as_text


def _parsed(value: Any, kind: Callable[[Any], Any]) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, float) and kind is int and not value.is_integer():
        return None
    try:
        return kind(value) if not isinstance(value, str) or len(value) <= LONGEST_NUMBER else None
    except (ValueError, OverflowError):
        return None
