"""Suggestions: keys and values to complete a search with, and where a plain text is found.

The one idea: suggestions come from the newest spans only, so that they cost the same however
many there are; each answer says how many it looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from access.scope import Scope
from queries import completion, fields, reader
from queries.completion import Place
from queries.fields import Attribute, Field, Key, Kind
from queries.filters import TimeRange, TraceFilters

SCANNED_KEYS: Final = 5_000
SCANNED_VALUES: Final = 50_000
SCANNED_TEXT: Final = 100_000
"""Newest spans that are looked at for keys, for values, and for a text."""

ROWS: Final = 20

_WITHOUT_VALUES: Final = frozenset({"exception.stacktrace"})
_PLACES: Final = {"attributes": "attr.", "resource": "resource."}
_ORIGINS: Final = {"attributes": "attribute", "resource": "resource attribute"}
_VALUED: Final = frozenset({Kind.TEXT, Kind.CHOICE, Kind.ANY})
_COUNTED: Final = frozenset({"line", "http.status"})
"""Number fields whose values are few enough to choose from."""


@dataclass(frozen=True)
class SuggestedKey:
    """A key to complete with; `spans` of the newest ones carry it (None for our own fields)."""

    key: str
    label: str
    spans: int | None = None


@dataclass(frozen=True)
class SuggestedValue:
    """A value to complete with, and how many of the newest matching spans have it."""

    value: Any
    spans: int


@dataclass(frozen=True)
class FoundIn:
    """A field that holds a text in so many of the newest spans."""

    field: Field
    spans: int


@dataclass(frozen=True)
class Containing:
    """Where a text was found, among how many spans."""

    fields: tuple[FoundIn, ...]
    looked_at: int


@dataclass(frozen=True)
class Suggestion:
    """`text` to write at the place, what it means, and how many of the newest spans have it."""

    text: str
    label: str = ""
    spans: int | None = None


def complete(scope: Scope, filters: TraceFilters, place: Place) -> list[Suggestion]:
    """What may be written at a place of a search, the best first."""
    match place.key.lower():
        case "":
            return [
                Suggestion(completion.key_text(each.key), each.label, each.spans)
                for each in keys(scope, filters.range, place.partial)
            ]
        case "exists":
            return [
                Suggestion(fields.key_word(each.key), each.label, each.spans)
                for each in keys(scope, filters.range, place.partial)
                if each.key not in ("is", "exists") and not each.key.startswith("trace.")
            ]
        case "is":
            return [
                Suggestion(flag, meaning)
                for flag, meaning in fields.FLAGS.items()
                if place.partial.lower() in flag
            ]
    found = [*_usual(place), *_values_at(scope, filters, place)]
    # nothing to choose where the only choice is written already
    return [] if [each.text for each in found] == [place.partial] else found


def _values_at(scope: Scope, filters: TraceFilters, place: Place) -> list[Suggestion]:
    return [
        Suggestion(completion.value_text(place.key, each.value), "", each.spans)
        for each in values(scope, filters, place.key, place.partial)
    ]


def _usual(place: Place) -> list[Suggestion]:
    """Round values of fields whose values are no choice."""
    field = fields.find(place.key)
    usual = _USUAL.get(field.kind, ()) if field else ()
    return [Suggestion(text) for text in usual if text.startswith(place.partial)]


_USUAL: Final = {
    Kind.DURATION: ("1ms", "10ms", "100ms", "1s", "10s", "1m", "10m"),
}


def keys(scope: Scope, range_: TimeRange, prefix: str = "") -> list[SuggestedKey]:
    """Our fields, and the attributes seen, whose key holds `prefix`; best matches first."""
    place, name = _split(prefix)
    answer = reader.read(
        scope,
        "suggest.keys",
        **range_.params,
        prefix=name,
        scanned=SCANNED_KEYS,
        rows=ROWS,
    )
    seen = [
        SuggestedKey(attribute.key, _ORIGINS[row["place"]], row["spans"])
        for row in answer
        if place in ("", row["place"]) and (attribute := Attribute(row["place"], row["name"]))
    ]
    return [*known_keys(prefix), *seen]


def known_keys(prefix: str = "") -> list[SuggestedKey]:
    """Our own fields whose key, alias or label holds `prefix`, those beginning with it first."""
    low = prefix.lower()
    found = [
        SuggestedKey(field.key, field.label)
        for field in (*fields.FIELDS, *fields.TRACE_FIELDS)
        if any(low in word.lower() for word in (field.key, *field.aliases, field.label))
    ]
    asked = [SuggestedKey("is", "Kind of span"), SuggestedKey("exists", "Has a value")]
    found += [each for each in asked if low in each.key]
    return sorted(found, key=lambda each: not each.key.startswith(low))


def _split(prefix: str) -> tuple[str, str]:
    """The map a prefix begins to name, and the rest of it."""
    for place, word in _PLACES.items():
        if prefix.startswith(word):
            return place, prefix.removeprefix(word).strip('"')
    return "", prefix


def values(scope: Scope, filters: TraceFilters, key: str, prefix: str = "") -> list[SuggestedValue]:
    """Most frequent values of a field that hold `prefix`, those beginning with it first.

    Empty for a field whose values are no choice, such as a duration.
    """
    field = fields.find(key)
    if field is None or not _has_choices(field):
        return []
    answer = reader.read(
        scope,
        "suggest.values",
        **filters.params,
        column=field.column,
        name=field.name if isinstance(field, Attribute) else "",
        prefix=prefix,
        scanned=SCANNED_VALUES,
        rows=ROWS,
    )
    return [SuggestedValue(_read(field, row["value"]), row["spans"]) for row in answer]


def _has_choices(field: Key) -> bool:
    if field.key in _WITHOUT_VALUES or (isinstance(field, Field) and field.of_trace):
        return False
    return field.kind in _VALUED or field.key in _COUNTED


def _read(field: Key, text: str) -> Any:
    """The value that a column's text stands for: attributes at rest are JSON."""
    if isinstance(field, Attribute):
        return orjson.loads(text)
    return int(text) if field.kind is Kind.NUMBER else text


def containing(scope: Scope, range_: TimeRange, text: str) -> Containing:
    """The fields that hold `text`, whatever the case, those with most spans first."""
    row = reader.read(
        scope, "suggest.containing", **range_.params, text=text, scanned=SCANNED_TEXT
    ).one
    by_column = {field.column: field for field in fields.FIELDS}
    found = [
        FoundIn(by_column[column], spans)
        for column, spans in row.items()
        if column in by_column and spans
    ]
    return Containing(tuple(sorted(found, key=lambda each: -each.spans)), row["spans"])
