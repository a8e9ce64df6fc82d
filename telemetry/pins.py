"""Pins: versions of a table that somebody holds on to, and the files that must stay for them.

The one idea: a pin names the files of one org (or of all of them) at one version, so compaction's
leftovers cost disk only where a link or a receipt still leads to them.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

FOLDER: Final = "pins"

EVERY_ORG: Final = "all"
"""Stands for all orgs together; no org can have this name."""


@dataclass(frozen=True)
class PinnedFile:
    """A file as the table's log described it; its path is relative to the table's folder."""

    path: str
    org: str
    rows: int
    size: int
    earliest: datetime | None
    latest: datetime | None


@dataclass(frozen=True)
class Pin:
    """The files of a version, held since `made_at`; when `ended_at`, nothing is held any more."""

    version: int
    made_at: datetime
    ended_at: datetime | None
    files: tuple[PinnedFile, ...]


def hold(
    lake: Path, table: str, org: str, version: int, files: Sequence[PinnedFile], now: datetime
) -> None:
    """Hold the files of `version` from now on; holding them again starts the time anew."""
    _write(_path(lake, table, org, version), Pin(version, now, None, tuple(files)))


def find(lake: Path, table: str, org: str, version: int) -> Pin | None:
    """The pin of this version, ended or not."""
    return _read(_path(lake, table, org, version))


def held(lake: Path, table: str) -> set[str]:
    """Paths of all files that a pin holds."""
    pins = (_read(path) for path in _paths(lake, table))
    return {file.path for pin in pins if pin for file in pin.files}


def end(lake: Path, table: str, made_before: datetime, now: datetime) -> int:
    """Let go of pins that are older; what stays of them says when that was. How many ended."""
    ended = 0
    for path in _paths(lake, table):
        pin = _read(path)
        if pin and pin.ended_at is None and pin.made_at < made_before:
            _write(path, Pin(pin.version, pin.made_at, now, ()))
            ended += 1
    return ended


def _path(lake: Path, table: str, org: str, version: int) -> Path:
    return lake / FOLDER / table / org / f"{version}.json"


def _paths(lake: Path, table: str) -> Iterator[Path]:
    return (lake / FOLDER / table).glob("*/*.json")


def _write(path: Path, pin: Pin) -> None:
    """Write it whole or not at all: a sweep may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{uuid.uuid4().hex}")
    with draft.open("wb") as file:
        file.write(orjson.dumps(pin))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _read(path: Path) -> Pin | None:
    try:
        found = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return Pin(
        version=found["version"],
        made_at=_moment(found["made_at"]),
        ended_at=_moment(found["ended_at"]) if found["ended_at"] else None,
        files=tuple(_file(file) for file in found["files"]),
    )


def _file(found: dict[str, Any]) -> PinnedFile:
    times = {name: _moment(found[name]) if found[name] else None for name in ("earliest", "latest")}
    return PinnedFile(**{**found, **times})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
