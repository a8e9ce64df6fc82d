"""Rows: what flattening the three signals has in common.

The one idea: a row starts as a copy of what its resource and scope already filled in, and the
attributes of the item then write over it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import pyarrow as pa

from telemetry import semconv, values
from telemetry.otlp import Group
from telemetry.schema import Table

Row = list[Any]
Slot = tuple[int, int, values.Converter]
"""Place of the column in the row, rank of the attribute among its sources, and the conversion."""

LAST: Final = 1_000
MOST_LONG: Final = 2**63 - 1
MOST_INT: Final = 2**31 - 1
SCOPE_PREFIX: Final = "otel.scope."
"""Attributes of the scope are kept among those of the resource, under this prefix."""

_dumps = orjson.dumps


@dataclass(frozen=True)
class Layout:
    """Where a table's columns stand in a row, and which attribute fills which."""

    arrow: pa.Schema
    place: dict[str, int]
    own: dict[str, Slot]
    shared: dict[str, Slot]


@dataclass
class Rows:
    """Rows of one table on their way to Arrow; resources are kept apart, each only once."""

    layout: Layout
    org: str
    received_us: int
    rows: list[Row] = field(default_factory=list)
    attributes: list[dict[str, str]] = field(default_factory=list)
    resources: list[dict[str, str]] = field(default_factory=list)
    resource_of: list[int] = field(default_factory=list)
    _resource: Any = None
    _scope: Any = None
    _first: Row = field(default_factory=list)

    def add(self, row: Row, attributes: dict[str, str]) -> None:
        """Add a row of the group that was begun last."""
        self.rows.append(row)
        self.attributes.append(attributes)
        self.resource_of.append(len(self.resources) - 1)

    def begin(self, group: Group) -> Row:
        """Begin a group: the row that each of its items starts from."""
        scope = group.scope if group.scope.attributes else None
        # Thousands of metrics may share a resource, which is then read once.
        if group.resource is not self._resource or scope is not self._scope:
            self._resource, self._scope = group.resource, scope
            self._first = self._begin_resource(group)
        row = self._first.copy()
        row[self.layout.place["scope_name"]] = group.scope.name or None
        row[self.layout.place["dropped_attributes"]] = _shared_drops(group)
        return row

    def _begin_resource(self, group: Group) -> Row:
        place = self.layout.place
        row: Row = [None] * len(place)
        texts = read_attributes(group.resource.attributes, row, self.layout.shared)
        for pair in group.scope.attributes:
            texts[SCOPE_PREFIX + pair.key] = values.text(values.plain(pair.value))
        self.resources.append(texts)
        row[place["org_id"]] = self.org
        row[place["ingest_time"]] = self.received_us
        row[place["service_name"]] = row[place["service_name"]] or semconv.UNKNOWN_SERVICE
        if row[place["process_group"]] is None:
            row[place["process_group"]] = row[place["service_name"]]
        return row

    def to_arrow(self) -> pa.Table:
        """The rows as a table of the schema."""
        columns = list(zip(*self.rows, strict=True)) or [()] * len(self.layout.place)
        arrays = [
            self._array(field.name, field.type, column)
            for field, column in zip(self.layout.arrow, columns, strict=True)
        ]
        return pa.table(arrays, schema=self.layout.arrow)

    def _array(self, name: str, kind: pa.DataType, column: tuple[Any, ...]) -> pa.Array:
        if name == "attributes":
            return map_array(self.attributes)
        if name == "resource":
            return map_array(self.resources).take(pa.array(self.resource_of, pa.int64()))
        if pa.types.is_timestamp(kind):
            return pa.array(column, pa.int64()).cast(kind)
        return pa.array(column, kind)


def layout_of(table: Table) -> Layout:
    """The layout of a table, with a slot for each attribute that fills one of its columns."""
    place = {column.name: number for number, column in enumerate(table)}
    own: dict[str, Slot] = {}
    shared: dict[str, Slot] = {}
    for column in table:
        for rank, source in enumerate(column.sources):
            slot = (place[column.name], rank, values.converter(column.name, column.type))
            shared[source] = slot
            if column.name not in semconv.RESOURCE_ONLY:
                own[source] = slot
    return Layout(table.arrow, place, own, shared)


def read_attributes(attributes: Any, row: Row, slots: dict[str, Slot]) -> dict[str, str]:
    """Fill the columns that the attributes are meant for, and return all of them as JSON text."""
    texts: dict[str, str] = {}
    ranks: dict[int, int] = {}
    for pair in attributes:
        key = pair.key
        value = pair.value
        # Most values are text that is not empty; asking for the kind first costs twice as much.
        plain = value.string_value
        if not plain:
            plain = values.plain(value)
        texts[key] = _dumps(plain).decode()
        slot = slots.get(key)
        if slot is not None:
            place, rank, convert = slot
            if rank <= ranks.get(place, LAST):
                ranks[place] = rank
                row[place] = convert(plain)
    return texts


def map_array(maps: list[dict[str, str]]) -> pa.Array:
    """One map of attributes for each row."""
    offsets = [0]
    keys: list[str] = []
    texts: list[str] = []
    for found in maps:
        keys.extend(found)
        texts.extend(found.values())
        offsets.append(len(keys))
    return pa.MapArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.array(keys, pa.string()), pa.array(texts, pa.string())
    )


def day_and_time(nanoseconds: int) -> tuple[int, int, int]:
    """Days and microseconds since 1970, and the nanoseconds beyond the microsecond."""
    microseconds, rest = divmod(nanoseconds, 1000)
    return microseconds // 86_400_000_000, microseconds, rest


def moment(nanoseconds: int) -> int | None:
    """Microseconds since 1970; OTLP's 0 is no time at all."""
    return nanoseconds // 1000 if nanoseconds else None


def kept(number: int, most: int = MOST_LONG) -> int:
    """The number, or the largest the column holds: a wrong count is no reason to lose a row."""
    return min(max(number, -most - 1), most)


def words(enum: Any, prefix: str) -> Callable[[int], str]:
    """A protobuf enum's numbers as lower-case words; numbers it does not know as text."""
    known = {number: name.removeprefix(prefix).lower() for name, number in enum.items()}
    return lambda number: known.get(number) or str(number)


def _shared_drops(group: Group) -> int:
    return int(group.resource.dropped_attributes_count + group.scope.dropped_attributes_count)
