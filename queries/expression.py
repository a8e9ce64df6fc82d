"""Expression: what a search says, as a frozen tree; each part knows its place in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from queries.fields import Key

Operator = Literal[":", "=", ">", ">=", "<", "<=", "~"]
Position = Literal[">", ">>", "<", "<<", "with", "without"]


@dataclass(frozen=True)
class Value:
    """A value as written: its text between the wildcards, and whether it stood in quotes."""

    pieces: tuple[str, ...]
    quoted: bool
    start: int
    end: int

    @property
    def text(self) -> str:
        """The value where `*` is a character like any other."""
        return "*".join(self.pieces)

    @property
    def is_pattern(self) -> bool:
        return len(self.pieces) > 1


@dataclass(frozen=True)
class Every:
    """No condition at all: the empty search."""

    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class All:
    parts: tuple[Expression, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Either:
    parts: tuple[Expression, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Not:
    part: Expression
    start: int
    end: int


@dataclass(frozen=True)
class Text:
    """Plain text, looked for in the fields that hold words."""

    value: Value
    start: int
    end: int


@dataclass(frozen=True)
class Compare:
    """A field compared with any one of `values`."""

    field: Key
    operator: Operator
    values: tuple[Value, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Is:
    """A span that one of the flags is true of."""

    flags: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Exists:
    """A span that has a value for one of the fields."""

    fields: tuple[Key, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Related:
    """Spans of `right` (of `left` for with and without), by where the others stand in the trace."""

    left: Expression
    position: Position
    right: Expression
    start: int
    end: int


Expression = Every | All | Either | Not | Text | Compare | Is | Exists | Related
