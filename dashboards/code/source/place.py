"""Place: which service, file, line and revision a function's source is looked for at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from queries.reader import Row


@dataclass(frozen=True)
class Place:
    """Where a function ran. `revisions` are its names for what ran there, the chosen one first."""

    service: str
    file: str
    line: int | None
    revisions: tuple[str, ...]
    ran: str | None
    """The revision as its spans name it; None when they name none, or another was chosen."""


def chosen(rows: Sequence[Row], revision: str) -> Place | None:
    """The place in `revision`, else the newest one; None where no span names a file."""
    named = [row for row in rows if row["file"]]
    if not named:
        return None
    same = [row for row in named if revision and _is(row, revision)]
    row = (same or named)[0]
    names = tuple(name for name in (row["revision"], row["version"]) if name)
    if revision and not same:
        return Place(row["service_name"], row["file"], None, (revision,), None)
    return Place(
        row["service_name"],
        row["file"],
        row["line"],
        (revision, *names) if revision else names,
        row["revision"],
    )


def _is(row: Row, revision: str) -> bool:
    names = [name for name in (row["revision"], row["version"]) if name]
    return any(
        name == revision or (min(len(name), len(revision)) >= 7 and _starts(name, revision))
        for name in names
    )


def _starts(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
