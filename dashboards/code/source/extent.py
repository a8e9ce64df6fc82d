"""Extent: which lines of a file are a function, told by its name and by indentation.

No parser: one that takes hostile text can be made to take a whole process down.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

LOOKED_BACK: Final = 400
LONGEST: Final = 2_000
"""Lines looked at above a span's line for the head of its function, and taken for its body."""

_CLOSES: Final = re.compile(r"[)\]}]|end\b")
_LAST_NAME: Final = re.compile(r"([^\W\d][\w$]*)\W*$")
_HEAD: Final = (
    r"\b(?:def|class|function|func|fn|fun|sub|proc|public|private|protected|static|void|async)\b"
)

Extent = tuple[int, int]
"""First and last line, counted from 1."""


def of_function(lines: Sequence[str], line: int | None, function: str) -> Extent | None:
    """The function around `line`, or the one place that its name has a head."""
    name = _LAST_NAME.search(function)
    if line is not None and 1 <= line <= len(lines):
        head = _head_above(lines, line, name[1] if name else "")
        return (head, _end(lines, head, line)) if head else (line, line)
    if name is None:
        return None
    heads = [at + 1 for at, text in enumerate(lines) if _is_head(text, name[1])]
    return (heads[0], _end(lines, heads[0], heads[0])) if len(heads) == 1 else None


def _head_above(lines: Sequence[str], line: int, name: str) -> int | None:
    if not name:
        return None
    for at in range(line, max(0, line - LOOKED_BACK), -1):
        if _is_head(lines[at - 1], name):
            return at
    return None


def _is_head(text: str, name: str) -> bool:
    return len(text) <= 1_000 and bool(
        re.search(rf"{_HEAD}.*(?<![\w$]){re.escape(name)}(?![\w$])", text)
        or re.match(
            rf"\s*(?:const |let |var )?{re.escape(name)}\s*(?:=|:|\().*(?:=>|\{{)\s*$", text
        )
    )


def _end(lines: Sequence[str], head: int, line: int) -> int:
    """The last line that is indented deeper than the head, its closing bracket included."""
    depth = _indent(lines[head - 1])
    end = head
    for at in range(head + 1, min(len(lines), head + LONGEST) + 1):
        text = lines[at - 1]
        if not text.strip():
            continue
        if _indent(text) <= depth:
            if not _CLOSES.match(text.lstrip()):
                break
            end = at
            if text.lstrip()[0] != ")":
                break
            continue
        end = at
    return max(end, line)


def _indent(text: str) -> int:
    return len(text.expandtabs(8)) - len(text.expandtabs(8).lstrip())
