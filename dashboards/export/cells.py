"""Cells: columns of Arrow as the text that a file holds, a whole column at a time.

The one idea: values repeat, so a column's different texts are looked at, once each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from dashboards.export.zones import Offsets

Column = Any
"""A column of Arrow as text, or one text for all rows."""

_FORMULA: Final = re.compile(r"[=+\-@\t\r\n]")
"""A spreadsheet would run a cell that begins like this; telemetry is text that anybody may send."""

_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")


def inert(text: str) -> str:
    """The text as a spreadsheet may read it: a formula gets an apostrophe, a number stays."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def quoted(text: str) -> str:
    """The text as a cell of CSV, inert."""
    return '"' + inert(text).replace('"', '""') + '"'


def json_text(text: str) -> str:
    return orjson.dumps(text).decode()


def quoted_column(column: pa.Array) -> pa.Array:
    """Text as cells of CSV; null stays null."""
    return _each(column, quoted)


def json_column(column: pa.Array) -> pa.Array:
    """Text as JSON strings; null stays null."""
    return _each(column, json_text)


def quoted_objects(column: pa.Array) -> pa.Array:
    """JSON of objects and arrays as cells of CSV: no formula begins so, and few are alike."""
    return pc.binary_join_element_wise('"', pc.replace_substring(column, '"', '""'), '"', "")


def stamp_column(column: pa.Array, offsets: Offsets, mark: str = "") -> pa.Array:
    """Moments as ISO 8601 text in a time zone, each with the offset it has there."""
    moments = column.cast(pa.int64())
    shifts, words = offsets.of(moments)
    local = pc.add(moments, shifts).cast(pa.timestamp("us")).cast(pa.string())
    return pc.binary_join_element_wise(
        mark, pc.utf8_replace_slice(local, 10, 11, "T"), words, mark, ""
    )


def text_column(column: pa.Array) -> pa.Array:
    """Numbers and booleans as text."""
    return column.cast(pa.string())


def joined(pieces: Iterable[Column], missing: str) -> bytes:
    """All rows of the columns, piece after piece: the bytes of a file, `missing` for a null."""
    lines = pc.binary_join_element_wise(
        *_merged(pieces, missing), "", null_handling="replace", null_replacement=missing
    )
    content: bytes = lines.buffers()[2].to_pybytes()
    return content


def _merged(pieces: Iterable[Column], missing: str) -> list[Column]:
    """Texts that stand next to each other as one, and columns without a value as text."""
    merged: list[Column] = []
    for piece in pieces:
        text = missing if _void(piece) else piece
        if isinstance(text, str) and merged and isinstance(merged[-1], str):
            merged[-1] += text
        else:
            merged.append(text)
    return merged


def _void(piece: Column) -> bool:
    return isinstance(piece, pa.Array) and piece.null_count == len(piece)


def _each(column: pa.Array, write: Callable[[str], str]) -> pa.Array:
    """`write` of every text, called once for those that are alike."""
    found = column.dictionary_encode()
    texts = pa.array([write(text) for text in found.dictionary.to_pylist()], column.type)
    return texts.take(found.indices)
