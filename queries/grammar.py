"""Grammar: a search as text becomes an expression, or an error that points at a character.

The one idea: Lark decides what is a sentence of the language; this module names the parts and
says in plain words what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken, VisitError

from queries import fields
from queries.errors import SearchError
from queries.expression import (
    All,
    Compare,
    Either,
    Every,
    Exists,
    Expression,
    Is,
    Not,
    Operator,
    Position,
    Related,
    Text,
    Value,
)
from queries.fields import Key

MAX_LENGTH: Final = 4_000
MAX_NESTING: Final = 20
MAX_PARTS: Final = 200

_LARK = Lark(
    Path(__file__).with_name("search.lark").read_text(encoding="utf-8"),
    parser="lalr",
    propagate_positions=True,
    maybe_placeholders=False,
)

_NEGATIVE: Final = {"!=": "=", "!~": "~"}
_QUOTE_IT = "To look for the text itself, put it in quotation marks."


def parse(text: str) -> Expression:
    """What `text` says. Raises SearchError, which knows the place of what is wrong."""
    if len(text) > MAX_LENGTH:
        raise SearchError(
            f"A search may have {MAX_LENGTH:,} characters; this one has {len(text):,}.", MAX_LENGTH
        )
    return _parsed(text)


@lru_cache(maxsize=256)
def _parsed(text: str) -> Expression:
    if not text.strip():
        return Every()
    _check_characters(text)
    _check_brackets(text)
    try:
        tree = _LARK.parse(text)
        return cast(Expression, _Reading().transform(tree))
    except UnexpectedInput as error:
        raise _explained(error, text) from None
    except VisitError as error:
        if isinstance(error.orig_exc, SearchError):
            raise error.orig_exc from None
        raise


@v_args(meta=True)
class _Reading(Transformer[Token, Any]):
    """The tree of the grammar as our own."""

    def either(self, meta: Any, parts: list[Any]) -> Any:
        flat = [p for part in parts for p in (part.parts if isinstance(part, Either) else [part])]
        return parts[0] if len(parts) == 1 else Either(tuple(flat), meta.start_pos, meta.end_pos)

    def both(self, meta: Any, parts: list[Any]) -> Any:
        if len(parts) > MAX_PARTS:
            raise SearchError(
                f"A search may have {MAX_PARTS} parts side by side.", parts[MAX_PARTS].start
            )
        return parts[0] if len(parts) == 1 else All(tuple(parts), meta.start_pos, meta.end_pos)

    def negated(self, meta: Any, parts: list[Any]) -> Not:
        return Not(parts[0], meta.start_pos, meta.end_pos)

    def group(self, meta: Any, parts: list[Any]) -> Any:
        return parts[0]

    def braces(self, meta: Any, parts: list[Any]) -> Any:
        return parts[0]

    def structure(self, meta: Any, parts: list[Any]) -> Any:
        found = parts[0]
        for position, right in zip(parts[1::2], parts[2::2], strict=True):
            words = cast(Position, str(position))
            found = Related(found, words, right, meta.start_pos, meta.end_pos)
        return found

    def text(self, meta: Any, parts: list[Any]) -> Text:
        return Text(_value(parts[0]), meta.start_pos, meta.end_pos)

    def value(self, meta: Any, parts: list[Any]) -> Value:
        return _value(parts[0])

    def comparison(self, meta: Any, parts: list[Any]) -> Expression:
        key, operator, values = parts[0], parts[1], tuple(parts[2:])
        place = (meta.start_pos, meta.end_pos)
        if key.lower() in ("is", "exists"):
            return _question(key, operator, values, place)
        field = _field(str(key), key.start_pos)
        word = str(operator).removeprefix(":") if len(operator) > 1 else str(operator)
        plain = cast(Operator, _NEGATIVE.get(word, word))
        if plain in (">", ">=", "<", "<=") and len(values) > 1:
            raise SearchError(f"{plain} compares with one value.", values[1].start)
        found = Compare(field, plain, values, *place)
        return Not(found, *place) if word in _NEGATIVE else found


def _question(
    key: Token, operator: Token, values: tuple[Value, ...], place: tuple[int, int]
) -> Expression:
    """`is:` and `exists:`, which ask about the span and not about one value."""
    if operator not in (":", "=", "!="):
        raise SearchError(f"Write {key.lower()}: with a colon.", operator.start_pos or 0)
    found: Expression
    if key.lower() == "is":
        found = Is(tuple(_flag(value) for value in values), *place)
    else:
        found = Exists(tuple(_field(value.text, value.start) for value in values), *place)
    return Not(found, *place) if operator == "!=" else found


def _flag(value: Value) -> str:
    if value.text.lower() not in fields.FLAGS:
        raise SearchError(f"After is: comes {_words(fields.FLAGS)}.", value.start)
    return value.text.lower()


def _field(key: str, at: int) -> Key:
    found = fields.find(key)
    if found is None:
        alike = fields.alike(key)
        hint = f"Did you mean {alike}?" if alike else f"For an attribute write attr.{key}."
        raise SearchError(f"There is no field {key[:40]}. {hint} {_QUOTE_IT}", at)
    return found


def _value(token: Token) -> Value:
    start, end = token.start_pos or 0, token.end_pos or 0
    if token.type == "QUOTED":
        return Value(_pieces(token[1:-1]), True, start, end)
    return Value(_pieces(str(token)), False, start, end)


_STAR = re.compile(r"((?:[^\\*]|\\[\s\S]|\\$)*)(\*|$)")


def _pieces(written: str) -> tuple[str, ...]:
    """The text between the wildcards, its escapes resolved."""
    pieces, at = [], 0
    while True:
        found = cast(re.Match[str], _STAR.match(written, at))
        pieces.append(fields.unescaped(found[1]))
        at = found.end()
        if not found[2]:
            return tuple(pieces)


def _check_characters(text: str) -> None:
    for at, character in enumerate(text):
        if "\ud800" <= character <= "\udfff":
            raise SearchError("This is not a whole character.", at)


_SKIPPED = re.compile(r'"(?:[^"\\]|\\[\s\S])*"')
_PAIRS = {")": "(", "}": "{"}


def _check_brackets(text: str) -> None:
    """Quotation marks and brackets have partners, and are not nested beyond reason."""
    opened: list[tuple[str, int]] = []
    at = 0
    while at < len(text):
        character = text[at]
        if character == '"':
            quoted = _SKIPPED.match(text, at)
            if not quoted:
                raise SearchError('This quotation mark is never closed. Expected a second ".', at)
            at = quoted.end()
            continue
        if character in "({":
            opened.append((character, at))
            if len(opened) > MAX_NESTING:
                raise SearchError(f"Brackets may be nested {MAX_NESTING} deep.", at)
        elif character in _PAIRS:
            if not opened or opened[-1][0] != _PAIRS[character]:
                raise SearchError(
                    f"This {character} closes nothing. Expected a {_PAIRS[character]} before it.",
                    at,
                )
            opened.pop()
        at += 1
    if opened:
        character, at = opened[-1]
        closing = ")" if character == "(" else "}"
        raise SearchError(f"This {character} is never closed. Expected a {closing}.", at)


_EXPECTED: Final = (
    ({"OPERATOR"}, "a comparison such as : or >"),
    ({"PLAIN", "KEY"}, "a word, a condition such as status:error, or a bracket"),
    ({"WORD"}, "a value"),
    ({"LBRACE"}, "spans in braces, such as {status:error}"),
    ({"_OR", "COMMA"}, "OR between the values, or )"),
)


def _explained(error: UnexpectedInput, text: str) -> SearchError:
    """What the parser stumbled over, in plain words."""
    allowed: Iterable[str] = ()
    at = error.pos_in_stream
    if isinstance(error, UnexpectedToken):
        allowed = error.accepts or error.expected
        if error.token.type == "$END":
            at = len(text.rstrip())
    elif isinstance(error, UnexpectedCharacters):
        allowed = error.allowed or ()
    at = min(at or 0, len(text))
    known = set(allowed)
    wanted = next((words for names, words in _EXPECTED if names <= known), "the end of the search")
    found = text[at : at + 1]
    here = f"Not expected here: {found}" if found.strip() else "Something is missing here"
    hint = f" {_QUOTE_IT}" if found and found in ":=<>~!" else ""
    return SearchError(f"{here}. Expected {wanted}.{hint}", at)


def _words(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}"
