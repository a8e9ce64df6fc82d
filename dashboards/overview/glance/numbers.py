"""Numbers: what stands on a card, and how a number compares with the same at another time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEADY = 0.005
"""A change of less than this is none."""

MOST = 9.99
"""Growth from which on only "much more" is said."""


@dataclass(frozen=True)
class Change:
    """A number against the same at another time. `tone` is better, worse or nothing."""

    words: str
    tone: str = ""


@dataclass(frozen=True)
class Number:
    """One number with its unit, and where it leads."""

    value: str
    unit: str
    href: str
    label: str = ""


@dataclass(frozen=True)
class Card:
    """Numbers under one heading, the first of them large."""

    key: str
    label: str
    numbers: Sequence[Number]
    note: str
    over: Sequence[float]
    changes: Sequence[Change] = ()
    alarm: bool = False


def change(now: float | None, then: float | None, when: str, rising: str = "") -> Change | None:
    """How far a number is from what it was; None when there was nothing to compare it with.

    `rising` says whether more of it is better or worse.
    """
    if now is None or not then:
        return None
    grown = now / then - 1
    if abs(grown) < STEADY:
        return Change(f"same as {when}")
    size = f"{abs(grown):.0%}".replace("%", " %") if grown <= MOST else "over 999 %"
    return Change(f"{'+' if grown > 0 else '−'}{size} vs {when}", _tone(grown, rising))


def points(now: float, then: float | None, when: str) -> Change | None:
    """How far a share, of which less is better, is from what it was, in percentage points."""
    if then is None:
        return None
    apart = 100 * (now - then)
    if abs(apart) < 0.005:
        return Change(f"same as {when}")
    sign = "+" if apart > 0 else "−"
    return Change(f"{sign}{abs(apart):.2f} points vs {when}", _tone(apart, "worse"))


def _tone(grown: float, rising: str) -> str:
    if not rising:
        return ""
    return rising if grown > 0 else {"better": "worse", "worse": "better"}[rising]
