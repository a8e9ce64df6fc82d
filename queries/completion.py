"""Completion: which key or value is being written where the caret stands in a search."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from queries import fields
from queries.search import written

_KEY = r'(?:(?:attr|resource)\.(?:"(?:[^"\\]|\\[\s\S])*"|[^\s()"{},:=<>~!]+)|[A-Za-z_][\w.\-]*)'
_VALUE = r'(?:"(?:[^"\\]|\\[\s\S])*"|[^\s()"{},]+)'
_LIST = rf"(?:{_VALUE}\s*,\s*)*|\(\s*(?:{_VALUE}\s*(?:,|OR\s)\s*)*"
_AT_VALUE = re.compile(
    rf"(?:^|[\s({{\-])(?P<key>{_KEY})\s?(?P<operator>:[<>]?=?|!=|!~|[<>]=?|=|~)\s?(?:{_LIST})"
    r'(?P<partial>"(?:[^"\\]|\\[\s\S])*|[^\s()"{},]*)$'
)
_AT_KEY = re.compile(r'(?:^|[\s({\-])(?P<partial>[\w.\-/@$]*|(?:attr|resource)\."[^"]*)$')
_REST = re.compile(r'[^\s()"{},:=<>~!]*')


@dataclass(frozen=True)
class Place:
    """What is being written: a value of `key`, or a key when there is none yet.

    A completion replaces the text from `start` to `end`.
    """

    start: int
    end: int
    partial: str
    key: str = ""


def place(text: str, caret: int) -> Place | None:
    """The key or value that ends at the caret; None inside of plain text in quotation marks."""
    before = text[:caret]
    if found := _AT_VALUE.search(before):
        start = found.start("partial")
        partial = found["partial"]
        return Place(start, _end(text, caret, partial), _said(partial), found["key"])
    found = _AT_KEY.search(before)
    if found and ('"' in found["partial"] or not _inside_quotes(before)):
        partial = found["partial"].removeprefix("-")
        start = found.end("partial") - len(partial)
        return Place(start, _end(text, caret, partial), partial)
    return None


def _end(text: str, caret: int, partial: str) -> int:
    """Where the word that was begun ends, behind the caret."""
    if partial.startswith('"'):
        closing = text.find('"', caret)
        return caret if closing < 0 else closing + 1
    found = _REST.match(text, caret)
    return found.end() if found else caret


def _said(partial: str) -> str:
    return fields.unescaped(partial.removeprefix('"'))


def _inside_quotes(before: str) -> bool:
    without = re.sub(r'"(?:[^"\\]|\\[\s\S])*"', "", before)
    return '"' in without


def key_text(key: str) -> str:
    """A key as a completion writes it: with the operator that its values mostly take."""
    field = fields.find(key)
    measured = field is not None and field.kind in (
        fields.Kind.NUMBER,
        fields.Kind.DURATION,
        fields.Kind.TIME,
    )
    return f"{key}{'>' if measured else ':'}"


def value_text(key: str, value: Any) -> str:
    """A value as a completion writes it behind its key and operator."""
    field = fields.find(key)
    return written(field, value) if field else str(value)
