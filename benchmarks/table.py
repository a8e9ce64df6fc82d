"""The table that is printed: a line for each promise, and the machine it was measured on."""

from __future__ import annotations

import os
import platform
from dataclasses import astuple, dataclass, fields

import duckdb

_GIB = 1024**3


@dataclass(frozen=True)
class Line:
    """One row of the table as text; empty where a column says nothing about it."""

    what: str
    ours: str
    cold: str = ""
    sqlite: str = ""
    ratio: str = ""
    target: str = ""
    met: str = ""


HEADINGS = Line(
    what="What",
    ours="Observatory",
    cold="First, cold",
    sqlite="SQLite",
    ratio="SQLite ÷ ours",
    target="Target",
    met="Met",
)


def markdown(lines: list[Line]) -> str:
    """The lines under their headings; numbers stand to the right."""
    rule = Line(*["---", *["---:"] * (len(fields(Line)) - 1)])
    return "\n".join(f"| {' | '.join(astuple(line))} |" for line in [HEADINGS, rule, *lines])


def machine() -> str:
    """Cores, memory and versions, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    return (
        f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB memory, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    )


def busy() -> str:
    """How many processes want a core: more of them than cores, and the figures are too high."""
    return ", ".join(f"{load:.1f}" for load in os.getloadavg())


def milliseconds(seconds: float) -> str:
    """Three digits are all that is repeatable."""
    ms = seconds * 1000
    return f"{ms:,.0f} ms" if ms >= 100 else f"{ms:.1f} ms"


def ratio(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"


def verdict(met: bool) -> str:
    return "yes" if met else "NO"
