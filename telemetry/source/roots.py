"""Roots: folders whose source an operator shows as it lies there, read only.

The one idea: what a request names is looked up below the root's real folder, and only a regular
text file whose real place is still below it is ever opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Final

from telemetry.errors import TelemetryError
from telemetry.source import rules

LISTED_FOR: Final = 10.0
PREFIX: Final = "live:"
"""Begins the id of a file in a registered folder."""

EXAMPLE: Final = "acme/checkout=/srv/checkout or acme/checkout@1.4.2=/srv/checkout"


class RootError(TelemetryError):
    """The setting of the roots is malformed; the message says how to write it."""


@dataclass(frozen=True)
class Root:
    """A folder with the source of one service of one org."""

    org: str
    service: str
    revision: str
    folder: Path

    @property
    def number(self) -> str:
        """Names the root without saying where it lies."""
        whole = "\n".join((self.org, self.service, self.revision, str(self.folder)))
        return sha256(whole.encode()).hexdigest()[:16]


def id_of(root: Root, path: str) -> str:
    """The id under which a file of the root is asked for."""
    return f"{PREFIX}{root.number}:{path}"


def parsed(setting: str) -> tuple[Root, ...]:
    """The roots of a setting such as `acme/checkout=/srv/checkout, …`. Raises RootError."""
    return tuple(_root(part.strip()) for part in setting.split(",") if part.strip())


def _root(text: str) -> Root:
    whose, equals, folder = text.partition("=")
    org, slash, named = whose.strip().partition("/")
    service, _, revision = named.partition("@")
    place = Path(folder.strip())
    if not (equals and slash and org and service and place.is_absolute()):
        raise RootError(
            f"OBSERVATORY_SOURCE_ROOTS: {text!r} is no root. Write organisation/service=folder "
            f"with the whole path of the folder, such as {EXAMPLE}."
        )
    return Root(org, service, revision, place)


class Roots:
    """The registered folders, their files listed anew every few seconds."""

    def __init__(self, roots: tuple[Root, ...]) -> None:
        self._roots = roots
        self._listed: dict[Root, tuple[float, tuple[str, ...]]] = {}

    def of(self, org: str, service: str) -> tuple[Root, ...]:
        return tuple(root for root in self._roots if (root.org, root.service) == (org, service))

    def find(self, file_id: str) -> tuple[Root, str] | None:
        """The root and the path of an id; what is there is for `read` to say."""
        number, _, path = file_id.removeprefix(PREFIX).partition(":")
        for root in self._roots:
            if root.number == number:
                return root, path
        return None

    def paths(self, root: Root) -> tuple[str, ...]:
        """The files that may be shown, at most as many as a revision has."""
        known = self._listed.get(root)
        if known is None or monotonic() - known[0] > LISTED_FOR:
            known = (monotonic(), tuple(_walk(root.folder)))
            self._listed[root] = known
        return known[1]


def _walk(folder: Path) -> Iterator[str]:
    left = rules.MOST_FILES
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = (Path(place) / name).relative_to(folder).as_posix()
            if rules.path_refused(path) is None:
                if not left:
                    return
                left -= 1
                yield path


def read(root: Root, path: str) -> bytes | None:
    """The file at `path` below the root; None for whatever may not be shown."""
    if rules.path_refused(path):
        return None
    try:
        folder = root.folder.resolve(strict=True)
        place = (folder / path).resolve(strict=True)
        if not place.is_relative_to(folder):
            return None
        if rules.path_refused(place.relative_to(folder).as_posix()):
            return None
        return _content(place)
    except (OSError, ValueError, RuntimeError):
        return None


def _content(place: Path) -> bytes | None:
    # neither follows a link put there meanwhile nor waits for the other end of a pipe
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_size > rules.MOST_BYTES:
            return None
        content = file.read(rules.MOST_BYTES + 1)
    return None if rules.content_refused(content) else content
