"""Frames: where in the source an exception was raised, read from the lines of its stack trace.

The one idea: of a stack trace only the frames in the function's own file, or with its name, speak
of the function; of those in Python the last one, elsewhere the first, is where it happened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PYTHON = re.compile(r'File "([^"\n]+)", line (\d+)(?:, in (\S+))?')
_OTHER = re.compile(r"(?:at |in |^\s*)(?:([^\s()]+) ?\()?([^\s()]*?[^\s():/\\]+\.\w+):(\d+)")


@dataclass(frozen=True)
class Frame:
    """A place on the way of an exception; `name` is empty where none is told."""

    file: str
    line: int
    name: str


def raised_at(lines: Sequence[str], function: str, file: str | None) -> Frame | None:
    """The frame of the function; None where no frame is its own."""
    python = any(_PYTHON.search(line) for line in lines)
    found = [frame for line in lines if (frame := parsed(line))]
    own = _last_part(function)
    inside = [f for f in found if file and _same(f.file, file)]
    candidates = (
        [f for f in inside if _last_part(f.name) == own]
        or inside
        or [f for f in found if f.name and _last_part(f.name) == own]
    )
    if not candidates:
        return None
    return candidates[-1] if python else candidates[0]


def parsed(line: str) -> Frame | None:
    """A line of a stack trace as Python, or as JavaScript, Java, .NET and Go print it."""
    if found := _PYTHON.search(line):
        return _frame(found[1], found[2], found[3] or "")
    if found := _OTHER.search(line):
        return _frame(found[2], found[3], found[1] or "")
    return None


def _frame(file: str, line: str, name: str) -> Frame | None:
    return Frame(file, int(line), name) if len(line) < 10 else None


def _same(one: str, other: str) -> bool:
    """Whether two paths may be of one file: one of them may begin further up."""
    short, long = sorted((_parts(one), _parts(other)), key=len)
    return bool(short) and long[-len(short) :] == short


def _parts(path: str) -> list[str]:
    return [part for part in re.split(r"[/\\]", path) if part and part != "."]


def _last_part(name: str) -> str:
    return re.split(r"[.:#$/ ]", name.rstrip("()"))[-1]
