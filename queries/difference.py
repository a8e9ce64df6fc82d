"""Difference: what sets selected spans apart from the others that match.

The one idea: each key splits both sides into the same categories (its values, ranges of its
numbers, the lack of any), and the key whose shares differ most comes first. The measure is the
Jensen-Shannon divergence (Lin 1991) of the two sides, 0 for equal and 1 for disjoint ones, less
the bias that finite samples give it (Miller 1955), which grows with the number of categories.
Values that no side has enough of count together: ids and nearly unique keys weigh nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from access.scope import Scope
from queries import choices, conditions, fields, reader, search
from queries.attributes import loaded
from queries.expression import All, Compare, Either, Exists, Expression, Is, Not
from queries.fields import Attribute, Kind
from queries.filters import EPOCH, Condition, TraceFilters
from queries.grammar import parse
from queries.reader import Answer, Row
from telemetry import semconv

FEWEST: Final = 20
"""Spans that each side must have; shares of fewer say little."""

TOP: Final = 40
"""Keys that are told apart by their values; the others differ less."""

BINS: Final = 10
MANY: Final = 20
"""Numbers with more values than this are compared by ranges, of which there are `BINS`."""

FEW: Final = 5
STEPS: Final = 60
"""Intervals of the time range, of which the ranges of the start are made."""

LEAST: Final = 0.02
"""A value stands for itself when this many spans, and this share, of a side have it."""

LONGEST: Final = 300
"""Characters by which the values of a key are shown; a longer one cannot be searched for."""

_CUT: Final = "\0"
_FLAGS: Final = {"error": "status", "root": "parent", "orphan": "parent"}


@dataclass(frozen=True)
class Category:
    """Values of a key, and how many spans of both sides have them.

    `kind` is value, range (`low` to `high`, both included), missing (the key is absent) or others
    (`known` values that are too rare to be told apart).
    """

    kind: str
    value: str | None
    low: float | None
    high: float | None
    known: int
    chosen: int
    rest: int

    @property
    def is_cut(self) -> bool:
        """Whether the value is longer than what is kept of it."""
        return _CUT in (self.value or "")

    @property
    def text(self) -> str:
        return (self.value or "").partition(_CUT)[0]


@dataclass(frozen=True)
class Key:
    """A field or an attribute, how much it differs (0 to 1), and its categories, the one whose
    shares differ most first. `also` are attributes that say the same."""

    place: str
    name: str
    score: float
    categories: list[Category]
    also: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key as the search language writes it."""
        return self.name if self.place == "field" else Attribute(self.place, self.name).key

    @property
    def label(self) -> str:
        return fields.BY_KEY[self.name].label if self.place == "field" else self.name


@dataclass(frozen=True)
class Sides:
    """How many matching spans are selected, and how many are not."""

    chosen: int
    rest: int
    answer: Answer

    @property
    def enough(self) -> bool:
        return min(self.chosen, self.rest) >= FEWEST


@dataclass(frozen=True)
class Difference:
    """Both sides, and the keys by how much they differ; none when a side has too few spans.

    `left_out` are the keys that the selection itself is made of; `known` is how many keys there
    are in all.
    """

    sides: Sides
    keys: list[Key]
    left_out: tuple[str, ...]
    known: int


def difference(scope: Scope, filters: TraceFilters, selection: str) -> Difference:
    """What sets the spans that meet `selection` apart from the others. Raises SearchError."""
    found = sides(scope, filters, selection)
    left_out = named(parse(selection))
    if not found.enough:
        return Difference(found, [], left_out, 0)
    keys, known = ranked(scope, filters, selection)
    kept = [key for key in _without_doubles(keys) if key.key not in left_out]
    return Difference(found, kept, left_out, known)


def sides(scope: Scope, filters: TraceFilters, selection: str) -> Sides:
    """How many spans there are to compare."""
    answer = reader.read(scope, "difference.sides", **_marked(filters, selection).params)
    return Sides(**answer.one, answer=answer)


def ranked(scope: Scope, filters: TraceFilters, selection: str) -> tuple[list[Key], int]:
    """The keys that differ most, and how many there are; over every matching span."""
    since, length = filters.range.since, filters.range.length
    answer = reader.read(
        scope,
        "difference.ranked",
        **_marked(filters, selection).params,
        origin_us=round((since - EPOCH).total_seconds() * 1e6),
        step_us=max(1, round(length.total_seconds() * 1e6 / STEPS)),
        bins=BINS,
        many=MANY,
        few=FEW,
        least=LEAST,
        longest=LONGEST,
        top=TOP,
    )
    return _keys(answer), answer.rows[0]["all_keys"] if answer.rows else 0


def slowest(scope: Scope, filters: TraceFilters) -> str | None:
    """A selection of the slowest twentieth or so; None when no duration is known."""
    answer = reader.read(scope, "difference.slowest", **filters.params)
    ns = answer.one["duration_ns"]
    if ns is None:
        return None
    digits = max(0, len(str(ns)) - 3)
    return f"duration>={choices.written_duration(ns // 10**digits * 10**digits)}"


def demand(key: Key, category: Category, *, exclude: bool = False) -> str | None:
    """The search for the spans of a category; None when no search can say it."""
    if category.kind == "others" or category.is_cut:
        return None
    if category.kind == "missing":
        return search.term(key.key, None, exclude)
    if category.kind == "range":
        return _range(key, category, exclude=exclude)
    return search.term(key.key, said(key, category), exclude)


def _marked(filters: TraceFilters, selection: str) -> TraceFilters:
    """The filters with a condition that is null for what does not match, and else says whether a
    span is selected."""
    wanted = _renamed(conditions.compiled(parse(selection), selection))
    sql = f"case when {filters.condition.sql} then coalesce({wanted.sql}, false) end"
    both = Condition(sql, (*filters.condition.params, *wanted.params), filters.condition.text)
    return replace(filters, condition=both)


def _renamed(condition: Condition) -> Condition:
    """The same condition with names for its values that no other condition has."""
    return Condition(
        re.sub(r"\$q(\d+)\b", r"$selected\1", condition.sql),
        tuple((name.replace("q", "selected", 1), value) for name, value in condition.params),
        condition.text,
    )


def named(selection: Expression) -> tuple[str, ...]:
    """The keys that a selection speaks of: that they differ is no news."""
    match selection:
        case Compare(field):
            return (field.key,)
        case Exists(found):
            return tuple(field.key for field in found)
        case Is(flags):
            return tuple(_FLAGS[flag] for flag in flags if flag in _FLAGS)
        case Not(part):
            return named(part)
        case All(parts) | Either(parts):
            return tuple(dict.fromkeys(key for part in parts for key in named(part)))
    return ()


def _keys(rows: Iterable[Row]) -> list[Key]:
    """The keys in the order of their rows."""
    found: dict[tuple[str, str], Key] = {}
    for row in rows:
        place = (row["place"], row["key"])
        key = found.setdefault(place, Key(*place, row["score"], []))
        key.categories.append(
            Category(
                kind=row["category"],
                **{name: row[name] for name in ("value", "low", "high", "known", "chosen", "rest")},
            )
        )
    return list(found.values())


def _without_doubles(keys: list[Key]) -> list[Key]:
    """The keys without attributes that say the same as the column they fill."""
    columns = {key.name: key for key in keys if key.place == "field"}
    told: dict[str, list[str]] = {}
    kept = []
    for key in keys:
        twin = next((c for c in columns.values() if key.place != "field" and _same(c, key)), None)
        if twin:
            told.setdefault(twin.name, []).append(key.name)
        else:
            kept.append(key)
    return [
        replace(key, also=tuple(told.get(key.name, ()))) if key.place == "field" else key
        for key in kept
    ]


def _same(column: Key, attribute: Key) -> bool:
    """Whether the column is filled by the attribute, and by nothing else."""
    field = fields.BY_KEY[column.name]
    return (
        attribute.name in semconv.SOURCES.get(field.column, ())
        and abs(column.score - attribute.score) < 1e-9
        and _missing(column) == _missing(attribute)
    )


def _missing(key: Key) -> list[tuple[int, int]]:
    return [(c.chosen, c.rest) for c in key.categories if c.kind == "missing"]


def said(key: Key, category: Category) -> Any:
    """The value as a search names it: attributes at rest are JSON."""
    if key.place == "field" or category.text.startswith(("[", "{")):
        return category.text
    return loaded(category.text)


def _range(key: Key, category: Category, *, exclude: bool) -> str:
    """The search for numbers between two, both included."""
    low, high = (_number(key, end) for end in (category.low, category.high))
    if low == high:
        return f"{'-' if exclude else ''}{key.key}={low}"
    both = f"{key.key}>={low} {key.key}<={high}"
    return f"-({both})" if exclude else both


def _number(key: Key, number: float | None) -> str:
    if key.key == "start":
        moment = EPOCH + timedelta(microseconds=number or 0)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    field = fields.find(key.key)
    if field is not None and field.kind is Kind.DURATION:
        if getattr(field, "unit", "") == "ms":
            return f"{number!r}ms"
        return choices.written_duration(int(number or 0))
    return f"{int(number)}" if number == int(number or 0) else repr(number)
