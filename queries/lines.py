"""Lines: two texts side by side, each line beside the one it became.

The one idea: lines that are unique in both texts are fixed points; difflib compares what lies
between them, which stays small however long the texts are.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final, Literal

MOST_COMPARED: Final = 250_000
"""Pairs of lines that difflib may have to look at in one gap; a larger gap is all replaced."""

MOST_RESEMBLING: Final = 2_500
"""Pairs of replaced lines that are looked at for likeness; larger blocks are paired in order."""

ALIKE: Final = 0.3
LONGEST: Final = 500
_WORD: Final = re.compile(r"\w+|[^\w\s]")

Kind = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True)
class Pair:
    """A line of each text, counted from 1; None where one of them has nothing."""

    kind: Kind
    before: int | None
    after: int | None


def side_by_side(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """Every line of both texts, each once, in order."""
    pairs: list[Pair] = []
    corners = [(-1, -1), *_fixed(before, after), (len(before), len(after))]
    for (a0, b0), (a1, b1) in pairwise(corners):
        pairs += _gap(before, after, range(a0 + 1, a1), range(b0 + 1, b1))
        if a1 < len(before):
            pairs.append(Pair("same", a1 + 1, b1 + 1))
    return pairs


def _fixed(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Places of lines that are unique in both, in the longest run that rises in both."""
    once_before, once_after = _unique(before), _unique(after)
    found = [(a, once_after[line]) for line, a in once_before.items() if line in once_after]
    tails: list[int] = []
    last: list[int] = []
    back: list[int] = []
    for at, (_, b) in enumerate(found):
        place = bisect_left(tails, b)
        tails[place : place + 1] = [b]
        last[place : place + 1] = [at]
        back.append(last[place - 1] if place else -1)
    return list(reversed(list(_chain(found, back, last[-1] if last else -1))))


def _chain(
    found: Sequence[tuple[int, int]], back: Sequence[int], at: int
) -> Iterator[tuple[int, int]]:
    while at >= 0:
        yield found[at]
        at = back[at]


def _unique(lines: Sequence[str]) -> dict[str, int]:
    many = Counter(lines)
    return {line: at for at, line in enumerate(lines) if many[line] == 1}


def _gap(before: Sequence[str], after: Sequence[str], old: range, new: range) -> Iterator[Pair]:
    """What lies between two fixed points; most gaps are empty."""
    for tag, i0, i1, j0, j1 in _steps(before, after, old, new):
        was, became = old[i0:i1], new[j0:j1]
        if tag == "equal":
            yield from (Pair("same", a + 1, b + 1) for a, b in zip(was, became, strict=True))
        else:
            yield from _replaced(before, after, was, became)


def _replaced(
    before: Sequence[str], after: Sequence[str], was: range, became: range
) -> Iterator[Pair]:
    """Lines that were replaced beside those that resemble them; the others stand alone."""
    a, b = was.start, became.start
    for i, j in [*_resembling(before, after, was, became), (was.stop, became.stop)]:
        yield from (Pair("removed", at + 1, None) for at in range(a, i))
        yield from (Pair("added", None, at + 1) for at in range(b, j))
        if i < was.stop and j < became.stop:
            yield Pair("changed", i + 1, j + 1)
        a, b = i + 1, j + 1


def _resembling(
    before: Sequence[str], after: Sequence[str], was: range, became: range
) -> list[tuple[int, int]]:
    """Pairs of lines, rising in both, that have the most words in common together."""
    if len(was) * len(became) == 1 or len(was) * len(became) > MOST_RESEMBLING:
        return list(zip(was, became, strict=False))
    old = [_words(before[at]) for at in was]
    new = [_words(after[at]) for at in became]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            both = best[i + 1][j + 1] + _likeness(old[i], new[j])
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            found.append((was[i], became[j]))
            i, j = i + 1, j + 1
    return found


def _words(line: str) -> frozenset[str]:
    return frozenset(_WORD.findall(line[:LONGEST]))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of words that two lines have in common; 0 for lines that are not alike."""
    share = len(one & other) / max(len(one | other), 1)
    return share if share >= ALIKE else 0.0


def _steps(
    before: Sequence[str], after: Sequence[str], old: range, new: range
) -> Sequence[tuple[str, int, int, int, int]]:
    if not old and not new:
        return ()
    if len(old) * len(new) > MOST_COMPARED:
        return _ends(before, after, old, new)
    matcher = SequenceMatcher(
        None, before[old.start : old.stop], after[new.start : new.stop], autojunk=False
    )
    return matcher.get_opcodes()


def _ends(
    before: Sequence[str], after: Sequence[str], old: range, new: range
) -> list[tuple[str, int, int, int, int]]:
    """A gap too large to compare: its common beginning and end, and all between as replaced."""
    least = min(len(old), len(new))
    head = _agreeing(before, after, old[:least], new[:least])
    rest = least - head
    tail = _agreeing(before, after, old[len(old) - rest :][::-1], new[len(new) - rest :][::-1])
    i, j = len(old) - tail, len(new) - tail
    steps = [
        ("equal", 0, head, 0, head),
        ("replace", head, i, head, j),
        ("equal", i, len(old), j, len(new)),
    ]
    return [step for step in steps if step[1] < step[2] or step[3] < step[4]]


def _agreeing(before: Sequence[str], after: Sequence[str], old: range, new: range) -> int:
    count = 0
    for a, b in zip(old, new, strict=True):
        if before[a] != after[b]:
            break
        count += 1
    return count
