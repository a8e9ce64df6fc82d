"""Tokens: source as lines of (class, text), for the page to draw as text nodes.

Pygments' lexers are patterns, and hostile text can make a pattern slow: few languages, no very long
lines and little text at a time are coloured, the rest is plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from time import monotonic
from typing import Final

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Token, _TokenType

from dashboards.trace.panel.texts import readable

Piece = tuple[str, str]
"""A class of our style sheet, empty for plain text, and a text within one line."""

LONGEST_LINE: Final = 2_000
"""Characters of a line that are shown."""

MOST_COLOURED: Final = 200_000
"""Characters that are coloured in one go."""

SECONDS: Final = 0.4

LANGUAGES: Final = {
    "py": "python", "pyi": "python", "js": "javascript", "mjs": "javascript", "jsx": "javascript",
    "ts": "typescript", "tsx": "typescript", "go": "go", "rs": "rust", "java": "java",
    "kt": "kotlin", "rb": "ruby", "php": "php", "c": "c", "h": "c", "cc": "cpp", "cpp": "cpp",
    "hpp": "cpp", "cs": "csharp", "scala": "scala", "swift": "swift", "sql": "sql", "sh": "bash",
    "json": "json", "yaml": "yaml", "yml": "yaml", "toml": "toml",
}  # fmt: skip
"""Ending of a file's name → Pygments' name of its language."""

CLASSES: Final[tuple[tuple[_TokenType, str], ...]] = (
    (Comment, "c"),
    (String.Doc, "c"),
    (String, "s"),
    (Number, "m"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Name.Decorator, "d"),
    (Name.Function, "f"),
    (Name.Class, "t"),
    (Name.Exception, "t"),
    (Name.Builtin, "b"),
    (Name.Tag, "k"),
    (Name.Attribute, "f"),
)
"""Kinds of tokens that have a colour, the narrower ones first."""


def coloured(path: str, lines: Sequence[str], first: int, last: int) -> list[list[Piece]]:
    """Lines `first` to `last`, counted from 1, as pieces."""
    window = lines[first - 1 : last]
    lexer = _lexer(path)
    if lexer is None:
        return [[("", _line(text))] for text in window]
    # from the top, so that a text over many lines is known for one; unless that is too long
    begin = 1 if sum(map(len, lines[:last])) + last <= MOST_COLOURED else first
    pieces = _coloured(path, "\n".join(_line(text) for text in lines[begin - 1 : last]))
    return [list(pieces[at - begin]) for at in range(first, last + 1)][: len(window)]


def language(path: str) -> str:
    """What a file is written in, by the ending of its name; empty when we do not colour it."""
    return LANGUAGES.get(path.rpartition(".")[2].lower(), "")


@lru_cache(maxsize=32)
def _lexer(path: str) -> Lexer | None:
    name = language(path)
    lexer: Lexer | None = get_lexer_by_name(name, stripnl=False, ensurenl=False) if name else None
    return lexer


@lru_cache(maxsize=16)
def _coloured(path: str, text: str) -> tuple[tuple[Piece, ...], ...]:
    lexer = _lexer(path)
    assert lexer is not None  # noqa: S101 - only coloured() calls, and it has looked
    lines: list[list[Piece]] = [[]]
    for kind, value in _within_time(lexer, text):
        name = _class(kind)
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if part:
                _add(lines[-1], name, part)
    return tuple(tuple(line) for line in lines)


def _within_time(lexer: Lexer, text: str) -> Iterable[tuple[_TokenType, str]]:
    """Tokens; what could not be read in time comes as one plain piece."""
    deadline = monotonic() + SECONDS
    done = 0
    for at, kind, value in lexer.get_tokens_unprocessed(text):
        yield kind, value
        done = at + len(value)
        if monotonic() > deadline:
            break
    if done < len(text):
        yield Token, text[done:]


def _add(line: list[Piece], name: str, text: str) -> None:
    """Neighbours of one class become one piece."""
    if line and line[-1][0] == name:
        line[-1] = (name, line[-1][1] + text)
    else:
        line.append((name, text))


def _class(kind: _TokenType) -> str:
    return next((name for family, name in CLASSES if kind in family), "")


_CARRIAGE: Final = re.compile(r"[\r\n]")


def _line(text: str) -> str:
    """A line as it can be seen: nothing invisible, not endless."""
    shown = readable(text[:LONGEST_LINE]).replace("\f", "␌")
    rest = len(text) - LONGEST_LINE
    return _CARRIAGE.sub("␍", shown) + (f" … {rest:,} more characters" if rest > 0 else "")
