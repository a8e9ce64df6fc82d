"""Columns of the list: which there are in each mode, which are shown, and how a link names them.

The one idea: a column's key is its name in the link, in the grid and in a row; what is no column
of ours is a field of the search language or `attr.<key>`, `resource.<key>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from queries import fields
from queries.fields import Attribute, Field, Kind

MOST = 40
WIDTHS = range(40, 2_000)


@dataclass(frozen=True)
class Column:
    """A column that a reader may show. `search` is the field that finds its values, if any."""

    key: str
    title: str
    search: str = ""
    width: int = 140
    flex: float = 0
    least: int = 70
    right: bool = False
    css: str = ""
    cell: str = ""

    @property
    def definition(self) -> dict[str, Any]:
        """The column as AG Grid wants it."""
        own: dict[str, Any] = {
            "colId": self.key,
            "field": self.key,
            "headerName": self.title,
            "headerTooltip": self.key if self.key.startswith(tuple(fields.PREFIXES)) else None,
            "minWidth": self.least,
            "width": self.width,
            "flex": self.flex or None,
            "suppressMovable": False,
            "cellClass": " ".join(
                filter(None, [self.css, "num ag-right-aligned-cell" if self.right else ""])
            ),
            "cellRenderer": self.cell or None,
            "context": {
                "search": self.search,
                "width": self.width,
                "stretches": self.flex > 0,
            },
        }
        if self.right:
            own["type"] = "rightAligned"
        return {name: value for name, value in own.items() if value is not None}


@dataclass(frozen=True)
class Shown:
    """A column on the page, as wide as the reader made it; None leaves the width to the page."""

    column: Column
    width: int | None = None

    @property
    def definition(self) -> dict[str, Any]:
        own = self.column.definition
        # a width of the reader's own does not stretch any more
        return own if self.width is None else {**own, "width": self.width, "flex": None}


SPANS = (
    Column("process", "Process", "name", flex=3, least=220, cell="Place"),
    Column("data", "Data", "data", flex=1.2, least=90),
    Column("data_type", "Data Type", "data.type", width=92, flex=0.7, least=92),
    Column("data_value", "Data Value", "data.value", flex=1.2, least=96, css="num"),
    Column("time", "Timestamp", "start", width=186, least=186, css="time"),
    Column("status", "Status", "status", width=88, least=84, cell="Status"),
    Column("exception", "Exception", "exception", flex=2.4, least=150, css="bad"),
)
"""The seven canonical columns."""

TRACES = (
    Column("process", "Root", "name", flex=3, least=220, cell="Place"),
    Column("spans", "Spans", "trace.spans", width=72, right=True),
    Column("services", "Services", "trace.services", width=80, right=True),
    Column("errors", "Errors", "trace.errors", width=72, right=True, css="bad"),
    Column("orphans", "Orphans", "trace.orphans", width=80, right=True),
    Column("duration", "Duration", "trace.duration", width=94, right=True),
    Column("tokens", "Tokens", width=84, right=True),
    Column("cost", "Cost", width=92, right=True),
    Column("time", "Started", "start", width=186, least=186, css="time"),
)

MORE_OF_TRACES = (
    Column("tokens_input", "Input tokens", width=104, right=True),
    Column("tokens_output", "Output tokens", width=112, right=True),
    Column("trace", "Trace", "trace", width=270, css="code"),
)

WATCHED = (
    Column("data", "Variable", "data", flex=1.4, least=130, css="strong"),
    Column("data_value", "Value", "data.value", flex=1.2, least=100, css="num"),
    Column("data_type", "Type", "data.type", width=80),
    Column("process", "Process", "name", flex=2, least=180, cell="Process"),
    Column("readings", "Readings", width=90, right=True),
    Column("distinct", "Distinct", width=84, right=True),
    Column("changes", "Changes", width=88, right=True),
    Column("run", "In a row", width=84, right=True),
    Column("since", "Since", width=186, least=186, css="time"),
    Column("time", "Last reading", width=186, least=186, css="time"),
)

MORE_OF_WATCHED = (
    Column("source", "Source", width=80),
    Column("series", "Series", width=180),
)

ORG = Column("org", "Org", "org", width=110, least=90)

DEFAULTS: dict[str, tuple[Column, ...]] = {
    "spans": SPANS,
    "traces": TRACES,
    "watched": WATCHED,
}

_OURS = {"name", "data", "data.type", "data.value", "start", "status", "exception", "org"}
_NUMBERS = {Kind.NUMBER, Kind.DURATION}


def of_key(key: str) -> Column | None:
    """The column of a search field or of an attribute; None for a key that is neither."""
    field = fields.find(key)
    if isinstance(field, Attribute):
        return Column(field.key, field.name, field.key, width=150, css="num")
    if field is None or field.of_trace or field.key != key or field.key in _OURS:
        return None
    return _of_field(field)


def _of_field(field: Field) -> Column:
    right = field.kind in _NUMBERS
    wide = {Kind.TIME: 186, Kind.ID: 270 if field.bytes == 16 else 150}
    css = {Kind.TIME: "time", Kind.ID: "code"}.get(field.kind, "")
    width = wide.get(field.kind, 110 if right else 140)
    return Column(field.key, field.label, field.key, width=width, right=right, css=css)


def catalogue(mode: str) -> tuple[Column, ...]:
    """Every column of a mode that has a name of its own; attributes come on top for spans."""
    if mode == "traces":
        return (*TRACES, *MORE_OF_TRACES)
    if mode == "watched":
        return (*WATCHED, *MORE_OF_WATCHED)
    more = (of_key(field.key) for field in fields.FIELDS)
    return (*SPANS, *(column for column in more if column))


def parse(text: str, mode: str) -> tuple[Shown, ...]:
    """The columns a link names; those nobody knows are left out, and none means the default."""
    known = {column.key: column for column in catalogue(mode)}
    shown: dict[str, Shown] = {}
    for part in filter(None, text.split(",")):
        word, _, width = part.partition(":")
        key = unquote(word)
        column = known.get(key) or (of_key(key) if mode == "spans" else None)
        if column and len(shown) < MOST:
            shown.setdefault(key, Shown(column, _width(width)))
    return tuple(shown.values()) or default(mode)


def default(mode: str) -> tuple[Shown, ...]:
    return tuple(Shown(column) for column in DEFAULTS.get(mode, SPANS))


def write(shown: Iterable[Shown]) -> str:
    """Columns as a link names them."""
    return ",".join(
        quote(each.column.key, safe="") + (f":{each.width}" if each.width else "") for each in shown
    )


def definitions(shown: Sequence[Shown], *, many: bool) -> list[dict[str, Any]]:
    """What the grid is given; the org comes first where rows of several orgs are shown."""
    first = {**ORG.definition, "suppressMovable": True, "lockPosition": "left"}
    return [*([first] if many else []), *(each.definition for each in shown)]


def fields_of(shown: Iterable[Shown]) -> list[Field]:
    """The fields that the columns need beyond those of every list."""
    found = (fields.find(each.column.key) for each in shown if each.column not in SPANS)
    return [field for field in found if isinstance(field, Field)]


def attributes_of(shown: Iterable[Shown]) -> list[Attribute]:
    found = (fields.find(each.column.key) for each in shown)
    return [field for field in found if isinstance(field, Attribute)]


def _width(text: str) -> int | None:
    wide = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return wide if wide in WIDTHS else None
