"""Changes: how a number moved from one period to the next, in words and in its tone."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.parts import formats

SMALL = 0.05
"""A relative change up to this is not worth a colour."""

SMALL_POINTS = 0.005


@dataclass(frozen=True)
class Change:
    """`number` to sort by (None for what is new), and `tone`: good, bad or empty."""

    number: float | None
    text: str
    tone: str = ""


NEW = Change(None, "new")


def ratio(now: float | None, before: float | None, bad: int) -> Change | None:
    """The relative change. `bad` is 1 where more is worse, -1 where less is, 0 where neither."""
    if now is None or before is None:
        return None
    if not before:
        return Change(0.0, "±0 %") if not now else NEW
    moved = now / before - 1
    text = f"{now / before:,.0f} ×" if moved >= 9 else f"{moved:+.0%}".replace("%", " %")
    tone = _tone(moved * bad) if abs(moved) > SMALL else ""
    return Change(moved, _signed(text), tone)


def points(now: float, before: float) -> Change:
    """The change of a share, in percentage points; more is worse."""
    moved = now - before
    tone = _tone(moved) if abs(moved) > SMALL_POINTS else ""
    return Change(moved, _signed(f"{100 * moved:+.1f} pt"), tone)


def _tone(worse: float) -> str:
    return "bad" if worse > 0 else "good" if worse < 0 else ""


def _signed(text: str) -> str:
    """With a minus as wide as the plus; nothing that is no more than rounding has a sign."""
    if text in ("+0 %", "-0 %", "+0.0 pt", "-0.0 pt"):
        return f"±{text[1:]}"
    return text.replace("-", "\N{MINUS SIGN}")


def size(value: float | None, signed: bool = True) -> str:
    """Bytes in the unit in which they read best, with a sign where they are a difference."""
    if value is None:
        return formats.NOTHING
    sign = "" if not signed or not value else "+" if value > 0 else "\N{MINUS SIGN}"
    amount = abs(float(value))
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 999.5:
            return f"{sign}{amount:.3g} {unit}"
        amount /= 1024
    return f"{sign}{amount:,.3g} TiB"
