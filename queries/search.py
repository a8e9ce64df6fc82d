"""The search language: what a person writes becomes a condition with bound values.

    service:checkout status:error duration>1.5s name:"tool *" -model:gpt* attr.user.tier=gold
    exists:exception (a OR b)   {service:shop} >> {status:error}   trace.spans>100

The one idea: a search is one text, and every control on the page only edits that text: `term` says
one thing, `with_term`, `without_term`, `negated` and `only` change what the whole says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from queries import conditions, fields, grammar
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
    Related,
    Text,
)
from queries.fields import Key, Kind
from queries.filters import Condition
from queries.grammar import parse

__all__ = [
    "Expression",
    "SearchError",
    "Term",
    "condition",
    "holding",
    "negated",
    "only",
    "parse",
    "replaced",
    "term",
    "terms",
    "trace_id_in",
    "with_term",
    "without_term",
    "written",
]


@lru_cache(maxsize=256)
def condition(text: str) -> Condition:
    """The spans that `text` asks for. Raises SearchError."""
    return conditions.compiled(parse(text), text)


@dataclass(frozen=True)
class Term:
    """One of the parts that must all be true: a pill. `label` is its text without the negation."""

    start: int
    end: int
    text: str
    label: str
    key: str
    negated: bool


def terms(text: str) -> list[Term]:
    """The parts of a search, in order. Raises SearchError."""
    return [_term(text, *part) for part in _parts(text)]


def _parts(text: str) -> list[tuple[Expression, int, int]]:
    """Parts with the places where each one's text begins and ends, its brackets included."""
    whole = parse(text)
    if isinstance(whole, Every):
        return []
    start, end = _trimmed(text, 0, len(text))
    if not isinstance(whole, All):
        return [(whole, start, end)]
    while _held(text[start:end]):
        start, end = _trimmed(text, start + 1, end - 1)
    starts = [_opening(text, part.start, start) for part in whole.parts]
    ends = [*starts[1:], end]
    return [
        (part, *_trimmed(text, first, last))
        for part, first, last in zip(whole.parts, starts, ends, strict=True)
    ]


def _opening(text: str, start: int, least: int) -> int:
    """Where the brackets around a part open: its expression begins inside of them."""
    while found := re.search(r"\(\s*$", text[least:start]):
        start = least + found.start()
    return start


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the spaces around, and without the AND that leads to the next part."""
    piece = re.sub(r"(?:\s+|(?<=[\s)}\"])AND(?=\s*$))+$", "", text[start:end])
    lead = len(piece) - len(piece.lstrip())
    return start + lead, start + len(piece)


def _term(text: str, part: Expression, start: int, end: int) -> Term:
    own = text[start:end]
    opposite = _positive(part, own)
    inner = part.part if isinstance(part, Not) else part
    return Term(start, end, own, opposite or own, _key(inner), opposite is not None)


def _positive(part: Expression, own: str) -> str | None:
    """The text of a negated part without its negation; None when it is not negated."""
    if not isinstance(part, Not):
        return None
    if found := re.match(r"-|NOT\s*(?=[\s(){}\"])", own):
        return own[found.end() :].lstrip()
    return re.sub(r"(^[^\s!]*?)\s*!([=~])\s*", r"\1\2", own, count=1)


def _key(part: Expression) -> str:
    """The key of a comparison, as `term` would write it; empty for anything else."""
    match part:
        case Compare(field):
            return field.key
        case Is():
            return "is"
        case Exists():
            return "exists"
    return ""


def term(key: str, value: Any, exclude: bool = False) -> str:
    """The search for this very value of a field or attribute; None is the lack of any.

    Raises SearchError for a key that nobody knows.
    """
    minus = "-" if exclude else ""
    if key in ("is", "exists"):
        return f"{minus}{key}:{fields.key_word(str(value))}"
    field = fields.find(key)
    if field is None:
        raise SearchError(f"There is no field {key[:40]}.", 0)
    if value is None:
        return f"{'' if exclude else '-'}exists:{fields.key_word(field.key)}"
    return f"{minus}{field.key}={written(field, value)}"


def written(field: Key, value: Any) -> str:
    """A value as the field's kind writes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, bool | int | float) and field.kind is not Kind.TEXT:
        unit = getattr(field, "unit", "") if field.kind is Kind.DURATION else ""
        return orjson.dumps(value).decode() + unit
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if _BARE_VALUE.fullmatch(text) and not (field.kind is Kind.ANY and _LITERAL.match(text)):
        return text
    return fields.quoted(text)


# what needs no quotation marks: no brackets, commas, stars or backslashes, no spaces
_BARE_VALUE = re.compile(r"[^\W_][\w./@:+#%&;$-]*")
_LITERAL = re.compile(r"[\d.+-]")


def holding(key: str, text: str) -> str:
    """The search for values of a field that hold `text`, whatever the case."""
    inner = fields.quoted(text)[1:-1]
    bare = _BARE_VALUE.fullmatch(text)
    return f"{key}:*{inner}*" if bare else f'{key}:"*{inner}*"'


def with_term(text: str, added: str) -> str:
    """The search that demands `added` too; it takes the place of its own opposite."""
    opposite = negated(added, 0)
    for index, each in enumerate(terms(text)):
        if each.text == added:
            return text
        if each.text == opposite:
            return replaced(text, index, added)
    return f"{_whole(text)} {added}".strip()


def _whole(text: str) -> str:
    """The search in brackets when a further part would only join its last alternative."""
    return (
        f"({text.strip()})" if isinstance(parse(text), Either) and not _held(text) else text.strip()
    )


def _held(text: str) -> bool:
    """Whether brackets already hold the whole of the search."""
    try:
        grammar.parse(text.strip()[1:-1])
    except SearchError:
        return False
    return text.strip().startswith("(")


def without_term(text: str, index: int) -> str:
    """The search without one of its parts."""
    return _joined(each.text for i, each in enumerate(terms(text)) if i != index)


def negated(text: str, index: int) -> str:
    """The search that demands the opposite of one of its parts."""
    chosen = terms(text)[index]
    return replaced(text, index, _opposite(chosen, parse(chosen.text)))


def _opposite(chosen: Term, part: Expression) -> str:
    if chosen.negated:
        return chosen.label
    bare = isinstance(part, Compare | Is | Exists | Text | Related) or _held(chosen.text)
    return f"-{chosen.text}" if bare else f"-({chosen.text})"


def replaced(text: str, index: int, by: str) -> str:
    """The search with one of its parts replaced."""
    return _joined(by if i == index else each.text for i, each in enumerate(terms(text)))


def only(text: str, key: str, value: Any) -> str:
    """The search whose only demand on `key` is this value."""
    wanted = term(key, value)
    field = fields.find(key)
    own = field.key if field else key
    kept = _joined(each.text for each in terms(text) if each.key != own)
    return with_term(kept, wanted)


def _joined(parts: Any) -> str:
    return " ".join(parts)


def trace_id_in(text: str) -> str | None:
    """The trace id, if that is all that somebody pasted."""
    found = re.fullmatch(r"\s*\"?([0-9a-fA-F]{32})\"?\s*", text)
    return found[1].lower() if found else None
