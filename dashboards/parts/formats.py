"""Formats: numbers and times as people read them. Every time names its zone where it stands."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

NOTHING = "–"


def count(value: float | None) -> str:
    """1,234 – or 1.2 M from a million on."""
    if value is None:
        return NOTHING
    if abs(value) >= 1e9:
        return f"{value / 1e9:.2f} bn"
    if abs(value) >= 1e6:
        return f"{value / 1e6:.2f} M"
    return f"{value:,.0f}"


def rate(value: float | None) -> str:
    """A number per time with three significant digits."""
    if value is None:
        return NOTHING
    if value == 0 or value >= 100:
        return count(value)
    return f"{value:.3g}" if value >= 0.001 else "< 0.001"


def percent(part: float, whole: float) -> str:
    """A share; never 0 % when there is something, never 100 % when something is missing."""
    if not whole:
        return NOTHING
    share = 100 * part / whole
    if part and share < 0.01:
        return "< 0.01 %"
    digits = 2 if share < 10 else 1
    text = f"{share:.{digits}f}"
    if part < whole and float(text) >= 100:
        return "> 99.9 %"
    return f"{text} %"


def duration(ns: float | None) -> str:
    """ns as the unit in which it reads best, three significant digits."""
    if ns is None:
        return NOTHING
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    for unit, size in (("µs", 1e3), ("ms", 1e6), ("s", 1e9)):
        if ns < size * (999.5 if unit != "s" else 59.95):
            return f"{sign}{_three_digits(ns / size)} {unit}"
    minutes, seconds = divmod(round(ns / 1e9), 60)
    if minutes < 60:
        return f"{sign}{minutes} min {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours:,} h {minutes:02d} min"


def _three_digits(value: float) -> str:
    if value >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def money(usd: float | None) -> str:
    """US dollars; small amounts keep the digits that matter."""
    if usd is None:
        return NOTHING
    if 0 < usd < 0.000001:
        return "< $0.000001"
    if usd and abs(usd) < 0.01:
        return f"${usd:.6f}".rstrip("0")
    return f"${usd:,.2f}"


def stamp(moment: datetime, zone: ZoneInfo) -> str:
    """Date and time to the millisecond."""
    local = moment.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"


def second(moment: datetime, zone: ZoneInfo) -> str:
    """Date and time to the second."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def minute(moment: datetime, zone: ZoneInfo) -> str:
    """Date and time to the minute."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """Time of day to the second."""
    return f"{moment.astimezone(zone):%H:%M:%S}"


def zone_label(zone: ZoneInfo, moment: datetime) -> str:
    """Name of the zone with its offset at `moment`, such as Europe/Berlin (UTC+01:00)."""
    offset = f"{moment.astimezone(zone):%z}"
    if zone.key == "UTC":
        return "UTC"
    return f"{zone.key} (UTC{offset[:3]}:{offset[3:5]})"


def as_of(moment: datetime | None, zone: ZoneInfo) -> str:
    """When an answer was given, to be put behind what it says."""
    return f", as of {clock(moment, zone)} {zone_label(zone, moment)}" if moment else ""


def ago(moment: datetime, now: datetime) -> str:
    """How long before `now`, in one unit."""
    seconds = int((now - moment).total_seconds())
    if seconds < 0:
        return "in the future"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def shorten(text: str | None, length: int) -> str:
    """One line of at most `length` characters; control characters become spaces."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text or "").split())
    return line if len(line) <= length else line[: length - 1] + "…"


def visible(text: str | None) -> str:
    """A name as one line in which nothing is invisible: control characters are shown as symbols."""
    shown = "".join(_symbol(c) for c in text or "")
    return shown if shown.strip() else "(no name)"


def _symbol(character: str) -> str:
    if character.isprintable():
        return character
    return chr(0x2400 + ord(character)) if ord(character) < 32 else "\N{REPLACEMENT CHARACTER}"
