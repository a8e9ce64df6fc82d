"""Formats: batches of spans as the bytes of a CSV, NDJSON or Parquet file.

The one idea: a format is begun, given batches and ended, and hands out bytes at each of the three.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from dashboards.export import cells
from dashboards.export.cells import Column
from dashboards.export.zones import Offsets
from queries.export import COLUMNS

BOM: Final = b"\xef\xbb\xbf"
IDS: Final = frozenset({"trace_id", "span_id", "parent_span_id"})
OBJECTS: Final = frozenset({"attributes", "resource", "events", "links"})
"""Columns whose text is JSON already."""


class Format(Protocol):
    """A file in the making."""

    def begin(self) -> bytes: ...

    def rows(self, batch: pa.RecordBatch) -> bytes: ...

    def end(self) -> bytes: ...


class Csv:
    """RFC 4180: CRLF, text in quotation marks, so that an empty text is not a missing one."""

    def __init__(self, zone: ZoneInfo, *, bom: bool = False) -> None:
        self._offsets = Offsets(zone)
        self._bom = bom

    def begin(self) -> bytes:
        head = ",".join(column.name for column in COLUMNS) + "\r\n"
        return (BOM if self._bom else b"") + head.encode()

    def rows(self, batch: pa.RecordBatch) -> bytes:
        return cells.joined(self._pieces(batch), missing="")

    def end(self) -> bytes:
        return b""

    def _pieces(self, batch: pa.RecordBatch) -> Iterator[Column]:
        for number, column in enumerate(COLUMNS):
            yield "," if number else ""
            yield self._cells(column.name, batch.column(column.name))
        yield "\r\n"

    def _cells(self, name: str, column: pa.Array) -> Column:
        if column.null_count == len(column) or name in IDS:
            return column
        if name in OBJECTS:
            return cells.quoted_objects(column)
        if pa.types.is_timestamp(column.type):
            return cells.stamp_column(column, self._offsets)
        if pa.types.is_string(column.type):
            return cells.quoted_column(column)
        return cells.text_column(column)


class Ndjson:
    """One JSON object a line with every column in it, null where there is no value."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._offsets = Offsets(zone)

    def begin(self) -> bytes:
        return b""

    def rows(self, batch: pa.RecordBatch) -> bytes:
        return cells.joined(self._pieces(batch), missing="null")

    def end(self) -> bytes:
        return b""

    def _pieces(self, batch: pa.RecordBatch) -> Iterator[Column]:
        for number, column in enumerate(COLUMNS):
            yield f'{"," if number else "{"}"{column.name}":'
            yield self._value(column.name, batch.column(column.name))
        yield "}\n"

    def _value(self, name: str, column: pa.Array) -> Column:
        if column.null_count == len(column) or name in OBJECTS:
            return column
        if pa.types.is_timestamp(column.type):
            return cells.stamp_column(column, self._offsets, '"')
        if pa.types.is_string(column.type):
            return cells.json_column(column)
        return cells.text_column(column)


class Parquet:
    """The types of the lake's own files, ids as hex; moments are UTC, shown in the zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._schema = pa.schema(
            [pa.field(column.name, _parquet_type(column.type, zone)) for column in COLUMNS]
        )
        self._file = io.BytesIO()
        self._writer = pq.ParquetWriter(
            _Taken(self._file), self._schema, compression="zstd", write_page_index=False
        )

    def begin(self) -> bytes:
        return self._written()

    def rows(self, batch: pa.RecordBatch) -> bytes:
        columns = [batch.column(field.name).cast(field.type) for field in self._schema]
        self._writer.write_table(pa.table(columns, schema=self._schema))
        return self._written()

    def end(self) -> bytes:
        self._writer.close()
        return self._written()

    def _written(self) -> bytes:
        """What came since the last time; the writer only ever goes on."""
        content = self._file.getvalue()
        self._file.seek(0)
        self._file.truncate()
        return content


class _Taken(io.RawIOBase):
    """A file that is only written; what was taken out of it still counts for its positions."""

    def __init__(self, file: io.BytesIO) -> None:
        self._file = file
        self._place = 0

    def writable(self) -> bool:
        return True

    def write(self, content: bytes) -> int:  # type: ignore[override]
        self._place += len(content)
        return self._file.write(content)

    def tell(self) -> int:
        return self._place


def _parquet_type(kind: pa.DataType, zone: ZoneInfo) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz=zone.key)
    return pa.string() if pa.types.is_binary(kind) else kind


MEDIA: Final[Mapping[str, str]] = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
"""Format, which is also how the file's name ends → its media type."""


def of(name: str, zone: ZoneInfo, *, bom: bool = False) -> Format:
    """A file of the format called `name`."""
    if name == "csv":
        return Csv(zone, bom=bom)
    return Ndjson(zone) if name == "ndjson" else Parquet(zone)
